"""The marketplace's clock: the one place that knows the time.

Interfaces read it once and pass ``now`` down. The sandbox may set it ahead of the machine's clock; what must
not move with it (who may sign in, signatures, logs) reads ``machine_now``. docs/clock.md has the whole list.
"""

from datetime import UTC, datetime, timedelta

#: Before anything happened.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

_ahead = timedelta(0)


def now() -> datetime:
    """Return the marketplace's time, aware, in UTC."""
    return datetime.now(tz=UTC) + _ahead


def machine_now() -> datetime:
    """Return the machine's time, aware, in UTC, wherever the marketplace's clock stands."""
    return datetime.now(tz=UTC)


def ahead() -> timedelta:
    """Return how far this process's marketplace clock runs ahead of the machine's."""
    return _ahead


def set_ahead(by: timedelta) -> None:
    """Set how far this process's marketplace clock runs ahead of the machine's."""
    global _ahead  # noqa: PLW0603 - the clock is the one process-wide value that may move
    _ahead = by


def to_wire(moment: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds: ``2026-11-11T00:00:26.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
