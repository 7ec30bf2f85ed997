"""What was sold, what of it was kept, what came back and why. Owns no rows: it reads the other apps'."""
