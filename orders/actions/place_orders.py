"""Admission's action: many purchases, one durable transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction

from marketplace import stock
from marketplace.lib.atomic import action
from marketplace.lib.pipeline import pipeline
from orders import order_rows, sold_out
from orders.decision import Market, decide
from orders.market import Locked, lock_market
from orders.order_rows import Offer
from orders.requests import Outcome, Placed, PurchaseRequest, Refused, ReplayKey
from streams import figures, hub, quota, stock_facts


@dataclass(slots=True, frozen=True)
class Placement:
    """What became of a batch: one outcome per request, and the rooms that have yet to hear of it."""

    outcomes: list[Outcome]
    stale_rooms: list[str]


def place_orders(requests: Sequence[PurchaseRequest], *, now: datetime) -> Placement:
    """Decide every request in order of arrival and write what was granted.

    All or nothing: an exception means that none of them happened. A repeated (buyer, key) gets the first
    order's outcome again; with other inputs it is refused with ``idempotency_mismatch``.

    Raises:
        django.db.Error, DomainError: the batch broke a constraint, or the database is away.
    """
    first: dict[ReplayKey, PurchaseRequest] = {}
    for request in requests:
        first.setdefault(request.replay_key, request)
    with action():
        locked = lock_market(list(first.values()), now=now)
        fresh = [request for key, request in first.items() if key not in locked.placed]
        decided, stale_rooms = _sell(fresh, locked, now=now)
    return Placement([_answer(request, first, locked.placed, decided) for request in requests], stale_rooms)


def _answer(
    request: PurchaseRequest,
    first: dict[ReplayKey, PurchaseRequest],
    placed: Mapping[ReplayKey, Placed],
    decided: dict[ReplayKey, Outcome],
) -> Outcome:
    key = request.replay_key
    if key in placed:
        return placed[key].answer(request)
    outcome = decided[key]
    if isinstance(outcome, Refused) or request is first[key]:
        return outcome
    return Placed(first[key].input_hash, outcome).answer(request)


def _sell(
    fresh: Sequence[PurchaseRequest], locked: Locked, *, now: datetime
) -> tuple[dict[ReplayKey, Outcome], list[str]]:
    """Decide requests that have no order yet, write the granted ones, and return outcomes and stale rooms."""
    decided: dict[ReplayKey, Outcome] = {}
    granted = []
    market = locked.market
    for request in fresh:
        refusal = decide(request, market, now=now)
        if refusal is None:
            granted.append((request, locked.offers[request.slot_id]))
        else:
            decided[request.replay_key] = refusal
    transaction.on_commit(partial(_note_sold_out, market))
    if not granted:
        return decided, []
    with pipeline():
        accepted = order_rows.write(granted, now=now)
        stock.hold(market.variant_units, reference=accepted[0].order_id, now=now)
        quota.take(market.slot_units, market.deal_units)
        stale_rooms = stock_facts.tell(market.sessions.values(), now=now)
        _count(granted, now=now)
    decided.update((request.replay_key, told) for (request, _), told in zip(granted, accepted, strict=True))
    return decided, stale_rooms


def _count(granted: Sequence[tuple[PurchaseRequest, Offer]], *, now: datetime) -> None:
    """Add the orders to the figures of their sessions' minute."""
    orders: dict[str, int] = defaultdict(int)
    units: dict[str, int] = defaultdict(int)
    gross: dict[str, int] = defaultdict(int)
    for request, offer in granted:
        orders[offer.session.id] += 1
        units[offer.session.id] += request.quantity
        gross[offer.session.id] += request.price.amount * request.quantity
    for session_id in sorted(orders):
        transaction.on_commit(partial(hub.add_to_pulse, session_id, sold=units[session_id]))
        figures.add(
            session_id, now=now, orders=orders[session_id], units=units[session_id], gross=gross[session_id]
        )


def _note_sold_out(market: Market) -> None:
    """Remember, after the commit, of what there is nothing left."""
    for slot in market.slots.values():
        if market.left(slot, None) <= 0:
            sold_out.remember(slot.id, None)
    for deal in market.deals.values():
        if deal.slot_id in market.slots and market.left(market.slots[deal.slot_id], deal) <= 0:
            sold_out.remember(deal.slot_id, deal.id)
