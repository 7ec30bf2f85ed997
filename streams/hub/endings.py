"""Whose access has ended lately: who was at the door at that moment was let through by what held before."""

import asyncio
from typing import NamedTuple

from streams.hub.connection import Connection
from streams.protocol import CloseCode

#: Nobody is on the way from the door into a room for longer.
KEPT_SECONDS = 300.0


class Ending(NamedTuple):
    """Why the connections of a person are closed, and when that was, in the loop's time."""

    at: float
    code: CloseCode
    reason: str


class Endings:
    """What a hub was told of people who may not stay, by person and room; None means all rooms."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._endings: dict[tuple[str, str | None], Ending] = {}

    def note(self, user_id: str, code: CloseCode, reason: str, *, room: str | None) -> None:
        """Keep that a person's access has ended now, in one room or in all."""
        now = self._loop.time()
        while self._endings:
            oldest = next(iter(self._endings))
            if now - self._endings[oldest].at < KEPT_SECONDS:
                break
            del self._endings[oldest]
        self._endings.pop((user_id, room), None)  # the newest stands last
        self._endings[user_id, room] = Ending(now, code, reason)

    def since(self, connection: Connection) -> tuple[CloseCode, str] | None:
        """Return why somebody must go whose access has ended after they came to the door."""
        if connection.user_id is not None:
            for room in (None, connection.session_id):
                ending = self._endings.get((connection.user_id, room))
                if ending is not None and ending.at >= connection.joined_at:
                    return ending.code, ending.reason
        return None
