"""Reads: orders as somebody may see them, and lists of them."""
