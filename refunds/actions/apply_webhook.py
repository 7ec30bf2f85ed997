"""A message of the gateway about a refund takes effect, once."""

from datetime import datetime

from marketplace.lib.atomic import action
from marketplace.lib.ids import is_id
from orders.inbox import close, lock_unapplied
from orders.models import Payment
from orders.payments.verify import GatewayEvent, WebhookRejected, parse
from orders.states import lock_order
from refunds.models import Refund
from refunds.outcomes import Debt, Word, record


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
        if not isinstance(event, GatewayEvent):
            return close(message, "unused: it is about no refund", now=now)
        return close(message, _apply(event, now=now), now=now)


def _apply(event: GatewayEvent, *, now: datetime) -> str:
    refund = _refund_of(event)
    if refund is None:
        return "unknown: no such refund"
    order, lines = lock_order(refund.order_id)
    refund.refresh_from_db()
    payment = Payment.objects.get(id=refund.payment_id)
    word = Word(
        gateway_id=event.refund_id,
        state="done" if event.type == "refund.done" else "failed",
        money=event.money,
        failure_code=event.failure_code,
        key=event.idempotency_key,
    )
    return record(Debt(order, lines, payment, refund), word, now=now)


def _refund_of(event: GatewayEvent) -> Refund | None:
    """Return the refund whose try carried the event's idempotency key."""
    refund_id = event.idempotency_key.partition(".")[0]
    return Refund.objects.filter(id=refund_id).first() if is_id(refund_id, "rfd") else None
