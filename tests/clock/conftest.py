"""Fixtures of the clock's tests: a show that sells, and people who may move the clock."""

import pytest

from marketplace.models import User
from marketplace.models.tokens import Scope
from tests.marketplace.rest_callers import Caller, with_token
from tests.orders.gateway_receiver import gateway, hours
from tests.orders.shop import deal, shop
from tests.refunds.conftest import evidence_folder

__all__ = ["deal", "evidence_folder", "gateway", "hours", "shop"]


@pytest.fixture
def mover(outsider: User) -> Caller:
    """Return a client of somebody whose token may use the sandbox."""
    return with_token(outsider, Scope.SANDBOX)
