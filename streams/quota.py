"""The only writer of what has been taken from slots and deals. Every step runs in a caller's transaction."""

from collections.abc import Iterable, Mapping

from marketplace.lib import pipeline, rows
from marketplace.lib.atomic import require_transaction
from streams.errors import QuotaConflict
from streams.models import Deal, Slot

# Written as SQL because every purchase runs them: a queryset costs several times the statement.
_COUNT_SLOT = "UPDATE streams_slot SET taken = taken + %s WHERE id = %s AND taken + %s >= 0"
_COUNT_DEAL = "UPDATE streams_deal SET taken = taken + %s WHERE id = %s AND taken + %s >= 0"


def lock_slots(ids: Iterable[str]) -> dict[str, Slot]:
    """Lock slots in the order of their ids and return them by id."""
    return {slot.id: slot for slot in rows.lock(Slot, set(ids))}


def lock_deals(ids: Iterable[str]) -> dict[str, Deal]:
    """Lock deals in the order of their ids and return them by id."""
    return {deal.id: deal for deal in rows.lock(Deal, set(ids))}


def take(slots: Mapping[str, int], deals: Mapping[str, int]) -> None:
    """Count units (id -> quantity) as taken; the CHECK constraints are the second wall."""
    _count(_COUNT_SLOT, slots)
    _count(_COUNT_DEAL, deals)


def give_back(slots: Mapping[str, int], deals: Mapping[str, int]) -> None:
    """Count units as no longer taken."""
    _count(_COUNT_SLOT, {id_: -quantity for id_, quantity in slots.items()})
    _count(_COUNT_DEAL, {id_: -quantity for id_, quantity in deals.items()})


def _count(statement: str, quantities: Mapping[str, int]) -> None:
    require_transaction()
    for id_, quantity in sorted(quantities.items()):
        conflict = QuotaConflict(data={"id": id_})
        pipeline.change(statement, [quantity, id_[-32:], quantity], otherwise=conflict)
