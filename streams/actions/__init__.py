"""What can be done with streamers, sessions and line-ups: one function, one transaction each."""
