"""Refunds and returns in the admin: lists that stay fast, and buttons that run one action each."""

from refunds.admin import refunds, returns

__all__ = ["refunds", "returns"]
