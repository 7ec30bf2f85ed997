"""Background work of orders: every sweep takes small batches, and two at once are harmless."""

from datetime import timedelta

import structlog
from celery import shared_task
from django.conf import settings

from marketplace.lib import clock
from orders import inbox
from orders.actions.apply_webhook import apply_webhook
from orders.actions.complete_lines import complete_lines
from orders.actions.expire_orders import expire_orders
from orders.actions.pay_out import hear_bank, make_payouts, send_payouts
from orders.actions.receive_payout import receive_payout
from orders.actions.scan_parcels import scan_parcels
from orders.actions.settle import settle
from orders.actions.settle_payment import postpone_payment, settle_payment
from orders.actions.slot_fees import move_fees
from orders.models import Payment
from orders.outcomes import Word
from orders.payments.client import get_gateway
from orders.payments.port import Gateway, GatewayError, GatewayPayment, GatewayRejected
from orders.payments.simulator.deliveries import deliver_due
from orders.queries.due import last_listed_payout, undecided_payments

logger = structlog.get_logger(__name__)

BATCH = 100
PAYMENTS = 50
#: A dead address costs seconds a message.
MESSAGES = 10
#: A request that the gateway has not heard of by then will not arrive any more.
GIVE_UP_AFTER = timedelta(seconds=60)
ACTOR = "payment_check"


@shared_task(ignore_result=True)
def sweep_webhooks() -> None:
    """Apply the gateway's messages about payments, in order of arrival. Every 2 seconds, and by bell."""
    for inbox_id in inbox.waiting(about_refunds=False, limit=BATCH):
        try:
            outcome = apply_webhook(inbox_id=inbox_id, now=clock.now())
        except Exception:
            logger.exception("webhook_failed", inbox=inbox_id)
        else:
            logger.info("webhook_applied", inbox=inbox_id, outcome=outcome)


@shared_task(ignore_result=True)
def sweep_payment_company() -> None:
    """Let the payment company in the box settle what is due and send its messages. Every second."""
    if settings.SANDBOX:
        deliver_due(clock.now(), limit=MESSAGES)


def ring_webhook_arrived(type_: str) -> None:
    """Have the inbox read now if it has news for us; a listener of ``orders.bells.webhook_arrived``."""
    if not inbox.is_about_refunds(type_):
        sweep_webhooks.apply_async(retry=False)


@shared_task(ignore_result=True)
def sweep_expired_orders() -> None:
    """Close orders whose time to pay is over. Every second."""
    closed = BATCH
    while closed == BATCH:
        closed = expire_orders(now=clock.now(), limit=BATCH)


@shared_task(ignore_result=True)
def sweep_undecided_payments() -> None:
    """Ask the gateway what became of payments that it has not told us about. Every 15 seconds."""
    gateway = get_gateway()
    for payment in undecided_payments(now=clock.now(), limit=PAYMENTS):
        try:
            answer = _ask(gateway, payment)
        except GatewayError as error:
            logger.warning("payment_check_stopped", payment=payment.id, reason=error.code)
            return
        _settle(payment, answer)


@shared_task(ignore_result=True)
def sweep_gateway_payouts() -> None:
    """Read on in the gateway's list of payouts: messages may be lost. Every 10 minutes."""
    gateway = get_gateway()
    try:
        while page := gateway.payouts(after=last_listed_payout()):
            for payout in page:
                outcome = receive_payout(payout=payout, now=clock.now())
                logger.info("payout_listed", payout=payout.id, outcome=outcome)
    except GatewayError as error:
        logger.warning("payouts_not_read", reason=error.code)


@shared_task(ignore_result=True)
def sweep_parcels() -> None:
    """Move the parcels that the carrier has seen. Every 10 seconds."""
    moved = BATCH
    while moved == BATCH:
        moved = scan_parcels(now=clock.now(), limit=BATCH)


@shared_task(ignore_result=True)
def sweep_completed_lines() -> None:
    """Complete the lines whose return window is over. Every 30 seconds."""
    while complete_lines(now=clock.now(), limit=BATCH):
        pass


@shared_task(ignore_result=True)
def sweep_slot_fees() -> None:
    """Hold the fees of shows that have begun, pay those of shows that are over. Every 10 seconds."""
    move_fees(now=clock.now())


@shared_task(ignore_result=True)
def sweep_settlement() -> None:
    """Settle the lines of the last period that is over, once. Every 10 minutes."""
    settle(now=clock.now())


@shared_task(ignore_result=True)
def sweep_payouts() -> None:
    """Pay what is owed, send again what failed, hear what the bank says. Every 10 minutes."""
    now = clock.now()
    while hear_bank(now=now):
        pass
    make_payouts(now=now)
    while send_payouts(now=now):
        pass


def _ask(gateway: Gateway, payment: Payment) -> GatewayPayment | None:
    """Return the payment as the gateway has it; None when it has none."""
    try:
        if payment.gateway_id:
            return gateway.get_payment(payment.gateway_id)
        return next(iter(gateway.payments_for(payment.id)), None)
    except GatewayRejected as error:
        if error.code != "not_found":
            raise
        return None


def _settle(payment: Payment, answer: GatewayPayment | None) -> None:
    now = clock.now()
    if answer is not None:
        settle_payment(payment_id=payment.id, word=Word.of(answer), actor=ACTOR, now=now)
    elif payment.created_at <= now - GIVE_UP_AFTER:
        word = Word.refused(payment, "not_received")
        settle_payment(payment_id=payment.id, word=word, actor=ACTOR, now=now)
    postpone_payment(payment_id=payment.id, now=now)
