"""The figures of a room's minutes: the only writer. Each process has rows of its own; a minute is their sum.

A step is one upsert that adds differences, so two writers never lose each other's counts. A transaction that
counts for several sessions does so as its last write, in the order of their ids (``docs/locking.md``).
"""

import os
import secrets
import socket
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.db import connection

from marketplace.lib.atomic import require_transaction
from streams.models import MinuteFigure
from streams.queries.figures import minute_of

_made: dict[int, str] = {}


@dataclass(frozen=True, slots=True)
class Count:
    """What happened in one session's minute; money in minor units of the session's currency."""

    session_id: str
    minute: datetime
    process: str
    peak_viewers: int = 0
    joins: int = 0
    leaves: int = 0
    chats: int = 0
    likes: int = 0
    orders: int = 0
    units: int = 0
    gross: int = 0
    given_back: int = 0

    def plus(self, other: "Count") -> "Count":
        """Return both counts of one minute together."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _SUMMED}
        return replace(self, peak_viewers=max(self.peak_viewers, other.peak_viewers), **sums)


_SUMMED = tuple(field.name for field in fields(Count))[4:]


def this_process() -> str:
    """Return the name of this process, at most 40 characters, never used by another one before or after."""
    pid = os.getpid()
    if pid not in _made:
        _made[pid] = f"{socket.gethostname()[:20]}-{pid}-{secrets.token_hex(4)}"
    return _made[pid]


def add(
    session_id: str,
    *,
    now: datetime,
    process: str | None = None,
    orders: int = 0,
    units: int = 0,
    gross: int = 0,
    given_back: int = 0,
    joins: int = 0,
    leaves: int = 0,
    chats: int = 0,
    likes: int = 0,
    peak_viewers: int = 0,
) -> None:
    """Add to the figures of the minute of ``now``, inside the caller's transaction; the highest peak stays.

    Args:
        session_id: the session whose minute it is.
        now: a moment inside the minute.
        process: who counts; this process unless given.
        orders: orders placed.
        units: units ordered.
        gross: ordered, in minor units.
        given_back: expired, cancelled or refunded, in minor units.
        joins: viewers who came.
        leaves: viewers who went.
        chats: messages accepted.
        likes: likes given.
        peak_viewers: most viewers at one moment in this process.
    """
    count = Count(
        session_id,
        minute_of(now),
        process or this_process(),
        peak_viewers=peak_viewers,
        joins=joins,
        leaves=leaves,
        chats=chats,
        likes=likes,
        orders=orders,
        units=units,
        gross=gross,
        given_back=given_back,
    )
    add_all([count])


def add_all(counts: Iterable[Count]) -> None:
    """Add many counts in the order of their sessions and minutes, inside the caller's transaction."""
    require_transaction()
    whole = [replace(count, minute=minute_of(count.minute)) for count in counts]
    whole.sort(key=lambda count: (count.session_id, count.minute, count.process))
    if whole:
        with connection.cursor() as cursor:
            cursor.executemany(_UPSERT, [_parameters(count) for count in whole])


def _parameters(count: Count) -> list[Any]:
    """Return the values of one row as the driver stores them."""
    return [
        field.get_db_prep_save(value, connection)
        for field, value in zip(_FIELDS, astuple(count), strict=True)
    ]


def _upsert_statement(table: str, names: list[str]) -> str:
    sums = [f'"{name}" = "{table}"."{name}" + excluded."{name}"' for name in _SUMMED]
    peak = (
        f'"peak_viewers" = CASE WHEN excluded."peak_viewers" > "{table}"."peak_viewers"'
        f' THEN excluded."peak_viewers" ELSE "{table}"."peak_viewers" END'
    )
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join(["%s"] * len(names))
    return (
        f'INSERT INTO "{table}" ({columns}) VALUES ({marks}) '  # noqa: S608 - names of our own columns
        f'ON CONFLICT ("session_id", "minute", "process") DO UPDATE SET {", ".join([peak, *sums])}'
    )


_META = MinuteFigure._meta  # noqa: SLF001 - Django's own name for it
_COLUMNS = {field.column: field for field in _META.concrete_fields}
_NAMES = [field.name for field in fields(Count)]
_FIELDS = [_COLUMNS[name] for name in _NAMES]
_UPSERT = _upsert_statement(_META.db_table, _NAMES)
