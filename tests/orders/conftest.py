"""Fixtures of the orders' tests."""

from tests.orders.gateway_receiver import gateway, hours, inbox
from tests.orders.shop import deal, shop

__all__ = ["deal", "gateway", "hours", "inbox", "shop"]
