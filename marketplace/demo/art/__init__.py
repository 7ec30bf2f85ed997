"""Pictures of the demo, drawn by this code alone: no file, no font and no library is needed."""
