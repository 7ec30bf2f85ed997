"""Periods of settlement: weeks that begin on Monday, 00:00 UTC."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

PERIOD = timedelta(days=7)
_A_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def last_ended(now: datetime) -> tuple[datetime, datetime]:
    """Return beginning and end of the last period that is over; the end is the first moment after it."""
    end = _A_MONDAY + (now - _A_MONDAY) // PERIOD * PERIOD
    return end - PERIOD, end


def ended(*, since: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the period that ``since`` is in and those after it, as far as they are over, oldest first."""
    start, end = last_ended(since + PERIOD)
    while end <= now:
        yield start, end
        start, end = end, end + PERIOD


def next_end(now: datetime) -> datetime:
    """Return when the present period ends."""
    return last_ended(now)[1] + PERIOD
