"""What the sweeps of sessions have to do."""

from collections.abc import Sequence
from datetime import datetime

from marketplace.lib import rows
from streams.models import Session
from streams.states import ON_AIR

# Written as SQL because beat asks every second: a queryset costs several times the statement.
_ON_AIR = f"SELECT id FROM streams_session WHERE state IN ({rows.marks(ON_AIR)})"  # noqa: S608 - placeholders only


def stale_rooms(*, limit: int) -> list[str]:
    """Return rooms on air in which units moved since they last heard of it."""
    return rows.ids("ses", f"{_ON_AIR} AND stock_stale ORDER BY id LIMIT %s", [*ON_AIR, limit])


def used_by_covers(names: Sequence[str]) -> set[str]:
    """Return which of these files are covers of sessions."""
    return set(Session.objects.filter(cover__in=names).values_list("cover", flat=True))


def rooms_on_air() -> list[str]:
    """Return every room on air."""
    return rows.ids("ses", f"{_ON_AIR} ORDER BY id", [*ON_AIR])


def next_closing(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which an open deal's time is over."""
    open_deals = "SELECT MIN(closes_at) FROM streams_deal WHERE closed_at IS NULL AND closes_at > %s"
    return rows.earliest(open_deals, [after])
