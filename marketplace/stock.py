"""The only writer of stock levels. Every step here runs inside a caller's transaction.

Buying holds units, shipping takes them off the shelf, release gives held units back. Each change leaves a
movement.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection

from marketplace.errors import StockConflict
from marketplace.lib import bulk, pipeline, rows
from marketplace.lib.atomic import require_transaction
from marketplace.lib.ids import new_uuid7_hex
from marketplace.models.stock import StockLevel, StockMovement

Kind = StockMovement.Kind

#: The most units that one restock, count or line of a file may name: far below what the counters hold.
MAX_UNITS = 1_000_000_000

_BATCH = 500

# Written as SQL because every purchase runs them: a queryset costs several times the statement.
_MOVE = (
    "UPDATE marketplace_stocklevel SET on_hand = on_hand + %s, held = held + %s"
    " WHERE variant_id = %s AND held + %s >= 0 AND on_hand + %s >= held + %s"
)
_LOG_MOVE = (
    "INSERT INTO marketplace_stockmovement (id, level_id, kind, on_hand_delta, held_delta, reference, at)"
    " SELECT %s, id, %s, %s, %s, %s, %s FROM marketplace_stocklevel WHERE variant_id = %s"
)
_COLUMNS = ("id", "level_id", "kind", "on_hand_delta", "held_delta", "reference", "at")


def lock(variant_ids: Iterable[str]) -> dict[str, StockLevel]:
    """Lock the levels of these variants, in the order of their ids, and return them by variant id."""
    return {level.variant_id: level for level in rows.lock(StockLevel, set(variant_ids), by="variant")}


def hold(units: Mapping[str, int], *, reference: str, now: datetime) -> None:
    """Hold units (variant id -> quantity) for orders; the caller has locked and checked what is available."""
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
    """Set what is on hand to what somebody has counted (variant id -> units), also for thousands at once.

    Returns the differences, of those that differ.

    Raises:
        StockConflict: some counts are below what is held; ``data.variants`` names up to 100 of them.
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
    moved = {levels[variant_id].id: difference for variant_id, difference in differences.items()}
    _log(Kind.CORRECTION, moved, reference=reference, now=now)
    return differences


def take_back(units: Mapping[str, int], *, reference: str, now: datetime) -> None:
    """Put returned units back on the shelf."""
    for variant_id, quantity in sorted(units.items()):
        _move(variant_id, Kind.RETURN, on_hand=quantity, held=0, reference=reference, now=now)


def open_levels(counts: Mapping[str, int], *, reference: str, now: datetime) -> None:
    """Make the levels of new variants (variant id -> units on the shelf to begin with)."""
    require_transaction()
    levels = [StockLevel(variant_id=variant_id, on_hand=units) for variant_id, units in counts.items()]
    StockLevel.objects.bulk_create(levels, batch_size=_BATCH)
    moved = {level.id: level.on_hand for level in levels if level.on_hand}
    _log(Kind.RESTOCK, moved, reference=reference, now=now)


def _move(variant_id: str, kind: str, *, on_hand: int, held: int, reference: str, now: datetime) -> None:
    require_transaction()
    variant = variant_id[-32:]
    conflict = StockConflict(data={"variant": variant_id})
    pipeline.change(_MOVE, [on_hand, held, variant, held, on_hand, held], otherwise=conflict)
    at = connection.ops.adapt_datetimefield_value(now)
    movement = [new_uuid7_hex(), kind, on_hand, held, reference, at, variant]
    pipeline.change(_LOG_MOVE, movement, otherwise=conflict)


def _log(kind: str, units: Mapping[str, int], *, reference: str, now: datetime) -> None:
    """Leave one movement per level (level id -> change of what is on hand)."""
    at = connection.ops.adapt_datetimefield_value(now)
    rows = [(new_uuid7_hex(), level[-32:], kind, moved, 0, reference, at) for level, moved in units.items()]
    if rows:
        bulk.insert(StockMovement, _COLUMNS, rows)
