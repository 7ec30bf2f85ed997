"""Locks what a batch of purchases is about and reads what its decisions need, in one exchange."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from marketplace.lib import rows
from marketplace.lib.pipeline import Answer, pipeline
from marketplace.models import Product, StockLevel, Variant
from orders.decision import Market
from orders.order_rows import Offer
from orders.queries.replays import as_placed, ask_replays
from orders.requests import Placed, PurchaseRequest, ReplayKey
from orders.states import TAKES_UNITS
from streams import stock_facts
from streams.models import Deal, Session, Slot
from streams.queries.chat import ask_banned
from streams.queries.terms import ask_terms

# Written as SQL because every purchase of a limited slot runs it: a queryset costs several times the
# statement.
_BOUGHT = f"""
SELECT slot_id, deal_id, buyer_id, SUM(quantity) FROM orders_orderline
WHERE state IN ({rows.marks(TAKES_UNITS)}) AND"""  # noqa: S608 - placeholders only
_BOUGHT_KINDS = ("slt", "dl", "usr", None)
_ORIGINS = """
SELECT slot.id, slot.session_id, slot.variant_id, variant.product_id, variant.brand_id
FROM streams_slot slot JOIN marketplace_variant variant ON variant.id = slot.variant_id WHERE slot.id"""
_ORIGIN_KINDS = ("slt", "ses", "var", "prd", "brd")
_MOST_ORIGINS = 10_000


class Origin(NamedTuple):
    """What a slot belongs to and sells, by ids that never change."""

    session_id: str
    variant_id: str
    product_id: str
    brand_id: str


#: Of the slots that this process has sold from.
_origins: dict[str, Origin] = {}


@dataclass(slots=True, frozen=True)
class Locked:
    """A locked market, by slot id what a line copies, and the orders that exist under the requests' keys."""

    market: Market
    offers: Mapping[str, Offer]
    placed: Mapping[ReplayKey, Placed]


def lock_market(requests: Sequence[PurchaseRequest], *, now: datetime) -> Locked:
    """Lock stock levels, slots, deals and sessions in the order of docs/locking.md, then read the rest.

    A slot that does not exist is neither in the market nor among the offers.
    """
    origins = _origins_of({request.slot_id for request in requests})
    variant_ids, product_ids = _ids(origins, "variant_id"), _ids(origins, "product_id")
    with pipeline():
        levels = rows.ask_lock(StockLevel, variant_ids, by="variant")
        slots = rows.ask_lock(Slot, origins.keys())
        deals = rows.ask_lock(Deal, {request.deal_id for request in requests if request.deal_id})
        sessions = rows.ask_lock(Session, _ids(origins, "session_id"), also=stock_facts.selling(variant_ids))
        placed = ask_replays(requests)  # under the locks: another process may have got the same key
        bought = _ask_bought(origins, requests)
        buyers = {request.buyer_id for request in requests}
        banned = ask_banned(_ids(origins, "session_id"), buyers, now=now)
        variants = rows.ask_fetch(Variant, variant_ids)
        products = rows.ask_fetch(Product, product_ids)
        terms = ask_terms(
            slot_ids=origins.keys(), brand_ids=_ids(origins, "brand_id"), product_ids=product_ids, now=now
        )
        goods = _goods(variants.get(), products.get())
        market = Market(
            sessions={session.id: session for session in sessions.get()},
            slots={slot.id: slot for slot in slots.get()},
            deals={deal.id: deal for deal in deals.get()},
            free={level.variant_id: level.available for level in levels.get()},
            sellable_variants=frozenset(id_ for id_, variant in goods.items() if _sellable(variant)),
            banned=frozenset(banned.get()),
        )
        for slot_id, deal_id, buyer_id, units in bought.get():
            market.bought[slot_id, buyer_id] += int(units)
            if deal_id is not None:
                market.bought[deal_id, buyer_id] += int(units)
        found = terms.get()
        offers = {
            slot.id: Offer(slot, market.sessions[slot.session_id], goods[slot.variant_id], found[slot.id])
            for slot in market.slots.values()
        }
        return Locked(market, offers, as_placed(placed.get()))


def _origins_of(slot_ids: Collection[str]) -> dict[str, Origin]:
    """Return the origins of the slots that exist."""
    missing = slot_ids - _origins.keys()
    if missing:
        condition, parameters = rows.any_of(missing)
        found = rows.select(f"{_ORIGINS} {condition}", parameters, kinds=_ORIGIN_KINDS)
        if len(_origins) + len(found) > _MOST_ORIGINS:
            _origins.clear()
            return _origins_of(slot_ids)
        _origins.update((slot_id, Origin(*rest)) for slot_id, *rest in found)
    return {slot_id: _origins[slot_id] for slot_id in slot_ids if slot_id in _origins}


def _ids(origins: Mapping[str, Origin], column: str) -> set[str]:
    return {getattr(origin, column) for origin in origins.values()}


def _goods(variants: Sequence[Variant], products: Sequence[Product]) -> dict[str, Variant]:
    """Return the variants by id, each with its product."""
    by_id = {product.id: product for product in products}
    for variant in variants:
        variant.product = by_id[variant.product_id]
    return {variant.id: variant for variant in variants}


def _sellable(variant: Variant) -> bool:
    return variant.active and variant.product.state == Product.State.PUBLISHED


def _ask_bought(
    slot_ids: Collection[str], requests: Sequence[PurchaseRequest]
) -> Answer[list[tuple[str, str | None, str, int]]]:
    """Ask how many units each buyer has of these slots, at which deal."""
    slots = rows.any_of(slot_ids)
    buyers = rows.any_of({request.buyer_id for request in requests})
    return rows.ask_select(
        f"{_BOUGHT} slot_id {slots[0]} AND buyer_id {buyers[0]} GROUP BY slot_id, deal_id, buyer_id",
        [*sorted(TAKES_UNITS), *slots[1], *buyers[1]],
        kinds=_BOUGHT_KINDS,
    )
