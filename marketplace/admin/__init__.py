"""The catalogue's admin: lists and pages to read, and buttons that run one action each."""

from marketplace.admin import brands, facts, people, products, stock

__all__ = ["brands", "facts", "people", "products", "stock"]
