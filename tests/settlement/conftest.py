"""Fixtures of the settlement's tests: those of the orders', and a place for files."""

from tests.orders.gateway_receiver import hours
from tests.orders.shop import deal, shop
from tests.refunds.conftest import evidence_folder

__all__ = ["deal", "evidence_folder", "hours", "shop"]
