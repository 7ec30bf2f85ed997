"""Orders in the admin: lists that stay fast, pages to read, and buttons that run one action each."""

from orders.admin import ledger, lines, orders, payments, settlement, shipments

__all__ = ["ledger", "lines", "orders", "payments", "settlement", "shipments"]
