"""Fixtures of the viewer pages' tests: a live show, people with a session cookie, nothing remembered."""

from collections.abc import Iterator

import pytest

from marketplace.models import User
from marketplace.reports import memory
from tests.marketplace.rest_callers import Caller, with_cookie
from tests.orders.gateway_receiver import gateway, hours
from tests.orders.shop import shop
from tests.streams.conftest import *  # noqa: F403 - the same people, products and sessions

__all__ = ["gateway", "hours", "shop"]


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """Forget rates that other tests have counted."""
    memory.forget()
    yield
    memory.forget()


@pytest.fixture
def bella(buyer: User) -> Caller:
    """Return Bella's browser."""
    return with_cookie(buyer)


@pytest.fixture
def otto(outsider: User) -> Caller:
    """Return somebody else's browser."""
    return with_cookie(outsider)


@pytest.fixture
def nobody() -> Caller:
    """Return a browser that nobody has signed in with."""
    return Caller()
