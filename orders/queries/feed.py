"""What has just been bought in a show, for whoever runs it: no address, nobody's payments."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.lib.money import Money
from orders.models import Order
from orders.states import order_state


@dataclass(frozen=True, slots=True)
class Bought:
    """One order as the feed shows it."""

    id: str
    at: datetime
    buyer: str
    title: str
    quantity: int
    amount: Money
    state: str


def latest_orders(session_id: str, *, at: datetime, limit: int) -> list[Bought]:
    """Return the latest orders of a show, the newest first, as they read at a moment; two queries."""
    orders = Order.objects.filter(session_id=session_id).select_related("buyer").prefetch_related("lines")
    return [_bought(order, at) for order in orders.order_by("-id")[:limit]]


def _bought(order: Order, at: datetime) -> Bought:
    lines = sorted(order.lines.all(), key=lambda line: line.id)
    return Bought(
        id=order.id,
        at=order.created_at,
        buyer=order.buyer.shown_name,
        title=", ".join(line.title for line in lines),
        quantity=sum(line.quantity for line in lines),
        amount=order.total,
        state=order_state(lines, at=at),
    )
