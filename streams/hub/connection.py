"""One viewer's connection as the hub and the command handlers see it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from marketplace.lib import clock
from streams import protocol
from streams.protocol import CloseCode

#: Commands a second that a connection may send for long, and how many at once; 1 KB counts as one more.
COMMANDS_PER_SECOND = 50.0
COMMANDS_AT_ONCE = 100.0
_BYTES_PER_COMMAND = 1024


class Socket(Protocol):
    """What a connection needs of the socket below it; all calls return at once."""

    @property
    def write(self) -> Callable[[bytes], None]:
        """Return what writes framed bytes now; look it up for every write."""

    @property
    def closing(self) -> bool:
        """Tell whether nothing can be sent any more."""

    def buffered(self) -> int:
        """Return how many bytes wait to be sent."""

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame and say no more."""

    def abort(self) -> None:
        """Hang up at once."""

    def ping(self) -> bool:
        """Send a ping; return False when nothing was heard since the last one."""


class Connection:
    """A viewer in a room. There are thousands: it holds what it must and no more.

    Attributes:
        session_id: the room's session.
        user_id: public id of the person, None for somebody who has not signed in.
        viewer: who watches: the person's id, or a random one for this connection.
        inside: the viewer is in the room.
        joined_at: the loop's time when they came to the door, then when they came in.
        stalled: bytes wait to be sent.
    """

    __slots__ = (
        *("_allowance", "_counted_at", "_listener", "inside", "joined_at", "over_since", "ping_slot"),
        *("session_id", "socket", "stalled", "user_id", "viewer", "waiting"),
    )

    socket: Socket

    def __init__(self, session_id: str, listener: "Listener") -> None:
        self._listener = listener
        self.session_id = session_id
        self.user_id: str | None = None
        self.viewer = ""
        self.inside = False
        self.stalled = False
        #: The loop's time since when more waits to be sent than may.
        self.over_since: float | None = None
        #: In which second of the ping round this connection is pinged.
        self.ping_slot = 0
        #: Messages that came before the viewer was in the room.
        self.waiting: list[bytes] | None = []
        self._allowance = COMMANDS_AT_ONCE
        self._counted_at = self.joined_at = asyncio.get_running_loop().time()

    @property
    def closed(self) -> bool:
        """Tell whether nothing can be sent any more."""
        return self.socket.closing

    def send(self, type_: str, data: Mapping[str, Any]) -> None:
        """Send a message to this viewer alone."""
        self.socket.write(protocol.frame(self.session_id, type_, clock.now(), data))

    def reply(self, type_: str, data: Mapping[str, Any], *, re: str | None) -> None:
        """Answer the command with the id ``re``. Must be called on the event loop."""
        self.socket.write(protocol.reply_frame(self.session_id, type_, clock.now(), data, re=re))

    def fail(self, code: str, message: str, *, re: str | None) -> None:
        """Answer a command with ``error``."""
        self.reply("error", {"code": code, "message": message}, re=re)

    def close(self, code: CloseCode, reason: str = "") -> None:
        """Hang up and say why."""
        self.socket.close(code, reason)

    def on_text(self, payload: bytes) -> None:
        """Take a message from the socket, unless there are too many."""
        if self._may_say(1 + len(payload) // _BYTES_PER_COMMAND):
            self._listener.heard(self, payload)

    def on_control(self) -> None:
        """Count a control frame or fragment like a command."""
        self._may_say(1)

    def on_stalled(self, stalled: bool) -> None:
        """Learn that bytes wait to be sent, or no longer do."""
        self.stalled = stalled
        self._listener.stalled(self, stalled)

    def on_lost(self) -> None:
        """Learn that the socket is gone."""
        self._listener.lost(self)

    def _may_say(self, cost: int) -> bool:
        """Take from the allowance, which refills with time; close the connection when it is used up."""
        self._allowance -= cost
        if self._allowance < 0:
            now = asyncio.get_running_loop().time()
            earned = (now - self._counted_at) * COMMANDS_PER_SECOND
            self._allowance = min(COMMANDS_AT_ONCE, self._allowance + earned)
            self._counted_at = now
            if self._allowance < 0:
                self.close(CloseCode.TOO_FAST, "too many commands")
                return False
        return True


class Listener(Protocol):
    """Who is told what a connection hears."""

    def heard(self, connection: Connection, payload: bytes) -> None:
        """Take one text message."""

    def stalled(self, connection: Connection, stalled: bool) -> None:
        """Learn that a connection stalls or flows again."""

    def lost(self, connection: Connection) -> None:
        """Learn that a connection is gone."""
