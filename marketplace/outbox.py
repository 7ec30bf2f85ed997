"""Facts: the only writer. One row per state change, in the transaction of the change."""

from datetime import datetime
from typing import Any

from marketplace.lib.atomic import require_transaction
from marketplace.models import Fact


def append(type_: str, *, subject: str, payload: dict[str, Any], now: datetime) -> Fact:
    """Record that something happened to ``subject`` (a public id); the payload is plain JSON."""
    require_transaction()
    return Fact.objects.create(type=type_, subject=subject, payload=payload, at=now)
