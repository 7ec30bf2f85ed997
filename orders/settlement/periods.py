"""Periods of settlement: weeks that begin on Monday, 00:00 UTC."""

from datetime import UTC, datetime, timedelta

PERIOD = timedelta(days=7)
_A_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def last_ended(now: datetime) -> tuple[datetime, datetime]:
    """Return beginning and end of the last period that is over; the end is the first moment after it."""
    end = _A_MONDAY + (now - _A_MONDAY) // PERIOD * PERIOD
    return end - PERIOD, end


def next_end(now: datetime) -> datetime:
    """Return when the present period ends."""
    return last_ended(now)[1] + PERIOD
