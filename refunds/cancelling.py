"""Cancelling as a buyer: which of the two actions does it depends on whether the order was paid."""

from datetime import datetime

from marketplace.models import User
from orders.actions.cancel_order import cancel_order
from orders.permissions import get_order_for, get_own_order
from orders.queries.sight import OrderAt
from orders.states import Line
from refunds.actions.cancel_paid_lines import cancel_paid_lines


def cancel_own_order(*, user: User, order_id: str, now: datetime) -> OrderAt:
    """Cancel a person's own order before it ships. Raises NotFound, WrongOrderState."""
    order = get_own_order(user, order_id)
    if get_order_for(user, order.id, at=now).state == Line.PENDING_PAYMENT:
        return cancel_order(order_id=order.id, buyer_id=user.id, now=now)
    return cancel_paid_lines(order_id=order.id, brand_id=None, actor=user.id, now=now)
