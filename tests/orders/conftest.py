"""Fixtures of the orders' tests."""

from tests.orders.gateway_receiver import gateway, hours, inbox

__all__ = ["gateway", "hours", "inbox"]
