"""The only writer of stock levels. Every step here runs inside a caller's transaction.

Buying holds units, shipping takes them off the shelf, release gives held units back. Each change leaves a movement.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection
from django.db.models import F

from marketplace.errors import StockConflict
from marketplace.lib.atomic import require_transaction
from marketplace.models.stock import StockLevel, StockMovement

Kind = StockMovement.Kind


def lock(variant_ids: Iterable[str]) -> dict[str, StockLevel]:
    """Lock the levels of these variants, in the order of their ids, and return them by variant id."""
    require_transaction()
    levels = StockLevel.objects.filter(variant_id__in=set(variant_ids)).order_by("id")
    if connection.features.has_select_for_update:
        levels = levels.select_for_update()
    return {level.variant_id: level for level in levels}


def hold(units: Mapping[str, int], *, reference: str, now: datetime) -> None:
    """Hold units (variant id -> quantity) for orders; the caller holds the locks and has checked what is available."""
    for variant_id, quantity in units.items():
        _move(variant_id, Kind.HOLD, on_hand=0, held=quantity, reference=reference, now=now)


def release(units: Mapping[str, int], *, reference: str, now: datetime) -> None:
    """Give held units back to the shelf's free ones."""
    for variant_id, quantity in sorted(units.items()):
        _move(variant_id, Kind.RELEASE, on_hand=0, held=-quantity, reference=reference, now=now)


def ship(units: Mapping[str, int], *, reference: str, now: datetime) -> None:
    """Take held units off the shelf: they have left the house."""
    for variant_id, quantity in sorted(units.items()):
        _move(variant_id, Kind.SHIP, on_hand=-quantity, held=-quantity, reference=reference, now=now)


def restock(variant_id: str, quantity: int, *, reference: str, now: datetime) -> None:
    """Put ``quantity`` more units on the shelf; a negative one corrects the count downwards, never below what is held."""
    kind = Kind.RESTOCK if quantity > 0 else Kind.CORRECTION
    _move(variant_id, kind, on_hand=quantity, held=0, reference=reference, now=now)


def take_back(units: Mapping[str, int], *, reference: str, now: datetime) -> None:
    """Put returned units back on the shelf."""
    for variant_id, quantity in sorted(units.items()):
        _move(variant_id, Kind.RETURN, on_hand=quantity, held=0, reference=reference, now=now)


def open_level(variant_id: str) -> StockLevel:
    """Make the empty level of a new variant."""
    require_transaction()
    return StockLevel.objects.create(variant_id=variant_id)


def _move(variant_id: str, kind: str, *, on_hand: int, held: int, reference: str, now: datetime) -> None:
    require_transaction()
    level_id = StockLevel.objects.values_list("id", flat=True).get(variant_id=variant_id)
    moved = StockLevel.objects.filter(
        id=level_id, held__gte=-held, on_hand__gte=F("held") + held - on_hand
    ).update(on_hand=F("on_hand") + on_hand, held=F("held") + held)
    if not moved:
        raise StockConflict(data={"variant": variant_id})
    StockMovement.objects.create(
        level_id=level_id, kind=kind, on_hand_delta=on_hand, held_delta=held, reference=reference, at=now
    )
