"""Admission's action: many purchases, one durable transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.db.models import Sum

from marketplace import stock
from marketplace.lib.atomic import action
from marketplace.models import Product
from orders import order_rows, sold_out
from orders.decision import Market, decide
from orders.models import Order, OrderLine
from orders.order_rows import Offer
from orders.requests import Accepted, Outcome, Placed, PurchaseRequest, Refused, ReplayKey
from orders.states import TAKES_UNITS
from streams import factlog, figures, quota, stock_facts
from streams.models import Slot
from streams.queries.terms import terms_for


@dataclass(slots=True, frozen=True)
class Placement:
    """What became of a batch: one outcome per request, and the rooms that have yet to hear of the new counts."""

    outcomes: list[Outcome]
    stale_rooms: list[str]


def place_orders(requests: Sequence[PurchaseRequest], *, now: datetime) -> Placement:
    """Decide every request in order of arrival and write what was granted.

    All or nothing: an exception means that none of them happened. A repeated (buyer, key) gets the first order's
    outcome again; with other inputs it is refused with ``idempotency_mismatch``.

    Raises:
        django.db.Error, DomainError: the batch broke a constraint, or the database is away.
    """
    first: dict[ReplayKey, PurchaseRequest] = {}
    for request in requests:
        first.setdefault(request.replay_key, request)
    with action():
        placed = find_replays(first.values())
        fresh = [request for key, request in first.items() if key not in placed]
        decided, stale_rooms = _sell(fresh, now=now) if fresh else ({}, [])
    return Placement([_answer(request, first, placed, decided) for request in requests], stale_rooms)


def find_replays(requests: Iterable[PurchaseRequest]) -> dict[ReplayKey, Placed]:
    """Return what is already ordered under these buyers and keys: one query, whatever the number of requests."""
    pairs = sorted({request.replay_key for request in requests})
    parameters: list[object]
    if connection.vendor == "postgresql":
        wanted = "SELECT * FROM unnest(%s::uuid[], %s::text[])"
        parameters = [[buyer[-32:] for buyer, _ in pairs], [key for _, key in pairs]]
    else:
        wanted = "VALUES " + ", ".join(["(%s, %s)"] * len(pairs))
        parameters = [value for buyer, key in pairs for value in (buyer[-32:], key)]
    columns = "id, buyer_id, key, input_hash, amount, currency, pay_by"
    orders = Order.objects.raw(
        f"SELECT {columns} FROM orders_order WHERE (buyer_id, key) IN ({wanted})",  # noqa: S608 - constants only
        parameters,
    )
    return {
        (order.buyer_id, order.key): Placed(order.input_hash, Accepted(order.id, order.total, order.pay_by))
        for order in orders
    }


def _answer(
    request: PurchaseRequest,
    first: dict[ReplayKey, PurchaseRequest],
    placed: dict[ReplayKey, Placed],
    decided: dict[ReplayKey, Outcome],
) -> Outcome:
    key = request.replay_key
    if key in placed:
        return placed[key].answer(request)
    outcome = decided[key]
    if isinstance(outcome, Refused) or request is first[key]:
        return outcome
    return Placed(first[key].input_hash, outcome).answer(request)


def _sell(fresh: Sequence[PurchaseRequest], *, now: datetime) -> tuple[dict[ReplayKey, Outcome], list[str]]:
    """Decide requests that have no order yet, write the granted ones, and return outcomes and stale rooms."""
    market, offers = _lock_market(fresh, now=now)
    decided: dict[ReplayKey, Outcome] = {}
    granted = []
    for request in fresh:
        refusal = decide(request, market, now=now)
        if refusal is None:
            granted.append((request, offers[request.slot_id]))
        else:
            decided[request.replay_key] = refusal
    transaction.on_commit(partial(_note_sold_out, market))
    if not granted:
        return decided, []
    accepted = order_rows.write(granted, now=now)
    decided.update((request.replay_key, told) for (request, _), told in zip(granted, accepted, strict=True))
    stock.hold(market.variant_units, reference=accepted[0].order_id, now=now)
    quota.take(market.slot_units, market.deal_units)
    stale_rooms = stock_facts.tell(market.sessions.values(), now=now)
    _count(granted, now=now)
    return decided, stale_rooms


def _lock_market(requests: Sequence[PurchaseRequest], *, now: datetime) -> tuple[Market, dict[str, Offer]]:
    """Lock what the requests are about, in the order of docs/locking.md, and read what decisions need."""
    known = Slot.objects.filter(id__in={request.slot_id for request in requests})
    variants = {slot.id: slot.variant for slot in known.select_related("variant__product")}
    variant_ids = {variant.id for variant in variants.values()}
    levels = stock.lock(variant_ids)
    slots = quota.lock_slots(variants)
    deals = quota.lock_deals(request.deal_id for request in requests if request.deal_id)
    rooms = stock_facts.rooms_selling(variant_ids) | {slot.session_id for slot in slots.values()}
    sessions = factlog.lock_all(rooms)
    market = Market(
        sessions=sessions,
        slots=slots,
        deals=deals,
        free={variant_id: level.available for variant_id, level in levels.items()},
        sellable_variants=frozenset(
            variant.id
            for variant in variants.values()
            if variant.active and variant.product.state == Product.State.PUBLISHED
        ),
    )
    _read_bought(market, requests)
    terms = terms_for(slots.values(), now=now)
    offers = {
        slot.id: Offer(slot, sessions[slot.session_id], variants[slot.id], terms[slot.id])
        for slot in slots.values()
    }
    return market, offers


def _read_bought(market: Market, requests: Sequence[PurchaseRequest]) -> None:
    """Read how many units each buyer has of the slots and deals that limit it."""
    limited_deals = {deal.slot_id for deal in market.deals.values() if deal.per_buyer_limit is not None}
    limited = {slot.id for slot in market.slots.values() if slot.per_buyer_limit is not None} | limited_deals
    if not limited:
        return
    lines = OrderLine.objects.filter(
        slot_id__in=limited, buyer_id__in={request.buyer_id for request in requests}, state__in=TAKES_UNITS
    )
    sums = lines.order_by().values_list("slot_id", "deal_id", "buyer_id").annotate(Sum("quantity"))
    for slot_id, deal_id, buyer_id, units in sums:
        market.bought[slot_id, buyer_id] += units
        if deal_id is not None:
            market.bought[deal_id, buyer_id] += units


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
