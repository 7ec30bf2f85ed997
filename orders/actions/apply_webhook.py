"""A message of the gateway about a payment or a payout takes effect, once."""

from datetime import datetime
from functools import partial

from marketplace.lib import rows
from marketplace.lib.atomic import action
from marketplace.lib.ids import is_id
from orders import inbox, payouts
from orders.models import Payment
from orders.outcomes import Bill, Word, record
from orders.payments.verify import GatewayEvent, PayoutEvent
from orders.states import lock_order

ACTOR = "gateway"


def apply_webhook(*, inbox_id: str, now: datetime) -> str:
    """Apply one message of the inbox and return what came of it; empty when somebody else has it."""
    with action():
        return inbox.apply(inbox_id, partial(_take, now=now), now=now)


def _take(event: inbox.Event, *, now: datetime) -> str:
    if isinstance(event, PayoutEvent):
        return payouts.record(event.payout, listed=False, now=now)
    return _apply(event, now=now)


def _apply(event: GatewayEvent, *, now: datetime) -> str:
    payment = _payment_of(event)
    if payment is None:
        return "unknown: no such payment"
    order, lines = lock_order(payment.order_id)
    payment = rows.get(Payment, payment.id)
    word = Word(
        gateway_id=event.payment_id,
        state="captured" if event.type == "payment.captured" else "failed",
        money=event.money,
        failure_code=event.failure_code,
    )
    return record(Bill(order, lines, payment), word, actor=ACTOR, now=now)


def _payment_of(event: GatewayEvent) -> Payment | None:
    if not is_id(event.reference, "pay"):
        return None
    return rows.find(Payment, event.reference)
