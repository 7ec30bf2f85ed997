"""Fixtures of the settlement's tests: those of the orders'."""

from tests.orders.gateway_receiver import hours
from tests.orders.shop import deal, shop

__all__ = ["deal", "hours", "shop"]
