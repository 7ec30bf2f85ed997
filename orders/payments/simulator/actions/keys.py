"""Idempotency keys: a step of the two actions that a request with a key runs."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from marketplace.lib.atomic import require_transaction
from orders.payments.simulator.models import SimulatedKey, SimulatedPayment, SimulatedRefund
from orders.payments.simulator.refusals import Refusal

Row = TypeVar("Row", SimulatedPayment, SimulatedRefund)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken(Generic[Row]):
    """The row that a request made, now or, when ``replayed``, the first time it came."""

    row: Row
    replayed: bool = False


def claim(key: str, *asked: str | int, now: datetime) -> SimulatedKey:
    """Return the locked row of an idempotency key. Raise Refusal when it stands for another request."""
    require_transaction()
    fingerprint = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    fresh = SimulatedKey(key=key, fingerprint=fingerprint, created_at=now)
    SimulatedKey.objects.bulk_create([fresh], ignore_conflicts=True)
    row = SimulatedKey.objects.select_for_update().get(pk=key)
    if row.fingerprint != fingerprint:
        raise Refusal(422, "idempotency_mismatch", "This idempotency key belongs to another request.")
    return row
