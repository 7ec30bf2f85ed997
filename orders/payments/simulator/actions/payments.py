"""Taking a payment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.lib import rows
from marketplace.lib.atomic import action
from orders.payments.simulator.actions.keys import Taken, claim
from orders.payments.simulator.actions.outcomes import settle_payment
from orders.payments.simulator.cards import PAYMENT_LIFE, Scenario
from orders.payments.simulator.models import SimulatedKey, SimulatedPayment
from orders.payments.simulator.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """What a payment is asked for with, checked for form. ``digits`` is the card number."""

    reference: str
    amount: int
    currency: str
    digits: str


def take_payment(
    *, request: PaymentRequest, scenario: Scenario, key: str, now: datetime
) -> Taken[SimulatedPayment]:
    """Charge a card as its scenario says, or return the payment that the key has made, as it stands now.

    Raise Refusal when the key belongs to another request.
    """
    asked = (request.reference, request.amount, request.currency, request.digits)
    with action():
        known = claim(key, "payment", *asked, now=now)
        if known.subject:
            payment = SimulatedPayment.objects.select_for_update().get(pk=known.subject)
            settle_payment(payment, now)
            return Taken(row=payment, replayed=True)
        if known.stumbled or not scenario.stumbles:
            payment = _new_payment(request, scenario, key, now)
            rows.update(SimulatedKey, key, {"subject": payment.id})
            return Taken(row=payment)
        SimulatedKey.objects.filter(pk=key).update(stumbled=True)
    raise Refusal(500, "internal_error", "Something broke.")


def _new_payment(request: PaymentRequest, scenario: Scenario, key: str, now: datetime) -> SimulatedPayment:
    payment = SimulatedPayment(
        reference=request.reference,
        amount=request.amount,
        currency=request.currency,
        scenario=scenario.name,
        card_last4=request.digits[-4:],
        idempotency_key=key,
        state=SimulatedPayment.State.PROCESSING,
        created_at=now,
        resolves_at=now + _time_to_outcome(scenario),
    )
    rows.add(payment)
    if not scenario.webhook_first:
        settle_payment(payment, now)
    return payment


def _time_to_outcome(scenario: Scenario) -> timedelta:
    if scenario.answer_after is None:
        return PAYMENT_LIFE
    return min(timedelta(seconds=scenario.answer_after), PAYMENT_LIFE)
