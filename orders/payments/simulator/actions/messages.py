"""Steps that put messages to the application on the schedule, inside the transaction of what they tell."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from marketplace.lib import clock, rows
from marketplace.lib.atomic import require_transaction
from orders.payments.simulator.cards import PAYOUT_SENDINGS, Scenario, Sending
from orders.payments.simulator.models import (
    SimulatedDelivery,
    SimulatedEvent,
    SimulatedPayment,
    SimulatedPayout,
    SimulatedRefund,
)

_ONCE = (Sending(),)


def tell_of_payment(payment: SimulatedPayment, *, scenario: Scenario, at: datetime) -> None:
    """Schedule what the application hears of a payment that got its outcome at ``at``."""
    require_transaction()
    data = {
        "payment": payment.id,
        "reference": payment.reference,
        "amount": payment.amount,
        "currency": payment.currency,
        "failure_code": payment.failure_code or None,
        "idempotency_key": payment.idempotency_key,
    }
    kind = f"payment.{payment.state}"
    _schedule(scenario.sendings, kind=kind, subject=payment.id, data=data, at=at, first=at)
    if scenario.stale_failure_after is not None:
        failed = {**data, "failure_code": "card_declined"}
        first = at + timedelta(seconds=scenario.stale_failure_after)
        created_at = payment.created_at
        _schedule(_ONCE, kind="payment.failed", subject=payment.id, data=failed, at=created_at, first=first)


def tell_of_refund(refund: SimulatedRefund, *, scenario: Scenario, at: datetime) -> None:
    """Schedule what the application hears of a refund that got its outcome at ``at``."""
    require_transaction()
    data = {
        "refund": refund.id,
        "payment": refund.payment_id,
        "reference": refund.payment.reference,
        "amount": refund.amount,
        "currency": refund.payment.currency,
        "failure_code": refund.failure_code or None,
        "idempotency_key": refund.idempotency_key,
    }
    kind = f"refund.{refund.state}"
    _schedule(scenario.refund_sendings, kind=kind, subject=refund.id, data=data, at=at, first=at)


def tell_of_payout(payout: SimulatedPayout) -> None:
    """Schedule what the application hears of a payout: how often and when depends on its number."""
    require_transaction()
    sendings = PAYOUT_SENDINGS[payout.number % len(PAYOUT_SENDINGS)]
    at = payout.created_at
    _schedule(sendings, kind="payout.paid", subject=payout.id, data=payout_data(payout), at=at, first=at)


def payout_data(payout: SimulatedPayout) -> dict[str, object]:
    """Return what messages and answers say of a payout."""
    return {
        "payout": payout.id,
        "amount": payout.amount,
        "fee": payout.fee,
        "currency": payout.currency,
        "paid_at": clock.to_wire(payout.created_at),
    }


def _schedule(
    sendings: Sequence[Sending],
    *,
    kind: str,
    subject: str,
    data: dict[str, object],
    at: datetime,
    first: datetime,
) -> None:
    """Write the messages and their deliveries: ``at`` is what they say, ``first`` is when sending begins."""
    body = json.dumps({"type": kind, "at": clock.to_wire(at), "data": data}, separators=(",", ":"))
    events: dict[int, SimulatedEvent] = {}
    for sending in sendings:
        if sending.message not in events:
            event = SimulatedEvent(type=kind, subject=subject, body=body, created_at=first)
            events[sending.message] = event
            rows.add(event)
        due_at = first + timedelta(seconds=sending.after)
        rows.add(SimulatedDelivery(event=events[sending.message], due_at=due_at))
