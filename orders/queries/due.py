"""What the sweeps have to do."""

from datetime import datetime, timedelta

from django.db.models import Q

from marketplace.lib import rows
from orders.models import Payment, ReceivedPayout
from orders.policy import COUNT_MINUTES_AFTER
from orders.states import Pay

#: A young payment is asked about this often, an old one less: its buyer has stopped waiting.
ASK_AFTER = timedelta(seconds=15)
YOUNG = timedelta(minutes=10)
ASK_OLD_AFTER = timedelta(minutes=5)

_FEES = "orders_slotfee fee JOIN streams_session show ON show.id = fee.session_id"
_BEGUN = f"""
SELECT
    (SELECT MIN(show.started_at) FROM {_FEES} WHERE fee.state = 'offered' AND show.started_at > %s),
    (SELECT MIN(show.ended_at) FROM {_FEES}
        WHERE fee.state = 'offered' AND show.state = 'cancelled' AND show.ended_at > %s)
"""  # noqa: S608 - no values
_OVER = f"SELECT MIN(show.ended_at) FROM {_FEES} WHERE fee.state = 'held' AND show.ended_at > %s"  # noqa: S608


def undecided_payments(*, now: datetime, limit: int) -> list[Payment]:
    """Return payments whose outcome is open and was not asked for lately, longest ago first."""
    due = Q(updated_at__lte=now - ASK_OLD_AFTER) | Q(
        updated_at__lte=now - ASK_AFTER, created_at__gt=now - YOUNG
    )
    undecided = Payment.objects.filter(due, state__in=[Pay.CREATED, Pay.PROCESSING])
    return list(undecided.order_by("updated_at")[:limit])


def next_question(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which the gateway is asked about an undecided payment."""
    undecided = Payment.objects.filter(state__in=[Pay.CREATED, Pay.PROCESSING])
    moments: list[datetime] = []
    for created_at, asked_at in undecided.values_list("created_at", "updated_at"):
        moments.append(asked_at + ASK_OLD_AFTER)
        if asked_at + ASK_AFTER < created_at + YOUNG:
            moments.append(asked_at + ASK_AFTER)
    return min((moment for moment in moments if moment > after), default=None)


def next_fee(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which a slot fee is held, let go or settled."""
    begun = rows.earliest(_BEGUN, [after, after])
    over = rows.earliest(_OVER, [after - COUNT_MINUTES_AFTER])
    return min((at for at in (begun, over and over + COUNT_MINUTES_AFTER) if at is not None), default=None)


def next_expiry(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which the time to pay an order is over."""
    unpaid = "SELECT MIN(pay_by) FROM orders_orderline WHERE state = 'pending_payment' AND pay_by > %s"
    return rows.earliest(unpaid, [after])


def next_scan(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which the carrier sees a parcel."""
    moving = "SELECT MIN(next_scan_at) FROM orders_shipment WHERE state <> 'delivered' AND next_scan_at > %s"
    return rows.earliest(moving, [after])


def next_completion(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which a return window is over."""
    delivered = "SELECT MIN(return_by) FROM orders_orderline WHERE state = 'delivered' AND return_by > %s"
    return rows.earliest(delivered, [after])


def last_listed_payout() -> str:
    """Return the gateway's id of the last payout that its list has named; empty when it has named none."""
    listed = ReceivedPayout.objects.filter(listed=True).order_by("-paid_at", "-gateway_id")
    return listed.values_list("gateway_id", flat=True).first() or ""
