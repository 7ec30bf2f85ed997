"""Steps that give units of lines back, or hold them once more. The caller has locked the order rows.

Both take the other locks in the fixed order of docs/locking.md: levels, slots, deals, sessions, figures.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet, Sum

from marketplace import stock
from marketplace.lib.atomic import require_transaction
from marketplace.models import StockLevel
from orders import sold_out
from orders.models import OrderLine
from orders.states import TAKES_UNITS
from streams import factlog, figures, quota, stock_facts
from streams.models import Deal, Session, Slot
from streams.queries.figures import minute_of


@dataclass(slots=True)
class Shelf:
    """What lines take their units from, locked."""

    levels: dict[str, StockLevel]
    slots: dict[str, Slot]
    deals: dict[str, Deal]
    rooms: dict[str, Session]


def give_back(lines: Sequence[OrderLine], *, now: datetime) -> None:
    """Give back the held units of these lines, of one order or many, and tell the rooms that sell them."""
    shelf = _lock(lines)
    stock.release(_per_variant(lines), reference=_reference(lines), now=now)
    quota.give_back(_per_slot(lines), _per_deal(lines))
    stock_facts.tell(shelf.rooms.values(), now=now)
    _count(lines, sign=1)
    transaction.on_commit(partial(sold_out.forget, list(shelf.slots)))


def hold_again(lines: Sequence[OrderLine], *, now: datetime) -> bool:
    """Hold the units of one order's lines that had been given back; return False when they are gone.

    The limits of a purchase hold here too: what is on the shelf, the slot's allocation, the deal's quota, how
    many units one buyer may have. That deal or show are over does not matter: the order was made in time.
    """
    shelf = _lock(lines)
    if not (_there(shelf, lines) and _within_limits(shelf, lines)):
        return False
    stock.hold(_per_variant(lines), reference=_reference(lines), now=now)
    quota.take(_per_slot(lines), _per_deal(lines))
    stock_facts.tell(shelf.rooms.values(), now=now)
    _count(lines, sign=-1)
    return True


def _lock(lines: Sequence[OrderLine]) -> Shelf:
    require_transaction()
    variants = _per_variant(lines)
    return Shelf(
        levels=stock.lock(variants),
        slots=quota.lock_slots(_per_slot(lines)),
        deals=quota.lock_deals(_per_deal(lines)),
        rooms=factlog.lock_all(stock_facts.rooms_selling(variants)),
    )


def _there(shelf: Shelf, lines: Sequence[OrderLine]) -> bool:
    """Tell whether every unit can be had once more."""
    levels, slots, deals = _per_variant(lines), _per_slot(lines), _per_deal(lines)
    return (
        all(shelf.levels[id_].available >= units for id_, units in levels.items())
        and all(
            slot.left(shelf.levels[slot.variant_id].available) >= slots[slot.id]
            for slot in shelf.slots.values()
        )
        and all(deal.quota - deal.taken >= deals[deal.id] for deal in shelf.deals.values())
    )


def _within_limits(shelf: Shelf, lines: Sequence[OrderLine]) -> bool:
    """Tell whether the buyer may have these units beside those bought since."""
    mine = OrderLine.objects.filter(buyer_id=lines[0].buyer_id, state__in=TAKES_UNITS).order_by()
    slots, deals = _per_slot(lines), _per_deal(lines)
    return all(
        slot.per_buyer_limit is None
        or _units(mine.filter(slot=slot)) + slots[slot.id] <= slot.per_buyer_limit
        for slot in shelf.slots.values()
    ) and all(
        deal.per_buyer_limit is None
        or _units(mine.filter(slot_id=deal.slot_id, deal=deal)) + deals[deal.id] <= deal.per_buyer_limit
        for deal in shelf.deals.values()
    )


def _units(lines: QuerySet[OrderLine]) -> int:
    return int(lines.aggregate(units=Sum("quantity", default=0))["units"])


def _count(lines: Iterable[OrderLine], *, sign: int) -> None:
    """Count what is given back in the minutes in which it was ordered: a minute's kept sales are its own."""
    amounts = Counter[tuple[str, datetime]]()
    for line in lines:
        amounts[line.session_id, minute_of(line.created_at)] += sign * line.amount
    process = figures.this_process()
    figures.add_all(
        figures.Count(session_id, minute, process, given_back=amount)
        for (session_id, minute), amount in amounts.items()
    )


def _per_variant(lines: Iterable[OrderLine]) -> Counter[str]:
    units = Counter[str]()
    for line in lines:
        units[line.variant_id] += line.quantity
    return units


def _per_slot(lines: Iterable[OrderLine]) -> Counter[str]:
    units = Counter[str]()
    for line in lines:
        units[line.slot_id] += line.quantity
    return units


def _per_deal(lines: Iterable[OrderLine]) -> Counter[str]:
    units = Counter[str]()
    for line in lines:
        if line.deal_id is not None:
            units[line.deal_id] += line.quantity
    return units


def _reference(lines: Sequence[OrderLine]) -> str:
    """Return what the movement log names as the reason: the order, or how many of them."""
    orders = {line.order_id for line in lines}
    return lines[0].order_id if len(orders) == 1 else f"{len(orders)} orders"
