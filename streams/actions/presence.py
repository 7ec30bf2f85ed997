"""Writes who is watching: counts by room, attendance by viewer, likes. Each process brings its batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Model

from marketplace.lib.atomic import action, require_transaction
from streams import figures
from streams.models import Attendance, RoomPresence, Session

#: Rows of one upsert; SQLite takes 32,766 values in a statement.
ROWS_AT_ONCE = 1_000
FORGET_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Watched:
    """What to add to one viewer's attendance: new visits, and whole seconds since the last batch."""

    session_id: str
    viewer: str
    first_at: datetime
    last_at: datetime
    visits: int
    seconds: int


def record_rooms(
    *,
    viewers: Mapping[str, int],
    likes: Mapping[str, int],
    counts: Iterable[figures.Count],
    process: str,
    now: datetime,
) -> None:
    """Write how many watch in each room now, and add likes and minute figures.

    Rows of processes that have not been heard of for a minute are removed.
    """
    counts = list(counts)
    if not viewers and not likes and not counts:
        return
    with action():
        for session_id, given in sorted(likes.items()):
            Session.objects.filter(id=session_id).update(likes=F("likes") + given)
        present = sorted(viewers.items())
        _upsert(_PRESENCE, [(session_id, process, number, now) for session_id, number in present])
        RoomPresence.objects.filter(at__lt=now - FORGET_AFTER).delete()
        figures.add_all(counts)


def record_attendance(watched: Sequence[Watched]) -> None:
    """Add to the attendance of many viewers, each of them once in the batch."""
    rows = [
        (one.session_id, one.viewer, one.first_at, one.last_at, one.visits, one.seconds)
        for one in sorted(watched, key=lambda one: (one.session_id, one.viewer))
    ]
    with action():
        _upsert(_ATTENDANCE, rows)


def leave(*, process: str) -> None:
    """Remove what a process said about its rooms: it goes down."""
    with action():
        RoomPresence.objects.filter(process=process).delete()


@dataclass(frozen=True, slots=True)
class _Upsert:
    """An INSERT of many rows that updates those that exist."""

    table: str
    fields: Mapping[str, Any]
    columns: tuple[str, ...]
    conflict: str

    def statement(self, rows: int) -> str:
        names = ", ".join(f'"{column}"' for column in self.columns)
        row = f"({', '.join(['%s'] * len(self.columns))})"
        values = ", ".join([row] * rows)
        return f'INSERT INTO "{self.table}" ({names}) VALUES {values} ON CONFLICT {self.conflict}'  # noqa: S608

    def parameters(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        fields = [self.fields[column] for column in self.columns]
        return [
            field.get_db_prep_save(value, connection)
            for row in rows
            for field, value in zip(fields, row, strict=True)
        ]


def _upsert(into: _Upsert, rows: Sequence[Sequence[Any]]) -> None:
    require_transaction()
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[start : start + ROWS_AT_ONCE]
            cursor.execute(into.statement(len(some)), into.parameters(some))


def _into(model: type[Model], columns: tuple[str, ...], key: tuple[str, str], update: str) -> _Upsert:
    meta = model._meta  # noqa: SLF001 - Django's documented model API
    fields = {str(field.column): field for field in meta.concrete_fields}
    names = ", ".join(f'"{column}"' for column in key)
    updates = update.replace("now.", f'"{meta.db_table}".').replace("new.", "excluded.")
    return _Upsert(meta.db_table, fields, columns, f"({names}) DO UPDATE SET {updates}")


_PRESENCE = _into(
    RoomPresence,
    ("session_id", "process", "viewers", "at"),
    ("session_id", "process"),
    "viewers = new.viewers, at = new.at",
)
_ATTENDANCE = _into(
    Attendance,
    ("session_id", "viewer", "first_at", "last_at", "visits", "watched_seconds"),
    ("session_id", "viewer"),
    "first_at = CASE WHEN new.first_at < now.first_at THEN new.first_at ELSE now.first_at END, "
    "last_at = CASE WHEN new.last_at > now.last_at THEN new.last_at ELSE now.last_at END, "
    "visits = now.visits + new.visits, watched_seconds = now.watched_seconds + new.watched_seconds",
)
