"""The shop as a textbook writes it: a DRF serializer view, ``atomic``, ``select_for_update``, one row."""
