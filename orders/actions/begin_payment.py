"""The first half of paying: a payment exists before the gateway is asked, so that no charge is unknown."""

from collections.abc import Mapping
from datetime import datetime

from marketplace.errors import NotFound
from marketplace.lib import rows
from marketplace.lib.atomic import action
from marketplace.lib.clock import to_wire
from orders import news
from orders.errors import HoldExpired, PaymentInProgress, WrongOrderState
from orders.models import Order, Payment
from orders.states import STANDING, Line, Pay, lock_order, order_state


def begin_payment(*, order_id: str, buyer_id: str, address: Mapping[str, str], now: datetime) -> Payment:
    """Return the payment to ask the gateway about: a new one, or the one whose answer was lost.

    The address is kept with the order. The payment's id is both reference and idempotency key at the gateway,
    so that asking twice charges once.

    Raises:
        NotFound: the order is not this buyer's.
        HoldExpired: the time to pay is over.
        PaymentInProgress: the gateway has taken the last one and not decided yet.
        WrongOrderState: the order is paid, or cancelled.
    """
    with action():
        try:
            order, lines = lock_order(order_id)
        except Order.DoesNotExist:
            raise NotFound from None
        if order.buyer_id != buyer_id:
            raise NotFound
        state = order_state(lines, at=now)
        if state == Line.EXPIRED:
            raise HoldExpired(data={"pay_by": to_wire(order.pay_by)})
        if state != Line.PENDING_PAYMENT:
            raise WrongOrderState(data={"state": state})
        standing = [each for each in rows.fetch(Payment, [order.id], by="order") if each.state in STANDING]
        payment = next(iter(standing), None)
        if payment is not None and payment.state != Pay.CREATED:
            raise PaymentInProgress(data={"payment": payment.id, "state": payment.state})
        rows.update(Order, order.id, {"address": dict(address)})
        if payment is None:
            payment = Payment(
                order=order, amount=order.amount, currency=order.currency, created_at=now, updated_at=now
            )
            rows.add(payment)
            news.payment_changed(payment, now=now)
    return payment
