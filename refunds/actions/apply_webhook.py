"""A message of the gateway about a refund takes effect, once."""

from datetime import datetime
from functools import partial

from marketplace.lib import rows
from marketplace.lib.atomic import action
from marketplace.lib.ids import is_id
from orders import inbox
from orders.models import Payment
from orders.payments.verify import GatewayEvent
from orders.states import lock_order
from refunds.models import Refund
from refunds.outcomes import Debt, Word, record


def apply_webhook(*, inbox_id: str, now: datetime) -> str:
    """Apply one message of the inbox and return what came of it; empty when somebody else has it."""
    with action():
        return inbox.apply(inbox_id, partial(_apply, now=now), now=now)


def _apply(event: inbox.Event, *, now: datetime) -> str:
    if not isinstance(event, GatewayEvent):
        return "unused: it is about no refund"
    refund = _refund_of(event)
    if refund is None:
        return "unknown: no such refund"
    order, lines = lock_order(refund.order_id)
    refund = rows.get(Refund, refund.id)
    payment = rows.get(Payment, refund.payment_id)
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
    return rows.find(Refund, refund_id) if is_id(refund_id, "rfd") else None
