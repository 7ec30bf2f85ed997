"""What a sweep runs: outcomes of due payments and refunds, payouts, and the messages that are due."""

import logging
from datetime import datetime
from functools import cache

import httpx
from django.conf import settings
from django.db.models import QuerySet

from marketplace.lib import clock, rows, signing
from orders.payments.inprocess import HERE, connect, require_may_wait
from orders.payments.simulator.actions.attempts import claim_attempt, record_attempt
from orders.payments.simulator.actions.outcomes import resolve_payment, resolve_refund
from orders.payments.simulator.actions.payouts import PAYOUT_AFTER, held, pay_out
from orders.payments.simulator.models import (
    SimulatedDelivery,
    SimulatedEvent,
    SimulatedPayment,
    SimulatedRefund,
)

#: Where the application listens when no other address is configured.
WEBHOOK_PATH = "/api/v1/gateway/webhooks"
#: Seconds; together shorter than the first retry, so that attempts do not overlap.
TIMEOUT = httpx.Timeout(connect=1.0, read=3.0, write=3.0, pool=1.0)

_PLANNED = """
SELECT
    (SELECT MIN(resolves_at) FROM payments_sim_payment WHERE state = 'processing' AND resolves_at > %s),
    (SELECT MIN(resolves_at) FROM payments_sim_refund WHERE state = 'processing' AND resolves_at > %s),
    (SELECT MIN(due_at) FROM payments_sim_delivery WHERE state = 'pending' AND due_at > %s),
    (SELECT MIN(resolves_at) FROM payments_sim_payment
        WHERE state = 'captured' AND payout_id IS NULL AND resolves_at > %s)
"""

log = logging.getLogger(__name__)


def deliver_due(now: datetime, limit: int = 50) -> int:
    """Settle and pay out what is due and attempt the messages that are due; return how many steps that took.

    At most ``limit`` payments, refunds and messages each, oldest first. Several sweeps may run at once: an
    attempt belongs to one of them. A failed attempt is not due again before its retry, so calling this until
    it returns 0 comes to an end. Raise RuntimeError inside a transaction.
    """
    require_may_wait()
    first = next_due()
    if first is None or first > now:  # as nearly always: the sweep comes every second
        return 0
    return (
        _settle_due(now, limit)
        + _pay_out_due(now)
        + sum(_attempt(delivery, now) for delivery in _due(now)[:limit])
    )


def next_due(*, after: datetime = clock.LONG_AGO) -> datetime | None:
    """Return when ``deliver_due`` has something to do, which may be past; None when nothing is planned.

    With ``after``, only what is planned for later than that moment counts.
    """
    *planned, held_since = rows.moments(_PLANNED, [after, after, after, after - PAYOUT_AFTER])
    due = (*planned, held_since and held_since + PAYOUT_AFTER)
    return min((at for at in due if at is not None), default=None)


def deliver_now(*, payment_id: str, now: datetime) -> None:
    """Settle one payment and send its messages before anything else happens."""
    require_may_wait()
    resolve_payment(payment_id=payment_id, now=now)
    for delivery in _due(now).filter(event__subject=payment_id):
        _attempt(delivery, now)


def _settle_due(now: datetime, limit: int) -> int:
    payments = SimulatedPayment.objects.filter(state="processing", resolves_at__lte=now)
    refunds = SimulatedRefund.objects.filter(state="processing", resolves_at__lte=now)
    due_payments = list(payments.order_by("resolves_at")[:limit])
    due_refunds = list(refunds.order_by("resolves_at")[:limit])
    for payment in due_payments:
        resolve_payment(payment_id=payment.id, now=now)
    for refund in due_refunds:
        resolve_refund(payment_id=refund.payment_id, refund_id=refund.id, now=now)
    return len(due_payments) + len(due_refunds)


def _pay_out_due(now: datetime) -> int:
    due = held().filter(resolves_at__lte=now - PAYOUT_AFTER).order_by()
    return sum(
        pay_out(currency=currency, now=now) for currency in set(due.values_list("currency", flat=True))
    )


def _due(now: datetime) -> QuerySet[SimulatedDelivery]:
    pending = SimulatedDelivery.objects.filter(state="pending", due_at__lte=now)
    return pending.order_by("due_at", "id").select_related("event")


def _attempt(delivery: SimulatedDelivery, now: datetime) -> bool:
    """Send one message once, unless another sweep has just taken this attempt; return whether it was ours."""
    if not claim_attempt(delivery=delivery, now=now):
        return False
    status = _post(delivery.event)
    record_attempt(delivery_id=delivery.id, status=status, now=now)
    return True


def _post(event: SimulatedEvent) -> int | None:
    """Send a signed message; return the status of the answer, None when none came."""
    body = event.body.encode()
    signed = signing.headers(
        secret=settings.GATEWAY_WEBHOOK_SECRET, message_id=event.id, now=clock.machine_now(), body=body
    )
    url = settings.GATEWAY_WEBHOOK_URL or HERE + WEBHOOK_PATH
    try:
        answer = _http().post(url, content=body, headers={"Content-Type": "application/json", **signed})
    except httpx.HTTPError as error:
        log.warning("webhook %s got no answer: %s", event.id, error)
        return None
    log.info("webhook %s got %s", event.id, answer.status_code)
    return answer.status_code


@cache
def _http() -> httpx.Client:
    return connect(TIMEOUT)
