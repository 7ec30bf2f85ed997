"""Reads: who may see what, and in which order. No writes."""
