"""The second half of paying: what the gateway answered is written down."""

from datetime import datetime

from marketplace import idempotency
from marketplace.lib import rows
from marketplace.lib.atomic import action
from orders.models import Payment
from orders.outcomes import Bill, Word, record
from orders.states import Pay, lock_order


def settle_payment(*, payment_id: str, word: Word, actor: str, now: datetime) -> Payment:
    """Write down what the gateway says of a payment and return it as it stands then.

    Safe to repeat, and in any order with the gateway's messages. Raises Payment.DoesNotExist.
    """
    with action():
        order, lines = lock_order(rows.get(Payment, payment_id).order_id)
        payment = rows.get(Payment, payment_id)
        record(Bill(order, lines, payment), word, actor=actor, now=now)
        if payment.state != Pay.FAILED:  # a refusal leaves the caller's key free for the next card
            idempotency.remember(payment)
    return payment


def postpone_payment(*, payment_id: str, now: datetime) -> None:
    """Note that the gateway was asked about a payment just now and had not decided: others come first."""
    with action():
        undecided = Payment.objects.filter(id=payment_id, state__in=[Pay.CREATED, Pay.PROCESSING])
        undecided.update(updated_at=now)
