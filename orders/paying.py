"""Paying: the one place that asks the gateway for money, between two transactions and inside neither."""

from collections.abc import Mapping
from datetime import datetime

import structlog

from marketplace.errors import Declined
from orders.actions.begin_payment import begin_payment
from orders.actions.settle_payment import settle_payment
from orders.errors import CardRefused, GatewayAway, PaymentInProgress
from orders.models import Payment
from orders.outcomes import Word
from orders.payments.client import get_gateway
from orders.payments.port import GatewayRejected, GatewayUnavailable
from orders.states import Pay

logger = structlog.get_logger(__name__)

ASK_AGAIN_AFTER = 2


def pay(*, order_id: str, buyer_id: str, card: str, address: Mapping[str, str], now: datetime) -> Payment:
    """Charge a card for a buyer's order and return the payment, captured or processing.

    Raises:
        NotFound, HoldExpired, PaymentInProgress, WrongOrderState: as ``begin_payment``.
        Declined: the gateway said no; the order stays open.
        CardRefused: this is no card; the order stays open.
        GatewayAway: no usable answer; asking again with the same card charges once.
    """
    payment = begin_payment(order_id=order_id, buyer_id=buyer_id, address=address, now=now)
    try:
        answer = get_gateway().create_payment(
            reference=payment.id, money=payment.total, card=card, idempotency_key=payment.id
        )
    except GatewayUnavailable as error:
        raise GatewayAway(data={"payment": payment.id}, retry_after=ASK_AGAIN_AFTER) from error
    except GatewayRejected as error:
        raise _rejected(payment, error, actor=buyer_id, now=now) from error
    payment = settle_payment(payment_id=payment.id, word=Word.of(answer), actor=buyer_id, now=now)
    if payment.state == Pay.FAILED:
        raise Declined(data={"payment": payment.id, "failure_code": payment.failure_code})
    return payment


def _rejected(payment: Payment, error: GatewayRejected, *, actor: str, now: datetime) -> Exception:
    """Return what the buyer hears when the gateway refuses the request itself."""
    if error.code == "idempotency_mismatch":  # an answer was lost, and this is another card
        return PaymentInProgress(data={"payment": payment.id}, retry_after=ASK_AGAIN_AFTER)
    word = Word.refused(payment, error.code)
    settle_payment(payment_id=payment.id, word=word, actor=actor, now=now)
    if error.param == "card":
        return CardRefused(param="card", data={"failure_code": error.code})
    logger.error("gateway_rejected", payment=payment.id, code=error.code, request=error.request_id)
    return GatewayAway(data={"payment": payment.id}, retry_after=ASK_AGAIN_AFTER)
