"""What becomes of payments and refunds once their time has come: two actions, and the steps they share."""

from datetime import datetime

from django.db.models import F

from marketplace.lib import rows
from marketplace.lib.atomic import action, require_transaction
from orders.payments.simulator.actions.messages import tell_of_payment, tell_of_refund
from orders.payments.simulator.cards import PAYMENT_LIFE, scenario_named
from orders.payments.simulator.models import SimulatedPayment, SimulatedRefund


def resolve_payment(*, payment_id: str, now: datetime) -> None:
    """Give a processing payment its outcome, if that is due; otherwise nothing happens."""
    with action():
        payment = SimulatedPayment.objects.select_for_update().get(pk=payment_id)
        settle_payment(payment, now)


def resolve_refund(*, payment_id: str, refund_id: str, now: datetime) -> None:
    """Give a processing refund its outcome, if that is due; otherwise nothing happens."""
    with action():
        SimulatedPayment.objects.select_for_update().get(pk=payment_id)
        refund = SimulatedRefund.objects.select_related("payment").get(pk=refund_id)
        settle_refund(refund, now)


def settle_payment(payment: SimulatedPayment, now: datetime) -> None:
    """Give a locked payment its outcome when it is due, and announce it."""
    require_transaction()
    if not payment.due(now):
        return
    scenario = scenario_named(payment.scenario)
    if payment.resolves_at - payment.created_at >= PAYMENT_LIFE:
        payment.state, payment.failure_code = SimulatedPayment.State.FAILED, "payment_expired"
    else:
        payment.state, payment.failure_code = scenario.outcome, scenario.failure_code
    outcome = {"state": payment.state, "failure_code": payment.failure_code}
    rows.update(SimulatedPayment, payment.id, outcome)
    tell_of_payment(payment, scenario=scenario, at=payment.resolves_at)


def settle_refund(refund: SimulatedRefund, now: datetime) -> None:
    """Give a refund of a locked payment its outcome when it is due, and announce it."""
    require_transaction()
    if not refund.due(now):
        return
    scenario = scenario_named(refund.payment.scenario)
    refund.state = scenario.refund_outcome
    if scenario.refund_outcome == "failed":
        refund.failure_code = "refund_declined"
        SimulatedPayment.objects.filter(pk=refund.payment_id).update(refunded=F("refunded") - refund.amount)
    refund.save(update_fields=["state", "failure_code"])
    tell_of_refund(refund, scenario=scenario, at=refund.resolves_at)
