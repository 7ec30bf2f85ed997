"""A room as Channels documents it: one consumer per viewer, one ``group_send`` per event."""
