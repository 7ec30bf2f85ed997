"""What the sweeps of sessions have to do."""

from collections.abc import Sequence
from datetime import datetime

from marketplace.lib import rows
from streams.models import Session
from streams.states import ON_AIR


def stale_rooms(*, limit: int) -> list[str]:
    """Return rooms on air in which units moved since they last heard of it."""
    stale = Session.objects.filter(state__in=ON_AIR, stock_stale=True).order_by("id")
    return list(stale.values_list("id", flat=True)[:limit])


def used_by_covers(names: Sequence[str]) -> set[str]:
    """Return which of these files are covers of sessions."""
    return set(Session.objects.filter(cover__in=names).values_list("cover", flat=True))


def rooms_on_air() -> list[str]:
    """Return every room on air."""
    return list(Session.objects.filter(state__in=ON_AIR).order_by("id").values_list("id", flat=True))


def next_closing(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which an open deal's time is over."""
    open_deals = "SELECT MIN(closes_at) FROM streams_deal WHERE closed_at IS NULL AND closes_at > %s"
    return rows.earliest(open_deals, [after])
