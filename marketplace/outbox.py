"""Facts: the only writer. One row per state change, in the transaction of the change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from marketplace.lib import bulk, rows
from marketplace.lib.atomic import require_transaction
from marketplace.lib.ids import new_uuid7_hex
from marketplace.models import Fact

_COLUMNS = ("id", "type", "subject", "payload", "at")


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact to be appended: its type, the public id of its subject, and its payload as plain JSON."""

    type: str
    subject: str
    payload: dict[str, Any]


def append(type_: str, *, subject: str, payload: dict[str, Any], now: datetime) -> None:
    """Record that something happened to ``subject`` (a public id); the payload is plain JSON."""
    require_transaction()
    rows.insert(Fact, _COLUMNS, _row(NewFact(type_, subject, payload), now=now))


def append_many(facts: Iterable[NewFact], *, now: datetime) -> None:
    """Record thousands of facts at once."""
    require_transaction()
    new = [_row(fact, now=now) for fact in facts]
    if new:
        bulk.insert(Fact, _COLUMNS, new)


def _row(fact: NewFact, *, now: datetime) -> tuple[object, ...]:
    """Return a fact's columns as the driver stores them."""
    payload = orjson.dumps(fact.payload).decode()
    return new_uuid7_hex(), fact.type, fact.subject, payload, connection.ops.adapt_datetimefield_value(now)
