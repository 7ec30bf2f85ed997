"""The step that writes down what the gateway says of a payment. The caller has locked the order.

The gateway may say a thing twice, late, or out of order. What counts is where payment and order stand now: a
capture is never lost, and money that an order can no longer take is left ``captured_late`` for a refund.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from marketplace.lib.atomic import require_transaction
from marketplace.lib.money import Money
from orders import books, news
from orders.models import Order, OrderLine, Payment
from orders.payments.port import GatewayPayment, PaymentState
from orders.release import hold_again
from orders.states import STANDING, Line, Pay, advance_lines, advance_payment, order_state

logger = structlog.get_logger(__name__)

_UNDECIDED = frozenset({Pay.CREATED, Pay.PROCESSING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the gateway says of one payment: in an answer, in a message, or by not knowing it."""

    gateway_id: str
    state: PaymentState
    money: Money
    failure_code: str = ""

    @classmethod
    def of(cls, answer: GatewayPayment) -> "Word":
        """Return what an answer says."""
        return cls(
            gateway_id=answer.id, state=answer.state, money=answer.money, failure_code=answer.failure_code
        )

    @classmethod
    def refused(cls, payment: Payment, failure_code: str) -> "Word":
        """Return that the gateway has no such payment and will have none."""
        return cls(gateway_id="", state="failed", money=payment.total, failure_code=failure_code)


@dataclass(frozen=True, slots=True)
class Bill:
    """A locked order with its lines and the payment that is about."""

    order: Order
    lines: Sequence[OrderLine]
    payment: Payment


def record(bill: Bill, word: Word, *, actor: str, now: datetime) -> str:
    """Write down what the gateway says and return, in a few words, what came of it."""
    require_transaction()
    payment = bill.payment
    if word.money != payment.total or payment.gateway_id not in {"", word.gateway_id or payment.gateway_id}:
        logger.error(
            "gateway_contradicts", payment=payment.id, gateway_id=word.gateway_id, said=str(word.money)
        )
        return "refused: it is about another payment or amount"
    if word.state == "captured":
        return _captured(bill, word, actor=actor, now=now)
    if payment.state not in _UNDECIDED:
        return f"out of date: the payment is {payment.state}"
    if word.state == "failed":
        advance_payment(
            payment, Pay.FAILED, now=now, gateway_id=word.gateway_id, failure_code=word.failure_code
        )
        news.payment_changed(payment, now=now)
        news.tell_buyer(bill.order, order_state(bill.lines, at=now), now=now)
    elif payment.state == Pay.CREATED:
        advance_payment(payment, Pay.PROCESSING, now=now, gateway_id=word.gateway_id)
        news.payment_changed(payment, now=now)
    return word.state


def _captured(bill: Bill, word: Word, *, actor: str, now: datetime) -> str:
    payment = bill.payment
    if payment.state not in _UNDECIDED and payment.state != Pay.FAILED:
        return f"repeated: the payment is {payment.state}"
    states = {line.state for line in bill.lines}
    in_time = payment.state in _UNDECIDED and states == {Line.PENDING_PAYMENT}
    first = Pay.CAPTURED if in_time else Pay.CAPTURED_LATE
    advance_payment(payment, first, now=now, gateway_id=word.gateway_id)
    news.payment_changed(payment, now=now)
    if not in_time:
        if not _takes_late_money(bill, states, now=now):
            books.capture(payment, late=True, now=now)
            return "captured late: the money goes back"
        advance_payment(payment, Pay.CAPTURED, now=now)
        news.payment_changed(payment, now=now)
    was = order_state(bill.lines, at=now)
    advance_lines(bill.lines, Line.PAID, actor=actor, now=now)
    news.order_changed(bill.order, bill.lines, was=was, now=now)
    books.capture(payment, late=not in_time, now=now)
    return "captured" if in_time else "captured late: the order is paid after all"


def _takes_late_money(bill: Bill, states: set[str], *, now: datetime) -> bool:
    """Tell whether the order can be paid after all; units that had been given back are held again."""
    if Payment.objects.filter(order=bill.order, state__in=STANDING).exists():
        return False
    if states == {Line.PENDING_PAYMENT}:
        return True
    return states == {Line.EXPIRED} and hold_again(bill.lines, now=now)
