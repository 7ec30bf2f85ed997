"""A payment company in a box, with its own tables, HTTP interface and signed webhooks.

The application reaches it through HTTP alone, and it reaches the application through HTTP alone.
"""
