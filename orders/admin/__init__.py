"""Orders in the admin: lists that stay fast, pages to read, and buttons that run one action each."""

from orders.admin import commissions, ledger, lines, orders, payments, settlement, shipments, slot_fees

__all__ = ["commissions", "ledger", "lines", "orders", "payments", "settlement", "shipments", "slot_fees"]
