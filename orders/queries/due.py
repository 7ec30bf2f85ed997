"""What the sweeps have to do."""

from datetime import datetime, timedelta

from django.db.models import Min, Q

from orders.models import OrderLine, Payment, ReceivedPayout, Shipment, SlotFee
from orders.policy import COUNT_MINUTES_AFTER
from orders.states import Line, Pay
from streams.models import Session

#: A young payment is asked about this often, an old one less: its buyer has stopped waiting.
ASK_AFTER = timedelta(seconds=15)
YOUNG = timedelta(minutes=10)
ASK_OLD_AFTER = timedelta(minutes=5)


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
    offered, held = (SlotFee.objects.filter(state=state) for state in ("offered", "held"))
    cancelled = offered.filter(session__state=Session.State.CANCELLED)
    moments = [
        offered.aggregate(at=Min("session__started_at"))["at"],
        cancelled.aggregate(at=Min("session__ended_at"))["at"],
    ]
    ended = held.filter(session__ended_at__gt=after - COUNT_MINUTES_AFTER)
    over = ended.aggregate(at=Min("session__ended_at"))["at"]
    moments.append(over and over + COUNT_MINUTES_AFTER)
    return min((at for at in moments if at is not None and at > after), default=None)


def next_expiry(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which the time to pay an order is over."""
    unpaid = OrderLine.objects.filter(state=Line.PENDING_PAYMENT, pay_by__gt=after)
    first: datetime | None = unpaid.aggregate(at=Min("pay_by"))["at"]
    return first


def next_scan(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which the carrier sees a parcel."""
    moving = Shipment.objects.filter(next_scan_at__gt=after).exclude(state=Shipment.State.DELIVERED)
    first: datetime | None = moving.aggregate(at=Min("next_scan_at"))["at"]
    return first


def next_completion(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which a return window is over."""
    delivered = OrderLine.objects.filter(state=Line.DELIVERED, return_by__gt=after)
    first: datetime | None = delivered.aggregate(at=Min("return_by"))["at"]
    return first


def last_listed_payout() -> str:
    """Return the gateway's id of the last payout that its list has named; empty when it has named none."""
    listed = ReceivedPayout.objects.filter(listed=True).order_by("-paid_at", "-gateway_id")
    return listed.values_list("gateway_id", flat=True).first() or ""
