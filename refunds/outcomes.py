"""The step that writes down what the gateway says of a refund. The caller has locked the order.

The gateway may say a thing twice, late, or out of order; a refund that is done stays done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from marketplace.lib.atomic import require_transaction
from marketplace.lib.money import Money
from orders import books, news
from orders.models import Order, OrderLine, Payment
from orders.payments.port import GatewayRefund, RefundState
from orders.states import add_refunded, order_state
from refunds.issue import record_state
from refunds.models import Refund
from refunds.states import State, advance, next_try, postpone

logger = structlog.get_logger(__name__)

#: How long the gateway has to tell us, before we ask.
ASK_AFTER = timedelta(seconds=60)
#: Codes with which the gateway refuses a refund for good, as an answer to the request that asks for it. All
#: others are about the request: who asks, how, or when.
REFUSALS = frozenset({"refund_too_large", "not_captured", "currency_mismatch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the gateway says of one try. ``key`` is the try's idempotency key, empty when it did not say."""

    gateway_id: str
    state: RefundState
    money: Money
    failure_code: str = ""
    key: str = ""

    @classmethod
    def of(cls, answer: GatewayRefund, *, key: str) -> "Word":
        """Return what the answer to a try says."""
        return cls(
            gateway_id=answer.id,
            state=answer.state,
            money=answer.money,
            failure_code=answer.failure_code,
            key=key,
        )

    @classmethod
    def refused(cls, refund: Refund, failure_code: str) -> "Word":
        """Return that the gateway refuses the refund itself, with one of REFUSALS."""
        return cls(
            gateway_id="",
            state="failed",
            money=refund.total,
            failure_code=failure_code,
            key=refund.gateway_key,
        )


@dataclass(frozen=True, slots=True)
class Debt:
    """A locked order with its lines, a refund of it and the payment that it comes from."""

    order: Order
    lines: Sequence[OrderLine]
    payment: Payment
    refund: Refund


def record(debt: Debt, word: Word, *, now: datetime) -> str:
    """Write down what the gateway says and return, in a few words, what came of it."""
    require_transaction()
    refund = debt.refund
    if word.money != refund.total:
        logger.error("gateway_contradicts", refund=refund.id, said=str(word.money))
        return "refused: it is about another amount"
    if refund.state == State.DONE:
        return "repeated: the refund is done"
    if word.state == "done":
        return _done(debt, word, now=now)
    if word.key not in {"", refund.gateway_key}:
        return "out of date: it is about an earlier try"
    if word.state == "failed":
        return _failed(refund, word, now=now)
    if refund.state == State.CREATED:
        advance(refund, State.SENT, now=now, next_attempt_at=now + ASK_AFTER, gateway_id=word.gateway_id)
        record_state(refund, now=now)
    else:
        postpone(refund, next_attempt_at=now + ASK_AFTER, gateway_id=word.gateway_id)
    return word.state


def _done(debt: Debt, word: Word, *, now: datetime) -> str:
    advance(debt.refund, State.DONE, now=now, gateway_id=word.gateway_id)
    record_state(debt.refund, now=now)
    add_refunded(debt.payment, debt.refund.amount, now=now)
    news.payment_changed(debt.payment, now=now)
    news.tell_buyer(debt.order, order_state(debt.lines, at=now), now=now)
    books.refund(debt.payment, debt.refund.total, refund_id=debt.refund.id, now=now)
    return "done"


def _failed(refund: Refund, word: Word, *, now: datetime) -> str:
    if refund.state == State.FAILED:
        return "repeated: the try had failed"
    again_at = next_try(refund.attempts, now=now)
    advance(
        refund,
        State.FAILED,
        now=now,
        next_attempt_at=again_at,
        gateway_id=word.gateway_id,
        error=word.failure_code,
    )
    record_state(refund, now=now)
    logger.warning("refund_failed", refund=refund.id, reason=word.failure_code, again_at=again_at.isoformat())
    return "failed"
