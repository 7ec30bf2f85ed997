"""Writes in the company's books: each action is one transaction."""
