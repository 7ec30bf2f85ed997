"""Writes granted purchases inside admission's transaction: order, line and fact, in bulk."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from django.db import connection

from marketplace.lib import bulk
from marketplace.lib.ids import new_uuid7_hex
from marketplace.lib.money import Money
from marketplace.models import Fact, Variant
from orders.models import Order, OrderLine
from orders.requests import Accepted, PurchaseRequest
from streams.models import Session, Slot
from streams.queries.terms import Terms

_ORDER = (
    "id", "buyer_id", "key", "input_hash", "amount", "currency",
    "session_id", "pay_by", "created_at",
)  # fmt: skip
_LINE = (
    "id", "order_id", "buyer_id", "deal_id", "quantity", "amount", "unit_price",
    "brand_discount", "streamer_discount",
    "state", "pay_by", "created_at", "session_id", "slot_id", "seq",
    "variant_id", "product_id", "title", "sku", "currency",
    "brand_id", "streamer_id", "agency_id", "collaboration_id",
    "rate_bp", "agency_share_bp", "fee_bp", "return_policy",
    "platform_discount",
)  # fmt: skip
_FACT = ("id", "subject", "payload", "type", "at")


@dataclass(slots=True, frozen=True)
class Offer:
    """One slot with all that a line copies from it."""

    slot: Slot
    session: Session
    variant: Variant
    terms: Terms

    def copied(self, *, now: datetime) -> tuple[object, ...]:
        """Return the columns of a line that are the same for every buyer of the slot."""
        product = self.variant.product
        title = f"{product.title}, {self.variant.title}" if self.variant.title else product.title
        return (
            OrderLine.State.PENDING_PAYMENT.value, _moment(self.pay_by(now)), _moment(now),
            _hex(self.session.id), _hex(self.slot.id), self.session.last_seq,
            _hex(self.variant.id), _hex(product.id), title, self.variant.sku, self.slot.currency,
            _hex(self.terms.brand_id), _hex(self.terms.streamer_id), _hex(self.terms.agency_id),
            _hex(self.terms.collaboration_id),
            self.terms.rate_bp, self.terms.agency_share_bp, self.terms.fee_bp, self.terms.return_policy,
            self.slot.platform_discount,
        )  # fmt: skip

    def discounts(self, price: int) -> tuple[int, int]:
        """Return what of the discount on a unit costs brand and streamer, for what the buyer pays for it.

        A streamer pays at most what they earn of the unit, and the brand the rest: else a streamer without
        money could give a brand what the marketplace would have to pay.
        """
        earned = self.terms.least_earned(price + self.slot.platform_discount)
        streamer = min(self.slot.streamer_discount, earned)
        return self.slot.brand_discount + self.slot.streamer_discount - streamer, streamer

    def pay_by(self, now: datetime) -> datetime:
        """Return the end of the payment window of an order placed now."""
        return now + timedelta(seconds=self.session.payment_window_seconds)


def write(granted: Sequence[tuple[PurchaseRequest, Offer]], *, now: datetime) -> list[Accepted]:
    """Insert order, line and fact of each granted request; return what each buyer is told, in order."""
    offers = list({offer.slot.id: offer for _, offer in granted}.values())
    orders, lines = defaultdict(list), defaultdict(list)
    facts, told = [], []
    pay_by = {offer.slot.id: offer.pay_by(now) for offer in offers}
    for request, offer in granted:
        slot, order, price = offer.slot.id, new_uuid7_hex(), request.price
        buyer, deal, amount = request.buyer_id[-32:], _hex(request.deal_id), price.amount * request.quantity
        accepted = Accepted(f"ord_{order}", Money(amount, price.currency), pay_by[slot])
        orders[slot].append((order, buyer, request.key, request.input_hash, amount, price.currency))
        paid_for = (request.quantity, amount, price.amount, *offer.discounts(price.amount))
        lines[slot].append((new_uuid7_hex(), order, buyer, deal, *paid_for))
        facts.append((new_uuid7_hex(), accepted.order_id, _payload(request, offer, accepted)))
        told.append(accepted)
    at = _moment(now)
    for offer in offers:
        slot = offer.slot.id
        shared = (_hex(offer.session.id), _moment(pay_by[slot]), at)
        bulk.insert(Order, _ORDER, orders[slot], shared=shared)
        bulk.insert(OrderLine, _LINE, lines[slot], shared=offer.copied(now=now))
    bulk.insert(Fact, _FACT, facts, shared=("order.placed", at))
    return told


def _payload(request: PurchaseRequest, offer: Offer, accepted: Accepted) -> str:
    return orjson.dumps(
        {
            "order": accepted.order_id,
            "buyer": request.buyer_id,
            "session": offer.session.id,
            "slot": request.slot_id,
            "deal": request.deal_id,
            "quantity": request.quantity,
            "amount": accepted.amount.to_wire(),
        }
    ).decode()


def _hex(public_id: str | None) -> str | None:
    """Return what a UUID column takes on either database."""
    return None if public_id is None else public_id[-32:]


def _moment(moment: datetime) -> object:
    """Return what a time column takes on this database."""
    return connection.ops.adapt_datetimefield_value(moment)
