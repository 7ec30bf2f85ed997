"""Reads: what somebody may see, and what the sweeps have to do."""

from datetime import datetime

from django.db.models import QuerySet

from marketplace.errors import NotFound
from marketplace.lib import rows
from marketplace.models import User
from marketplace.permissions import is_platform_staff
from refunds.models import Refund, Return

# Written as SQL because beat asks every few seconds: a queryset costs several times the statement.
_LATE = """
FROM orders_payment payment WHERE payment.state = 'captured_late'
    AND NOT EXISTS (SELECT 1 FROM refunds_refund refund WHERE refund.payment_id = payment.id)
"""
_DUE_REFUNDS = """
SELECT id FROM refunds_refund WHERE state <> 'done' AND next_attempt_at <= %s
ORDER BY next_attempt_at LIMIT %s
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
    return rows.ids("rfd", _DUE_REFUNDS, [now, limit])


def unrefunded_late_captures(*, limit: int) -> list[str]:
    """Return the ids of payments captured late that nothing has been done about."""
    return rows.ids("pay", f"SELECT payment.id {_LATE} ORDER BY payment.updated_at LIMIT %s", [limit])


def next_refund(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which a refund is tried or asked about."""
    waiting = "SELECT MIN(next_attempt_at) FROM refunds_refund WHERE state <> 'done' AND next_attempt_at > %s"
    return rows.earliest(waiting, [after])


def next_late_capture(*, after: datetime) -> datetime | None:
    """Return when, after a moment, money came late that nothing has been done about yet."""
    return rows.earliest(f"SELECT MIN(payment.updated_at) {_LATE} AND payment.updated_at > %s", [after])


def due_returns(*, now: datetime, limit: int, after: Return | None = None) -> list[Return]:
    """Return the returns whose deadline has passed, longest ago first, from the one after ``after``."""
    if after is None:
        return rows.where(Return, "deadline <= %s ORDER BY deadline, id LIMIT %s", [now, limit])
    later = "deadline <= %s AND (deadline, id) > (%s, %s) ORDER BY deadline, id LIMIT %s"
    return rows.where(Return, later, [now, after.deadline, after.id[-32:], limit])


def next_deadline(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which the deadline of a return passes."""
    return rows.earliest("SELECT MIN(deadline) FROM refunds_return WHERE deadline > %s", [after])
