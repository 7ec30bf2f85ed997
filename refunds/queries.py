"""Reads: what somebody may see, and what the sweeps have to do."""

from datetime import datetime

from django.db.models import QuerySet

from marketplace.errors import NotFound
from marketplace.lib import rows
from marketplace.models import User
from marketplace.permissions import is_platform_staff
from orders.models import Payment
from orders.states import Pay
from refunds.models import Refund, Return

_LATE = """
SELECT MIN(payment.updated_at) FROM orders_payment payment
WHERE payment.state = 'captured_late' AND payment.updated_at > %s
    AND NOT EXISTS (SELECT 1 FROM refunds_refund refund WHERE refund.payment_id = payment.id)
"""


def refunds_for(user: User) -> QuerySet[Refund]:
    """Return the refunds that this person may see: of their own orders, all of them for platform staff."""
    refunds = Refund.objects.all()
    return refunds if is_platform_staff(user) else refunds.filter(order__buyer=user)


def get_refund_for(user: User, refund_id: str) -> Refund:
    """Return a refund of this person's, or any for platform staff; raises NotFound."""
    refund = refunds_for(user).filter(id=refund_id).first()
    if refund is None:
        raise NotFound
    return refund


def due_refunds(*, now: datetime, limit: int) -> list[str]:
    """Return the ids of refunds whose next try, or next question, is due, longest due first."""
    due = Refund.objects.filter(next_attempt_at__lte=now).exclude(state=Refund.State.DONE)
    return list(due.order_by("next_attempt_at").values_list("id", flat=True)[:limit])


def unrefunded_late_captures(*, limit: int) -> list[str]:
    """Return the ids of payments captured late that nothing has been done about."""
    late = Payment.objects.filter(state=Pay.CAPTURED_LATE, refunds=None)
    return list(late.order_by("updated_at").values_list("id", flat=True)[:limit])


def next_refund(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which a refund is tried or asked about."""
    waiting = "SELECT MIN(next_attempt_at) FROM refunds_refund WHERE state <> 'done' AND next_attempt_at > %s"
    return rows.earliest(waiting, [after])


def next_late_capture(*, after: datetime) -> datetime | None:
    """Return when, after a moment, money came late that nothing has been done about yet."""
    return rows.earliest(_LATE, [after])


def due_returns(*, now: datetime, limit: int, after: Return | None = None) -> list[Return]:
    """Return the returns whose deadline has passed, longest ago first, from the one after ``after``."""
    due = Return.objects.filter(deadline__lte=now)
    if after is not None:
        due = due.filter(deadline__gte=after.deadline).exclude(deadline=after.deadline, id__lte=after.id)
    return list(due.order_by("deadline", "id")[:limit])


def next_deadline(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which the deadline of a return passes."""
    return rows.earliest("SELECT MIN(deadline) FROM refunds_return WHERE deadline > %s", [after])
