"""What the sweeps have to do.

Written as SQL because beat asks every few seconds, and mostly for nothing: a queryset costs several times the
statement. States stand in it as text, so that SQLite, too, finds the indexes of those rows alone.
"""

from datetime import datetime, timedelta

from marketplace.lib import rows
from orders.models import Payment
from orders.policy import COUNT_MINUTES_AFTER

#: A young payment is asked about this often, an old one less: its buyer has stopped waiting.
ASK_AFTER = timedelta(seconds=15)
YOUNG = timedelta(minutes=10)
ASK_OLD_AFTER = timedelta(minutes=5)

_UNDECIDED = "state IN ('created', 'processing')"
_ASKABLE = f"""
{_UNDECIDED} AND (updated_at <= %s OR updated_at <= %s AND created_at > %s) ORDER BY updated_at LIMIT %s
"""
_FEES = "orders_slotfee fee JOIN streams_session show ON show.id = fee.session_id"
_MOVABLE = f"""
SELECT fee.id FROM {_FEES}
WHERE fee.state = 'offered' AND (show.started_at IS NOT NULL OR show.state = 'cancelled')
    OR fee.state = 'held' AND show.ended_at <= %s
ORDER BY fee.id
"""  # noqa: S608 - no values
_NEXT_FEES = f"""
SELECT
    (SELECT MIN(show.started_at) FROM {_FEES} WHERE fee.state = 'offered' AND show.started_at > %s),
    (SELECT MIN(show.ended_at) FROM {_FEES}
        WHERE fee.state = 'offered' AND show.state = 'cancelled' AND show.ended_at > %s),
    (SELECT MIN(show.ended_at) FROM {_FEES} WHERE fee.state = 'held' AND show.ended_at > %s)
"""  # noqa: S608 - no values
_OVERDUE = """
SELECT order_id FROM orders_orderline WHERE state = 'pending_payment' AND pay_by <= %s
ORDER BY pay_by LIMIT %s
"""
_SEEN = """
SELECT order_id FROM orders_shipment WHERE state <> 'delivered' AND next_scan_at <= %s
ORDER BY next_scan_at LIMIT %s
"""
_FINAL = """
SELECT order_id FROM orders_orderline WHERE state = 'delivered' AND return_by <= %s
ORDER BY return_by LIMIT %s
"""
_LISTED = """
SELECT gateway_id FROM orders_receivedpayout WHERE listed ORDER BY paid_at DESC, gateway_id DESC LIMIT 1
"""


def overdue_orders(*, now: datetime, limit: int) -> list[str]:
    """Return ids of orders whose time to pay is over, longest overdue first."""
    return rows.ids("ord", _OVERDUE, [now, limit])


def orders_seen_by_carrier(*, now: datetime, limit: int) -> list[str]:
    """Return ids of orders of which the carrier has seen a parcel, longest ago first."""
    return rows.ids("ord", _SEEN, [now, limit])


def orders_with_final_lines(*, now: datetime, limit: int) -> list[str]:
    """Return ids of orders with lines whose return window is over, longest ago first."""
    return rows.ids("ord", _FINAL, [now, limit])


def movable_fees(*, now: datetime) -> list[str]:
    """Return ids of slot fees that are to be held, let go or settled."""
    return rows.ids("fee", _MOVABLE, [now - COUNT_MINUTES_AFTER])


def undecided_payments(*, now: datetime, limit: int) -> list[Payment]:
    """Return payments whose outcome is open and was not asked for lately, longest ago first."""
    return rows.where(Payment, _ASKABLE, [now - ASK_OLD_AFTER, now - ASK_AFTER, now - YOUNG, limit])


def next_question(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which the gateway is asked about an undecided payment."""
    moments: list[datetime] = []
    for payment in rows.where(Payment, _UNDECIDED, []):
        moments.append(payment.updated_at + ASK_OLD_AFTER)
        if payment.updated_at + ASK_AFTER < payment.created_at + YOUNG:
            moments.append(payment.updated_at + ASK_AFTER)
    return min((moment for moment in moments if moment > after), default=None)


def next_fee(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which a slot fee is held, let go or settled."""
    *begun, over = rows.moments(_NEXT_FEES, [after, after, after - COUNT_MINUTES_AFTER])
    due = (*begun, over and over + COUNT_MINUTES_AFTER)
    return min((at for at in due if at is not None), default=None)


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
    return next((str(gateway_id) for (gateway_id,) in rows.select(_LISTED, [], kinds=[None])), "")
