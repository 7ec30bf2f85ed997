"""Bells that the catalogue rings for apps above it, which it may not import.

An app adds a callable in its ``AppConfig.ready``. Bells ring after commit and die with the process, so
whoever listens also has a sweep; one that fails is logged and silences no other.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import structlog
from django.db import transaction

Heard = TypeVar("Heard")

logger = structlog.get_logger(__name__)

StockBell = Callable[[list[str]], None]
PersonBell = Callable[[str], None]

stock_moved: list[StockBell] = []
#: Somebody has signed out, may not sign in any more, or has lost a token: what it had opened is to close.
access_ended: list[PersonBell] = []


def ring_stock_moved(variant_ids: Iterable[str]) -> None:
    """Tell every listener, once the caller's transaction has committed, that these variants' units moved."""
    moved = sorted(set(variant_ids))
    if moved:
        transaction.on_commit(partial(_ring, stock_moved, moved))


def ring_access_ended(user_id: str) -> None:
    """Tell every listener, once the caller's transaction has committed, that a person lost a way in."""
    transaction.on_commit(partial(_ring, access_ended, user_id))


def _ring(bells: Iterable[Callable[[Heard], None]], heard: Heard) -> None:
    for bell in bells:
        try:
            bell(heard)
        except Exception:
            logger.exception("bell_failed", bell=f"{bell.__module__}.{bell.__qualname__}")
