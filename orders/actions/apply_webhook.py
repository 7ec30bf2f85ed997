"""A message of the gateway about a payment or a payout takes effect, once."""

from datetime import datetime

from marketplace.lib.atomic import action
from marketplace.lib.ids import is_id
from orders import payouts
from orders.inbox import close, lock_unapplied
from orders.models import Payment
from orders.outcomes import Bill, Word, record
from orders.payments.verify import GatewayEvent, PayoutEvent, WebhookRejected, parse
from orders.states import lock_order

ACTOR = "gateway"


def apply_webhook(*, inbox_id: str, now: datetime) -> str:
    """Apply one message of the inbox and return what came of it; empty when somebody else has it."""
    with action():
        message = lock_unapplied(inbox_id)
        if message is None:
            return ""
        try:
            event = parse(webhook_id=message.webhook_id, raw=message.body.encode())
        except WebhookRejected as error:
            return close(message, f"unused: {error.code}", now=now)
        if isinstance(event, PayoutEvent):
            outcome = payouts.record(event.payout, listed=False, now=now)
        else:
            outcome = _apply(event, now=now)
        return close(message, outcome, now=now)


def _apply(event: GatewayEvent, *, now: datetime) -> str:
    payment = _payment_of(event)
    if payment is None:
        return "unknown: no such payment"
    order, lines = lock_order(payment.order_id)
    payment.refresh_from_db()
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
    return Payment.objects.filter(id=event.reference).first()
