"""Fixtures of the refunds' tests: those of the orders', and a place for files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marketplace.models import User
from orders.models import OrderLine
from refunds.evidence import vault
from tests.orders.gateway_receiver import Hours, hours
from tests.orders.shop import Shop, deal, shop
from tests.orders.times import findings
from tests.refunds.claims import delivered

__all__ = ["deal", "hours", "shop"]


@pytest.fixture(autouse=True)
def evidence_folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Keep the files of each test in a folder of its own, and return it."""
    settings.EVIDENCE_ROOT = tmp_path / "evidence"
    vault.cache_clear()
    yield settings.EVIDENCE_ROOT
    vault.cache_clear()


@pytest.fixture
def audited(hours: Hours) -> Iterator[None]:
    """Audit the books after the test."""
    yield
    assert findings() == []


@pytest.fixture
def line(shop: Shop, buyer: User, hours: Hours) -> OrderLine:
    """Return Bella's line of three units that has just arrived."""
    return delivered(shop, buyer, hours, quantity=3)
