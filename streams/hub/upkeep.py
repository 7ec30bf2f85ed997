"""Which viewers no longer read, and which are no longer there."""

from streams.hub.connection import Connection

#: For whom more bytes wait has so many seconds to get below half of them.
SLOW_BYTES = 64 * 1024
SLOW_SECONDS = 5.0
#: Every connection is pinged once in a round of this many seconds; silent for a whole round, it is dead.
PING_ROUND = 20


class SlowViewers:
    """The connections for which bytes wait."""

    def __init__(self) -> None:
        self._stalled: set[Connection] = set()

    def note(self, connection: Connection, *, stalled: bool) -> None:
        """Learn that bytes wait for a connection, or no longer do."""
        if stalled:
            self._stalled.add(connection)
        else:
            self._stalled.discard(connection)
            connection.over_since = None

    def overdue(self, now: float) -> list[Connection]:
        """Return those for whom too much has waited for too long, and forget them."""
        overdue = []
        for connection in self._stalled:
            size = connection.socket.buffered()
            if connection.over_since is None:
                connection.over_since = now if size > SLOW_BYTES else None
            elif size <= SLOW_BYTES // 2:  # a kernel takes some more now and then, though nobody reads
                connection.over_since = None
            elif now - connection.over_since >= SLOW_SECONDS:
                overdue.append(connection)
        self._stalled.difference_update(overdue)
        return overdue


class PingRing:
    """All connections, spread over the seconds of a round so that no second pings many."""

    def __init__(self) -> None:
        self._slots: list[dict[Connection, None]] = [{} for _ in range(PING_ROUND)]
        self._newest = 0
        self._now = 0

    def add(self, connection: Connection) -> None:
        """Take a connection in."""
        self._newest = connection.ping_slot = (self._newest + 1) % PING_ROUND
        self._slots[connection.ping_slot][connection] = None

    def remove(self, connection: Connection) -> None:
        """Forget a connection."""
        self._slots[connection.ping_slot].pop(connection, None)

    def ping_next(self) -> None:
        """Ping the connections of the next second, and hang up on those that were silent since the last."""
        self._now = (self._now + 1) % PING_ROUND
        for connection in list(self._slots[self._now]):
            if not connection.socket.ping():
                connection.socket.abort()
