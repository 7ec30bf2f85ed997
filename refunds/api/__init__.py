"""The API of refunds: see docs/orders.md."""
