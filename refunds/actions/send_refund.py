"""The two transactions around a request to the gateway, and the button that asks for one now."""

from datetime import datetime, timedelta

from marketplace import outbox
from marketplace.errors import NotFound
from marketplace.lib import rows
from marketplace.lib.atomic import action
from orders.errors import WrongOrderState
from orders.models import Payment
from orders.states import lock_order
from refunds.issue import record_state
from refunds.models import Refund
from refunds.outcomes import ASK_AFTER, Debt, Word, record
from refunds.states import State, advance, claim, next_try, postpone
from refunds.wire import refund_to_wire

#: Longer than a request to the gateway can take.
LEASE = timedelta(seconds=30)


def claim_refund(*, refund_id: str, now: datetime) -> Refund | None:
    """Take a try that is due and return the refund to ask the gateway about; None when there is none.

    One that had failed for good goes out as a new try, under a new key. One that is sent is only asked about.
    """
    with action():
        refund = Refund.objects.select_related("payment").get(id=refund_id)
        if refund.state == State.DONE or not claim(refund, now=now, until=now + LEASE):
            return None
        if refund.state == State.FAILED:
            advance(refund, State.CREATED, now=now)
            record_state(refund, now=now)
    return refund


def settle_refund(*, refund_id: str, word: Word, now: datetime) -> Refund:
    """Write down what the gateway says of a refund and return it as it stands then. Safe to repeat."""
    with action():
        order, lines = lock_order(rows.get(Refund, refund_id).order_id)
        refund = rows.get(Refund, refund_id)
        payment = rows.get(Payment, refund.payment_id)
        record(Debt(order, lines, payment, refund), word, now=now)
    return refund


def postpone_refund(*, refund_id: str, error: str, now: datetime) -> None:
    """Note that the gateway gave no answer about a refund: the same is asked later, under the same key."""
    with action():
        refund = Refund.objects.get(id=refund_id)
        if refund.state == State.DONE:
            return
        sent = refund.state == State.SENT
        again_at = now + ASK_AFTER if sent else next_try(refund.attempts, now=now)
        postpone(refund, next_attempt_at=again_at, error=error)


def retry_refund(*, refund_id: str, actor: str, now: datetime) -> Refund:
    """Make the next try of a refund due now.

    Raises:
        NotFound: there is no such refund.
        WrongOrderState: it is done, or the gateway is at work on it.
    """
    with action():
        refund = Refund.objects.filter(id=refund_id).first()
        if refund is None:
            raise NotFound
        if refund.state not in {State.CREATED, State.FAILED}:
            raise WrongOrderState(data={"state": refund.state})
        postpone(refund, next_attempt_at=now, error=refund.last_error)
        payload = {**refund_to_wire(refund), "actor": actor}
        outbox.append("refund.retried", subject=refund.id, payload=payload, now=now)
    return refund
