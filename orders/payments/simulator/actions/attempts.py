"""Attempts to deliver a message: claimed before, recorded after."""

from datetime import datetime, timedelta
from http import HTTPStatus

from marketplace.lib.atomic import action
from orders.payments.simulator.models import SimulatedDelivery

#: Seconds from each failed attempt to the next; after the last the message is given up.
RETRY_AFTER = (5, 30, 120, 600, 3_600, 21_600, 86_400)


def claim_attempt(*, delivery: SimulatedDelivery, now: datetime) -> bool:
    """Count an attempt and plan the next before this one is made, so that a crash in between only delays.

    Return false when another sweep has claimed it since ``delivery`` was read.
    """
    retry = delivery.attempts < len(RETRY_AFTER)
    with action():
        as_seen = SimulatedDelivery.objects.filter(
            pk=delivery.pk, state=SimulatedDelivery.State.PENDING, attempts=delivery.attempts
        )
        claimed = as_seen.update(
            attempts=delivery.attempts + 1,
            due_at=now + timedelta(seconds=RETRY_AFTER[delivery.attempts] if retry else 0),
            state=SimulatedDelivery.State.PENDING if retry else SimulatedDelivery.State.GIVEN_UP,
        )
    return claimed == 1


def record_attempt(*, delivery_id: str, status: int | None, now: datetime) -> None:
    """Note the HTTP status of an attempt, None when no answer came; any 2xx delivers the message."""
    with action():
        delivery = SimulatedDelivery.objects.filter(pk=delivery_id)
        if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            delivered = SimulatedDelivery.State.DELIVERED
            delivery.update(state=delivered, delivered_at=now, last_status=status)
        else:
            delivery.update(last_status=status)
