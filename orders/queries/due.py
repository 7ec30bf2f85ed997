"""What the sweeps have to do."""

from datetime import datetime, timedelta

from django.db.models import Q

from orders.models import Payment, ReceivedPayout
from orders.states import Pay

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


def last_listed_payout() -> str:
    """Return the gateway's id of the last payout that its list has named; empty when it has named none."""
    listed = ReceivedPayout.objects.filter(listed=True).order_by("-paid_at", "-gateway_id")
    return listed.values_list("gateway_id", flat=True).first() or ""
