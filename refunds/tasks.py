"""Background work of refunds: every sweep takes small batches, and two at once are harmless."""

import structlog
from celery import shared_task

from marketplace.lib import clock
from orders import inbox
from orders.payments.client import get_gateway
from orders.payments.port import Gateway, GatewayRejected, GatewayUnavailable
from refunds import evidence
from refunds.actions.apply_webhook import apply_webhook
from refunds.actions.expire_return import expire_return
from refunds.actions.refund_late_capture import refund_late_capture
from refunds.actions.send_refund import claim_refund, postpone_refund, settle_refund
from refunds.actions.show_evidence import forget_unused_evidence
from refunds.models import Refund
from refunds.outcomes import REFUSALS, Word
from refunds.queries import due_refunds, due_returns, unrefunded_late_captures

logger = structlog.get_logger(__name__)

BATCH = 50


@shared_task(ignore_result=True)
def sweep_refund_webhooks() -> None:
    """Apply the gateway's messages about refunds, in order of arrival. Every 2 seconds, and by bell."""
    for inbox_id in inbox.waiting(about_refunds=True, limit=BATCH):
        try:
            outcome = apply_webhook(inbox_id=inbox_id, now=clock.now())
        except Exception:
            logger.exception("webhook_failed", inbox=inbox_id)
        else:
            logger.info("webhook_applied", inbox=inbox_id, outcome=outcome)


def ring_webhook_arrived(type_: str) -> None:
    """Have the inbox read now if it has news for us; a listener of ``orders.bells.webhook_arrived``."""
    if inbox.is_about_refunds(type_):
        sweep_refund_webhooks.apply_async(retry=False)


@shared_task(ignore_result=True)
def sweep_late_captures() -> None:
    """Begin the refund of money that came too late. Every 5 seconds."""
    for payment_id in unrefunded_late_captures(limit=BATCH):
        refund_late_capture(payment_id=payment_id, now=clock.now())


@shared_task(ignore_result=True)
def sweep_refunds() -> None:
    """Send the refunds that are due, and ask about those that were sent. Every 5 seconds."""
    gateway = get_gateway()
    for refund_id in due_refunds(now=clock.now(), limit=BATCH):
        refund = claim_refund(refund_id=refund_id, now=clock.now())
        if refund is not None and not _send(gateway, refund):
            return


def _send(gateway: Gateway, refund: Refund) -> bool:
    """Ask or make one try, outside of any transaction; return False when the gateway is away.

    A rejection that does not refuse the refund itself says nothing about it: the money may be on its way, so
    the refund stays as it is, and its key too.
    """
    try:
        word = _ask(gateway, refund) or _try(gateway, refund)
    except GatewayUnavailable as error:
        postpone_refund(refund_id=refund.id, error=error.code, now=clock.now())
        return False
    except GatewayRejected as error:
        logger.error("refund_rejected", refund=refund.id, reason=error.code, request=error.request_id)
        postpone_refund(refund_id=refund.id, error=error.code, now=clock.now())
    else:
        settle_refund(refund_id=refund.id, word=word, now=clock.now())
    return True


def _ask(gateway: Gateway, refund: Refund) -> Word | None:
    """Return what the gateway says of a refund that is sent; None when it has none, or none was sent."""
    if refund.state != Refund.State.SENT:
        return None
    try:
        return Word.of(gateway.get_refund(refund.gateway_id), key=refund.gateway_key)
    except GatewayRejected as error:
        if error.code != "not_found":
            raise
        logger.error("refund_not_found", refund=refund.id, sent=refund.gateway_id, request=error.request_id)
        return None


def _try(gateway: Gateway, refund: Refund) -> Word:
    """Return what the gateway says to a try, which it makes once however often it comes under one key."""
    key = refund.gateway_key
    try:
        answer = gateway.refund(payment_id=refund.payment.gateway_id, money=refund.total, idempotency_key=key)
    except GatewayRejected as error:
        if error.code not in REFUSALS:
            raise
        logger.error("refund_refused", refund=refund.id, reason=error.code, request=error.request_id)
        return Word.refused(refund, error.code)
    return Word.of(answer, key=key)


@shared_task(ignore_result=True)
def sweep_due_returns() -> None:
    """Do what happens by default where a deadline has passed. Every 10 seconds."""
    now, after = clock.now(), None
    while due := due_returns(now=now, limit=BATCH, after=after):
        for case in due:
            _expire(case.id)
        after = due[-1]


def _expire(return_id: str) -> None:
    """Expire one return; one that cannot be must not keep the others waiting."""
    try:
        expire_return(return_id=return_id, now=clock.now())
    except Exception:
        logger.exception("return_not_expired", case=return_id)


@shared_task(ignore_result=True)
def sweep_unused_evidence() -> None:
    """Remove files that were uploaded and never shown in a return. Every hour."""
    unused = forget_unused_evidence(older_than=evidence.GRACE, now=clock.now(), limit=BATCH)
    for name in [*unused, *evidence.strays(now=clock.machine_now(), limit=BATCH)]:
        evidence.discard(name)
