"""The step that makes a refund. The caller has locked the order."""

from datetime import datetime

from django.db.models import Sum

from marketplace import outbox
from marketplace.lib.atomic import require_transaction
from orders.errors import WrongOrderState
from orders.models import OrderLine, Payment
from orders.states import Pay
from refunds.models import Refund
from refunds.wire import refund_to_wire

#: Payments that hold money which can go back.
HOLDS_MONEY = frozenset({Pay.CAPTURED, Pay.CAPTURED_LATE, Pay.PARTLY_REFUNDED})


def issue(
    payment: Payment, amount: int, *, reason: str, now: datetime, line: OrderLine | None = None
) -> Refund:
    """Make a refund of a part or all of a payment, to be sent at once; ``line`` says what it is for.

    Raises:
        WrongOrderState: the payment holds no money, or other refunds leave less than this of it.
    """
    require_transaction()
    refunds = Refund.objects.filter(payment=payment)
    promised = refunds.aggregate(amount=Sum("amount", default=0))["amount"]
    if payment.state not in HOLDS_MONEY or promised + amount > payment.amount:
        raise WrongOrderState(data={"state": payment.state, "left": payment.amount - promised})
    refund = Refund.objects.create(
        order_id=payment.order_id,
        payment=payment,
        line=line,
        amount=amount,
        currency=payment.currency,
        reason=reason,
        next_attempt_at=now,
        created_at=now,
    )
    record_state(refund, now=now)
    return refund


def record_state(refund: Refund, *, now: datetime) -> None:
    """Append the fact that a refund is in a new state."""
    outbox.append(f"refund.{refund.state}", subject=refund.id, payload=refund_to_wire(refund), now=now)
