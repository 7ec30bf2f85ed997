"""Paying out: all that the company holds in one currency goes to the bank, less its fees."""

from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import Count, QuerySet, Sum

from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from orders.payments.simulator.actions.messages import tell_of_payout
from orders.payments.simulator.fees import fee_of
from orders.payments.simulator.models import SimulatedPayment, SimulatedPayout, SimulatedRefund

#: A payout is made when the oldest captured payment that it would hold is this old.
PAYOUT_AFTER = timedelta(days=3)


def held() -> QuerySet[SimulatedPayment]:
    """Return the captured payments that have not been paid out."""
    return SimulatedPayment.objects.filter(state=SimulatedPayment.State.CAPTURED, payout=None)


def pay_out(*, currency: str, now: datetime) -> bool:
    """Pay out what is held in a currency and plan the message about it; return whether there was any.

    While refunds and fees are as much as what was captured, nothing is paid: it is carried forward.
    """
    number = SimulatedPayout.objects.filter(currency=currency).count()
    try:
        with action():
            payout = SimulatedPayout.objects.create(currency=currency, number=number, created_at=now)
            _fill(payout, now)
    except (_NothingToPay, IntegrityError):  # or another sweep has just made this one
        return False
    return True


class _NothingToPay(Exception):
    """What is held does not cover refunds and fees."""


def _fill(payout: SimulatedPayout, now: datetime) -> None:
    payments = held().filter(currency=payout.currency, resolves_at__lte=now)
    refunds = SimulatedRefund.objects.filter(
        payment__currency=payout.currency, state=SimulatedRefund.State.DONE, payout=None
    )
    payments.update(payout=payout)
    refunds.update(payout=payout)
    captured = SimulatedPayment.objects.filter(payout=payout).order_by()
    amounts = captured.values_list("amount").annotate(times=Count("id"))
    given_back = SimulatedRefund.objects.filter(payout=payout).aggregate(sum=Sum("amount", default=0))["sum"]
    payout.amount = sum(amount * times for amount, times in amounts) - given_back
    payout.fee = sum(fee_of(Money(amount, payout.currency)) * times for amount, times in amounts)
    if payout.amount <= payout.fee:
        raise _NothingToPay
    payout.save(update_fields=["amount", "fee"])
    tell_of_payout(payout)
