"""Fixtures of the refunds' tests: those of the orders', and a place for files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from refunds.evidence import vault
from tests.orders.gateway_receiver import hours
from tests.orders.shop import deal, shop

__all__ = ["deal", "hours", "shop"]


@pytest.fixture(autouse=True)
def evidence_folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Keep the files of each test in a folder of its own, and return it."""
    settings.EVIDENCE_ROOT = tmp_path / "evidence"
    vault.cache_clear()
    yield settings.EVIDENCE_ROOT
    vault.cache_clear()
