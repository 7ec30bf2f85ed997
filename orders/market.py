"""Locks what a batch of purchases is about and reads what its decisions need."""

from collections.abc import Sequence
from datetime import datetime

from marketplace import stock
from marketplace.lib import rows
from marketplace.models import Product, Variant
from orders.decision import Market
from orders.order_rows import Offer
from orders.requests import PurchaseRequest
from orders.states import TAKES_UNITS
from streams import factlog, quota, stock_facts
from streams.models import Slot
from streams.queries.terms import terms_for

# Written as SQL because every purchase of a limited slot runs it: a queryset costs several times the
# statement.
_BOUGHT = f"""
SELECT slot_id, deal_id, buyer_id, SUM(quantity) FROM orders_orderline
WHERE state IN ({rows.marks(TAKES_UNITS)})"""  # noqa: S608 - placeholders only
_BOUGHT_KINDS = ("slt", "dl", "usr", None)


def lock_market(requests: Sequence[PurchaseRequest], *, now: datetime) -> tuple[Market, dict[str, Offer]]:
    """Lock stock levels, slots, deals and sessions in the order of docs/locking.md.

    Returns the market to decide on and, by slot id, what a line copies. A slot that does not exist is in
    neither.
    """
    unlocked = rows.fetch(Slot, {request.slot_id for request in requests})
    variants = {
        variant.id: variant for variant in rows.fetch(Variant, {slot.variant_id for slot in unlocked})
    }
    products = {
        product.id: product
        for product in rows.fetch(Product, {variant.product_id for variant in variants.values()})
    }
    levels = stock.lock(variants)
    slots = quota.lock_slots(slot.id for slot in unlocked)
    deals = quota.lock_deals(request.deal_id for request in requests if request.deal_id)
    rooms = stock_facts.rooms_selling(variants)
    sessions = factlog.lock_all(rooms.union(slot.session_id for slot in slots.values()))
    for variant in variants.values():
        variant.product = products[variant.product_id]
    market = Market(
        sessions=sessions,
        slots=slots,
        deals=deals,
        free={variant_id: level.available for variant_id, level in levels.items()},
        sellable_variants=frozenset(filter(None, map(_if_sellable, variants.values()))),
    )
    _read_bought(market, requests)
    terms = terms_for(slots.values(), now=now)
    return market, {
        slot.id: Offer(slot, sessions[slot.session_id], variants[slot.variant_id], terms[slot.id])
        for slot in slots.values()
    }


def _if_sellable(variant: Variant) -> str | None:
    return variant.id if variant.active and variant.product.state == Product.State.PUBLISHED else None


def _read_bought(market: Market, requests: Sequence[PurchaseRequest]) -> None:
    """Read how many units each buyer has of the slots and deals that limit it."""
    limited_deals = {deal.slot_id for deal in market.deals.values() if deal.per_buyer_limit is not None}
    limited = {slot.id for slot in market.slots.values() if slot.per_buyer_limit is not None} | limited_deals
    if not limited:
        return
    slots = [slot_id[-32:] for slot_id in limited]
    buyers = sorted({request.buyer_id[-32:] for request in requests})
    statement = (
        f"{_BOUGHT} AND slot_id IN ({rows.marks(slots)}) AND buyer_id IN ({rows.marks(buyers)})"
        " GROUP BY slot_id, deal_id, buyer_id"
    )
    found = rows.select(statement, [*sorted(TAKES_UNITS), *slots, *buyers], kinds=_BOUGHT_KINDS)
    for slot_id, deal_id, buyer_id, units in found:
        market.bought[slot_id, buyer_id] += int(units)
        if deal_id is not None:
            market.bought[deal_id, buyer_id] += int(units)
