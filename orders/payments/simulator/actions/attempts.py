"""Attempts to deliver a message: claimed before, recorded after."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from marketplace.lib import rows
from marketplace.lib.atomic import action
from orders.payments.simulator.models import SimulatedDelivery

State = SimulatedDelivery.State

#: Seconds from each failed attempt to the next; after the last the message is given up.
RETRY_AFTER = (5, 30, 120, 600, 3_600, 21_600, 86_400)


def claim_attempt(*, delivery: SimulatedDelivery, now: datetime) -> bool:
    """Count an attempt and plan the next before this one is made, so that a crash in between only delays.

    Return false when another sweep has claimed it since ``delivery`` was read.
    """
    retry = delivery.attempts < len(RETRY_AFTER)
    with action():
        changes = {
            "attempts": delivery.attempts + 1,
            "due_at": now + timedelta(seconds=RETRY_AFTER[delivery.attempts] if retry else 0),
            "state": State.PENDING if retry else State.GIVEN_UP,
        }
        return rows.update(
            SimulatedDelivery, delivery.id, changes, state=State.PENDING, attempts=delivery.attempts
        )


def record_attempt(*, delivery_id: str, status: int | None, now: datetime) -> None:
    """Note the HTTP status of an attempt, None when no answer came; any 2xx delivers the message."""
    with action():
        changes: dict[str, Any] = {"last_status": status}
        if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            changes |= {"state": State.DELIVERED, "delivered_at": now}
        rows.update(SimulatedDelivery, delivery_id, changes)
