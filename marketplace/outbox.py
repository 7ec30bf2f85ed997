"""Facts: the only writer. One row per state change, in the transaction of the change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.lib.atomic import require_transaction
from marketplace.models import Fact

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact to be appended: its type, the public id of its subject, and its payload as plain JSON."""

    type: str
    subject: str
    payload: dict[str, Any]


def append(type_: str, *, subject: str, payload: dict[str, Any], now: datetime) -> Fact:
    """Record that something happened to ``subject`` (a public id); the payload is plain JSON."""
    require_transaction()
    return Fact.objects.create(type=type_, subject=subject, payload=payload, at=now)


def append_many(facts: Iterable[NewFact], *, now: datetime) -> None:
    """Record thousands of facts at once."""
    require_transaction()
    rows = [Fact(type=fact.type, subject=fact.subject, payload=fact.payload, at=now) for fact in facts]
    Fact.objects.bulk_create(rows, batch_size=_BATCH)
