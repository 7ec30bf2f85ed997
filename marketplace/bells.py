"""Bells that the catalogue rings for apps above it, which it may not import.

An app adds a callable in its ``AppConfig.ready``. Bells ring after commit and die with the process, so
whoever listens also has a sweep; one that fails is logged and silences no other.
"""

from collections.abc import Callable, Iterable
from functools import partial

import structlog
from django.db import transaction

logger = structlog.get_logger(__name__)

StockBell = Callable[[list[str]], None]

stock_moved: list[StockBell] = []


def ring_stock_moved(variant_ids: Iterable[str]) -> None:
    """Tell every listener, once the caller's transaction has committed, that these variants' units moved."""
    moved = sorted(set(variant_ids))
    if moved:
        transaction.on_commit(partial(_ring, moved))


def _ring(variant_ids: list[str]) -> None:
    for bell in stock_moved:
        try:
            bell(variant_ids)
        except Exception:
            logger.exception("bell_failed", bell=f"{bell.__module__}.{bell.__qualname__}")
