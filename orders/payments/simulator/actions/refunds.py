"""Giving a refund."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from marketplace.lib.atomic import action
from orders.payments.simulator.actions.keys import Taken, claim
from orders.payments.simulator.actions.outcomes import settle_payment, settle_refund
from orders.payments.simulator.cards import scenario_named
from orders.payments.simulator.models import SimulatedKey, SimulatedPayment, SimulatedRefund
from orders.payments.simulator.refusals import Refusal, not_found


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """What a refund is asked for with, checked for form."""

    payment_id: str
    amount: int
    currency: str


def take_refund(*, request: RefundRequest, key: str, now: datetime) -> Taken[SimulatedRefund]:
    """Give back a part or all of what is left of a captured payment, or return what the key has given.

    Raise Refusal beyond what is left, and when the key belongs to another request.
    """
    asked = (request.payment_id, request.amount, request.currency)
    with action():
        known = claim(key, "refund", *asked, now=now)
        payment = SimulatedPayment.objects.select_for_update().filter(pk=request.payment_id).first()
        if payment is None:
            raise not_found("payment")
        if known.subject:
            refund = SimulatedRefund.objects.select_related("payment").get(pk=known.subject)
            settle_refund(refund, now)
            return Taken(row=refund, replayed=True)
        settle_payment(payment, now)
        _check_refund(payment, request)
        SimulatedPayment.objects.filter(pk=payment.pk).update(refunded=F("refunded") + request.amount)
        refund = SimulatedRefund.objects.create(
            payment=payment,
            amount=request.amount,
            idempotency_key=key,
            state=SimulatedRefund.State.PROCESSING,
            created_at=now,
            resolves_at=now + timedelta(seconds=scenario_named(payment.scenario).refund_after),
        )
        SimulatedKey.objects.filter(pk=key).update(subject=refund.id)
        settle_refund(refund, now)
        return Taken(row=refund)


def _check_refund(payment: SimulatedPayment, request: RefundRequest) -> None:
    if payment.currency != request.currency:
        raise Refusal(400, "currency_mismatch", f"The payment is in {payment.currency}.", param="currency")
    if payment.state != SimulatedPayment.State.CAPTURED:
        raise Refusal(409, "not_captured", f"The payment is {payment.state}: there is nothing to give back.")
    left = payment.amount - payment.refunded
    if request.amount > left:
        raise Refusal(409, "refund_too_large", f"Only {left} of the payment is left.", param="amount")
