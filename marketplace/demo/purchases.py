"""What viewers of past shows bought, and what became of it: paid, shipped, cancelled, refunded, expired."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from marketplace.demo.courses import CARRIER, Course, quick_number
from marketplace.lib import rows
from marketplace.lib.money import Money
from marketplace.models import User
from orders.actions.place_orders import place_orders
from orders.actions.ship_lines import ship_lines
from orders.carrier import new_tracking_number
from orders.errors import HoldExpired
from orders.models import Order, OrderLine, Payment
from orders.paying import pay
from orders.requests import PurchaseRequest
from orders.states import Line, order_state
from refunds.cancelling import cancel_own_order

CARD = "4242424242424242"
ADDRESS = {
    "name": "Demo buyer",
    "phone": "+86 10 5550 0123",
    "line1": "8 Teahouse Lane",
    "line2": "",
    "city": "Hangzhou",
    "region": "Zhejiang",
    "postal_code": "310000",
    "country": "CN",
}


class Fate(Enum):
    """What a buyer does after the tap on “buy”."""

    KEEPS = "keeps"
    FORGETS = "forgets"  # and the order expires
    CANCELS = "cancels"
    PAYS_AND_CANCELS = "pays and cancels"


@dataclass(frozen=True, slots=True)
class Purchase:
    """Somebody buys one unit of a slot, at a deal's price where there is one; ``course`` brings it back."""

    buyer: User
    key: str
    fate: Fate
    course: Course | None = None

    @property
    def pays(self) -> bool:
        """Tell whether money moves."""
        return self.fate in {Fate.KEEPS, Fate.PAYS_AND_CANCELS}

    def order(self) -> Order | None:
        """Return what was granted, None when it was refused."""
        placed = rows.where(Order, "buyer_id = %s AND key = %s", [self.buyer.id[-32:], self.key])
        return next(iter(placed), None)


def place(
    purchases: Sequence[Purchase], *, slot_id: str, deal_id: str | None, price: Money, now: datetime
) -> None:
    """Place orders in one transaction; those that were placed before stay as they are."""
    place_orders(
        [
            PurchaseRequest(
                buyer_id=purchase.buyer.id,
                slot_id=slot_id,
                deal_id=deal_id,
                quantity=1,
                price=price,
                key=purchase.key,
            )
            for purchase in purchases
        ],
        now=now,
    )


def settle(purchase: Purchase, now: datetime) -> None:
    """Pay an order, or cancel it, unless that has happened."""
    order = purchase.order()
    if order is None or _state(order, now) != Line.PENDING_PAYMENT:
        return
    if purchase.fate is Fate.CANCELS:
        cancel_own_order(user=purchase.buyer, order_id=order.id, now=now)
    elif purchase.pays and not rows.fetch(Payment, [order.id], by="order"):
        try:
            pay(order_id=order.id, buyer_id=purchase.buyer.id, card=CARD, address=ADDRESS, now=now)
        except HoldExpired:  # the sweep of a server that runs meanwhile was quicker
            return


def change_mind(purchase: Purchase, now: datetime) -> None:
    """Cancel a paid order, unless that has happened: its money goes back."""
    order = purchase.order()
    if order is not None and _state(order, now) == Line.PAID:
        cancel_own_order(user=purchase.buyer, order_id=order.id, now=now)


def ship(purchase: Purchase, now: datetime) -> None:
    """Hand a paid order to the carrier, unless that has happened."""
    order = purchase.order()
    if order is None or _state(order, now) != Line.PAID:
        return
    number = new_tracking_number(order.id)
    if purchase.course is not None:
        number = quick_number(f"{purchase.buyer.username} {purchase.key}", now)
    for brand_id in {line.brand_id for line in _lines(order)}:
        ship_lines(
            order_id=order.id,
            brand_id=brand_id,
            carrier=CARRIER,
            tracking_number=number,
            actor="demo",
            now=now,
        )


def _state(order: Order, now: datetime) -> str:
    return order_state(_lines(order), at=now)


def _lines(order: Order) -> list[OrderLine]:
    return rows.fetch(OrderLine, [order.id], by="order")
