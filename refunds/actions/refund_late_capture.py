"""Money came for an order that could no longer take it: all of it goes back without anybody asking."""

from datetime import datetime

from marketplace.lib.atomic import action
from orders.models import Payment
from orders.states import Pay, lock_order
from refunds.issue import issue
from refunds.models import Refund


def refund_late_capture(*, payment_id: str, now: datetime) -> Refund | None:
    """Begin the refund of a late capture; None when it has one already or is not late any more."""
    with action():
        order_id = Payment.objects.values_list("order_id", flat=True).get(id=payment_id)
        lock_order(order_id)
        payment = Payment.objects.get(id=payment_id)
        if payment.state != Pay.CAPTURED_LATE or Refund.objects.filter(payment=payment).exists():
            return None
        return issue(payment, payment.amount, reason=Refund.Reason.LATE_CAPTURE, now=now)
