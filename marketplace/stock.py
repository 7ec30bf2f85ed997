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

_BATCH = 500


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
    """Put ``quantity`` more units on the shelf."""
    _move(variant_id, Kind.RESTOCK, on_hand=quantity, held=0, reference=reference, now=now)


def count(counts: Mapping[str, int], *, reference: str, now: datetime) -> dict[str, int]:
    """Set what is on hand to what somebody has counted (variant id -> units), for thousands of variants at once.

    Returns the differences, of those that differ. Raises StockConflict with all variants counted below what is held.
    """
    levels = lock(counts)
    short = sorted(variant_id for variant_id, units in counts.items() if units < levels[variant_id].held)
    if short:
        raise StockConflict(data={"variants": short[:100]})
    differences = {
        variant_id: counts[variant_id] - level.on_hand
        for variant_id, level in levels.items()
        if counts[variant_id] != level.on_hand
    }
    for variant_id in differences:
        levels[variant_id].on_hand = counts[variant_id]
    changed = [levels[variant_id] for variant_id in differences]
    StockLevel.objects.bulk_update(changed, ["on_hand"], batch_size=_BATCH)
    StockMovement.objects.bulk_create(
        [
            StockMovement(
                level_id=levels[variant_id].id,
                kind=Kind.CORRECTION,
                on_hand_delta=difference,
                held_delta=0,
                reference=reference,
                at=now,
            )
            for variant_id, difference in differences.items()
        ],
        batch_size=_BATCH,
    )
    return differences


def take_back(units: Mapping[str, int], *, reference: str, now: datetime) -> None:
    """Put returned units back on the shelf."""
    for variant_id, quantity in sorted(units.items()):
        _move(variant_id, Kind.RETURN, on_hand=quantity, held=0, reference=reference, now=now)


def open_levels(variant_ids: Iterable[str]) -> None:
    """Make the empty levels of new variants."""
    require_transaction()
    levels = [StockLevel(variant_id=variant_id) for variant_id in variant_ids]
    StockLevel.objects.bulk_create(levels, batch_size=_BATCH)


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
