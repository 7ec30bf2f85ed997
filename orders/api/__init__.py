"""The API of orders: see docs/orders.md."""
