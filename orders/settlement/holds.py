"""The steps that hold a line back from settlement and let it go, for whoever opens a return or a dispute."""

from datetime import datetime

from marketplace.lib import rows
from marketplace.lib.atomic import require_transaction
from orders.models import Hold, OrderLine, SettledLine
from orders.settlement import gate


def hold_line(
    line: OrderLine, *, reason: str, subject: str, now: datetime, release_at: datetime | None = None
) -> Hold | None:
    """Keep a line from being settled until it is let go, and return the hold.

    Args:
        line: behind the lock of its order.
        reason: one of ``Hold.Reason``.
        subject: public id of what opens it, such as a return; it has one open hold of a line at most.
        now: the present.
        release_at: when it ends by itself; None when only ``release_line`` ends it.

    None when the line is settled already: what goes back of it is clawed back then.
    """
    require_transaction()
    gate.pass_through()
    if SettledLine.objects.filter(line=line, refund="").exists():
        return None
    hold = Hold(
        line=line,
        reason=reason,
        subject=subject,
        amount=line.amount - line.refunded,
        currency=line.currency,
        release_at=release_at,
        created_at=now,
    )
    Hold.objects.bulk_create([hold], ignore_conflicts=True)
    return Hold.objects.get(line=line, subject=subject, released_at=None)


def release_line(line: OrderLine, *, subject: str, now: datetime) -> int:
    """Let go of what ``subject`` holds of a line; return how many holds that were."""
    require_transaction()
    return Hold.objects.filter(line=line, subject=subject, released_at=None).update(released_at=now)


def lower(line: OrderLine) -> None:
    """Have the open holds of a line say what is left of it, once some of its money is on its way back."""
    require_transaction()
    left = line.amount - line.refunded
    if left:
        Hold.objects.filter(line=line, released_at=None).update(amount=left)


def change_reason(line: OrderLine, reason: str, *, subject: str) -> None:
    """Change why ``subject`` holds a line: one of ``Hold.Reason``; nothing happens when it does not."""
    require_transaction()
    Hold.objects.filter(line=line, subject=subject, released_at=None).update(reason=reason)


def first_release() -> datetime | None:
    """Return when the first hold ends by itself, which may be past; None when none does."""
    return rows.earliest("SELECT MIN(release_at) FROM orders_hold WHERE released_at IS NULL")


def release_due(*, now: datetime) -> int:
    """Let go of every hold whose day has come; return how many."""
    require_transaction()
    return Hold.objects.filter(release_at__lte=now, released_at=None).update(released_at=now)
