"""Fixtures of the reports' tests: those of the orders' and the returns', and nothing remembered."""

from collections.abc import Iterator

import pytest

from reports import memory
from tests.orders.gateway_receiver import hours
from tests.orders.shop import shop
from tests.refunds.conftest import audited, evidence_folder, line

__all__ = ["audited", "evidence_folder", "hours", "line", "shop"]


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """Forget what other tests have counted."""
    memory.forget()
    yield
    memory.forget()
