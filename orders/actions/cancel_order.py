"""A buyer changes their mind before paying."""

from datetime import datetime

from marketplace import idempotency
from marketplace.errors import NotFound
from marketplace.lib.atomic import action
from orders import news
from orders.errors import WrongOrderState
from orders.models import Order
from orders.queries.sight import OrderAt
from orders.release import give_back
from orders.states import Line, advance_lines, lock_order, order_state


def cancel_order(*, order_id: str, buyer_id: str, now: datetime) -> OrderAt:
    """Cancel an order that is not paid and give its units back at once.

    A payment that is still being worked on may yet be captured; that money goes back by itself.

    Raises:
        NotFound: the order is not this buyer's.
        WrongOrderState: it is paid, expired or cancelled.
    """
    with action():
        try:
            order, lines = lock_order(order_id)
        except Order.DoesNotExist:
            raise NotFound from None
        if order.buyer_id != buyer_id:
            raise NotFound
        was = order_state(lines, at=now)
        if was != Line.PENDING_PAYMENT:
            raise WrongOrderState(data={"state": was})
        advance_lines(lines, Line.CANCELLED, actor=buyer_id, now=now)
        news.order_changed(order, lines, was=was, now=now)
        give_back(lines, now=now)
        cancelled = OrderAt(order, now)
        idempotency.remember(cancelled)
    return cancelled
