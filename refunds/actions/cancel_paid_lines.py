"""A paid order is cancelled before it ships: money goes back, units go back on sale."""

from datetime import datetime

from marketplace import idempotency
from marketplace.errors import NotFound
from marketplace.lib.atomic import action
from orders import news
from orders.errors import WrongOrderState
from orders.models import Order, OrderLine, Payment
from orders.queries.sight import OrderAt
from orders.release import give_back
from orders.states import Line, Pay, advance_lines, lock_order, order_state
from refunds.cases import close_open
from refunds.issue import issue
from refunds.models import Refund

_ON_ITS_WAY = frozenset({Line.SHIPPED, Line.DELIVERED, Line.COMPLETED})


def cancel_paid_lines(*, order_id: str, brand_id: str | None, actor: str, now: datetime) -> OrderAt:
    """Cancel what is paid and not shipped, and begin the refund of exactly that.

    A brand cancels its own lines. For the buyer it is the whole order or nothing.

    Raises:
        NotFound: there is no such order, or no line of the brand in it.
        WrongOrderState: nothing is paid, or a part has been shipped.
    """
    with action():
        try:
            order, lines = lock_order(order_id)
        except Order.DoesNotExist:
            raise NotFound from None
        was = order_state(lines, at=now)
        cancelled = _cancellable(lines, brand_id, now=now)
        advance_lines(cancelled, Line.CANCELLED, actor=actor, now=now)
        close_open(cancelled, actor=actor, now=now)
        payment = Payment.objects.get(order=order, state__in=[Pay.CAPTURED, Pay.PARTLY_REFUNDED])
        issue(payment, sum(line.amount for line in cancelled), reason=Refund.Reason.CANCELLED, now=now)
        news.order_changed(order, lines, was=was, now=now)
        give_back(cancelled, now=now)
        result = OrderAt(order, now)
        idempotency.remember(result)
    return result


def _cancellable(lines: list[OrderLine], brand_id: str | None, *, now: datetime) -> list[OrderLine]:
    ours = [line for line in lines if brand_id in {None, line.brand_id}]
    if not ours:
        raise NotFound
    paid = [line for line in ours if line.state == Line.PAID]
    shipped = brand_id is None and any(line.state in _ON_ITS_WAY for line in lines)
    if not paid or shipped:
        raise WrongOrderState(data={"state": order_state(ours, at=now)})
    return paid
