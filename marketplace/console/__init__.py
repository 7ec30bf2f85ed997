"""The streamer's console: a show is prepared, run and kept civil from one page of the admin."""
