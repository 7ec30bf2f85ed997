"""Pay what is owed: make the payouts, send them, and write down what the bank says, however often it does."""

from datetime import datetime

from django.db.models import QuerySet

from marketplace.lib.atomic import action
from marketplace.lib.prepared import prepared
from orders.models import Payout
from orders.payments.bank import desk
from orders.payments.bank.desk import Answer
from orders.settlement import payouts

BATCH = 200


def make_payouts(*, now: datetime) -> int:
    """Make a payout for every party that can be paid; return how many."""
    if not payouts.payable():
        return 0
    with action():
        return payouts.open_payouts(now=now)


def send_payouts(*, now: datetime) -> int:
    """Make the tries that are due and ask about those that were sent; return how many.

    The bank is called outside of any transaction. A payout is never sent under two keys unless the bank has
    refused the first.
    """
    tried = 0
    for payout in _due(now):
        with action():
            taken = payouts.take(payout, now=now)
        if taken:
            tried += 1
            _try(payout, now=now)
    return tried


def hear_bank(*, now: datetime) -> int:
    """Write down the outcomes that the bank tells by itself; return how many."""
    told = desk.tell(now=now, limit=BATCH)
    for answer in told:
        _apply(answer, now=now)
    return len(told)


@prepared
def _due(now: datetime) -> QuerySet[Payout]:
    due = Payout.objects.filter(next_attempt_at__lte=now).exclude(state=Payout.State.DONE)
    return due.order_by("next_attempt_at")[:BATCH]


def _try(payout: Payout, *, now: datetime) -> None:
    try:
        answer = desk.ask(payout.bank_key, now=now) or desk.send(
            key=payout.bank_key, reference=payout.id, receiver=payout.owner, money=payout.total, now=now
        )
    except desk.BankAway:
        return
    _apply(answer, now=now)


def _apply(answer: Answer, *, now: datetime) -> None:
    with action():
        payouts.apply(answer, now=now)
