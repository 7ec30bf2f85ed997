"""What the bank takes and says. The last two digits of an amount in minor units choose how it behaves.

| ends in | the bank |
|---|---|
| 13 | fails the first order of a payout, not the next one |
| 17 | takes a day, then tells |
| 19 | tells the outcome twice |
| 23 | takes the first order and does not answer |
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from marketplace.lib import rows
from marketplace.lib.clock import LONG_AGO
from marketplace.lib.money import Money
from orders.payments.bank.models import SimulatedBankTransfer as Order

State = Order.State

FAILS, LATE, TWICE, SILENT = 13, 17, 19, 23
TAKES = timedelta(days=1)


class BankAway(Exception):
    """The bank gave no answer: the order may have been taken or not. Ask, or send it again under its key."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bank says of the order under a key: ``sent``, ``done`` or ``failed`` with the reason."""

    key: str
    state: str
    failure_code: str = ""


def send(*, key: str, reference: str, receiver: str, money: Money, now: datetime) -> Answer:
    """Take an order to send money; the same key again answers for the first one.

    Raises:
        BankAway: no answer came.
    """
    known = Order.objects.filter(key=key).first()
    if known is not None:
        return _answer(known)
    order = Order(
        key=key,
        reference=reference,
        receiver=receiver,
        amount=money.amount,
        currency=money.currency,
        state=State.DONE,
        resolves_at=now,
    )
    behaviour, first = money.amount % 100, not Order.objects.filter(reference=reference).exists()
    if behaviour == FAILS and first:
        order.state, order.failure_code = State.FAILED, "account_closed"
    elif behaviour == LATE:
        order.state, order.resolves_at, order.messages = State.SENT, now + TAKES, 1
    elif behaviour == TWICE:
        order.messages = 2
    Order.objects.bulk_create([order], ignore_conflicts=True)
    if behaviour == SILENT and first:
        raise BankAway
    return _answer(Order.objects.get(key=key))


def ask(key: str, *, now: datetime) -> Answer | None:
    """Return what became of an order; None when the bank has none under this key."""
    _resolve(now)
    order = Order.objects.filter(key=key).first()
    return None if order is None else _answer(order)


def tell(*, now: datetime, limit: int) -> list[Answer]:
    """Return outcomes that the bank tells by itself, each as often as it does, whoever listens meanwhile."""
    first = next_told(after=LONG_AGO)
    if first is None or first > now:
        return []
    _resolve(now)
    untold = Order.objects.filter(messages__gt=0, resolves_at__lte=now).order_by("resolves_at")
    with transaction.atomic():
        telling = list(untold.select_for_update(skip_locked=True)[:limit])
        Order.objects.filter(id__in=[order.id for order in telling]).update(messages=F("messages") - 1)
    return [_answer(order) for order in telling]


def next_told(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which the bank tells an outcome by itself."""
    untold = "SELECT MIN(resolves_at) FROM payments_sim_bank_transfer WHERE messages > 0 AND resolves_at > %s"
    return rows.earliest(untold, [after])


def _resolve(now: datetime) -> None:
    Order.objects.filter(state=State.SENT, resolves_at__lte=now).update(state=State.DONE)


def _answer(order: Order) -> Answer:
    return Answer(order.key, order.state, order.failure_code)
