"""Who gets a unit and who does not: pure decisions over counts that the caller has locked.

Requests are decided in the order they arrived. Each grant lowers the counts that the next decision sees, so a
batch of five hundred is as exact as five hundred transactions.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marketplace.lib.money import Money
from orders.requests import PurchaseRequest, Refused
from streams.models import Deal, Session, Slot


@dataclass(slots=True)
class Market:
    """The locked state that decisions are made on; counts are lowered as units are granted.

    ``free`` is units on the shelf by variant id; ``banned`` is (session id, person's id) of who may not be in
    the room; ``bought`` is units by (slot or deal id, buyer id), of
    earlier orders and of this batch.
    """

    sessions: dict[str, Session]
    slots: dict[str, Slot]
    deals: dict[str, Deal]
    free: dict[str, int]
    sellable_variants: frozenset[str]
    banned: frozenset[tuple[str, str]] = frozenset()
    bought: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    slot_units: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    deal_units: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    variant_units: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def left(self, slot: Slot, deal: Deal | None) -> int:
        """Return how many units of the slot, at the deal's price if there is one, are still to be had."""
        left = self.free[slot.variant_id]
        if slot.allocation is not None:
            left = min(left, slot.allocation - slot.taken - self.slot_units[slot.id])
        if deal is not None:
            left = min(left, deal.quota - deal.taken - self.deal_units[deal.id])
        return left

    def grant(self, request: PurchaseRequest, slot: Slot) -> None:
        """Count the units as sold."""
        quantity = request.quantity
        self.free[slot.variant_id] -= quantity
        self.variant_units[slot.variant_id] += quantity
        self.slot_units[slot.id] += quantity
        self.bought[slot.id, request.buyer_id] += quantity
        if request.deal_id is not None:
            self.deal_units[request.deal_id] += quantity
            self.bought[request.deal_id, request.buyer_id] += quantity


def decide(request: PurchaseRequest, market: Market, *, now: datetime) -> Refused | None:
    """Return why the request cannot be granted, or None and the units are counted as sold.

    Codes and their order of precedence: ``not_on_sale``, ``banned``, ``session_not_live``, ``deal_closed``,
    ``price_changed`` (data: ``price``), ``limit_reached`` (data: ``limit``, ``bought``), ``sold_out`` (data:
    ``left``).
    """
    slot = market.slots.get(request.slot_id)
    if slot is None:
        return Refused("not_on_sale")
    if (slot.session_id, request.buyer_id) in market.banned:
        return Refused("banned")
    if not market.sessions[slot.session_id].sells:
        return Refused("session_not_live")
    if not slot.on_sale or slot.variant_id not in market.sellable_variants:
        return Refused("not_on_sale")
    deal = None
    if request.deal_id is not None:
        deal = market.deals.get(request.deal_id)
        if deal is None or deal.slot_id != slot.id or not deal.is_open(at=now):
            return Refused("deal_closed")
    price = slot.price if deal is None else Money(deal.price, slot.currency)
    if request.price != price:
        return Refused("price_changed", {"price": price.to_wire()})
    refusal = _over_limit(request, market, slot, deal)
    if refusal is not None:
        return refusal
    left = market.left(slot, deal)
    if request.quantity > left:
        return Refused("sold_out", {"left": max(left, 0)})
    market.grant(request, slot)
    return None


def _over_limit(request: PurchaseRequest, market: Market, slot: Slot, deal: Deal | None) -> Refused | None:
    for holder in (slot, deal):
        if holder is None or holder.per_buyer_limit is None:
            continue
        bought = market.bought[holder.id, request.buyer_id]
        if bought + request.quantity > holder.per_buyer_limit:
            data: dict[str, Any] = {"limit": holder.per_buyer_limit, "bought": bought}
            return Refused("limit_reached", data)
    return None
