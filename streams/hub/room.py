"""A room in one process: its last facts, its viewers, and the one place where they are written to."""

import asyncio
import math
from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

from marketplace import metrics
from marketplace.lib import clock
from streams import protocol
from streams.hub.connection import Connection
from streams.hub.pulse import Pulse
from streams.models import RoomEvent
from streams.protocol import CloseCode, ResumePoint
from streams.queries.chat import HISTORY_IN_SNAPSHOT
from streams.queries.room import RoomState

#: Facts a process keeps of a room; who has missed more takes a snapshot.
KEPT_FACTS = 256
#: Frames that follow others within this time are gathered and go out in one write to each viewer.
GATHER_SECONDS = 0.025
#: Writes after which other work of the event loop gets its turn.
WRITES_AT_ONCE = 500
#: Bytes that may wait for a viewer before ambient messages are left out.
LAZY_BYTES = 64 * 1024
#: Bytes that may wait for a viewer at all; beyond them a fact closes the connection.
MOST_BYTES = 1024 * 1024
#: How old a snapshot may grow, in seconds and in facts, before it is read again.
SNAPSHOT_SECONDS = 5.0
SNAPSHOT_FACTS = 16
_WELCOME_SECONDS = 0.1


class NumberedFrame(NamedTuple):
    """A fact ready to be sent."""

    seq: int
    frame: bytes


class Room:
    """The viewers of one session in this process. Every method is called on the event loop.

    Attributes:
        epoch: the run of the fact log.
        last_seq: the last fact that the viewers were told, or are being told.
        is_public: everybody may watch; otherwise only those who prepare the session.
        viewers_elsewhere: viewers in other processes, as far as is known.
        empty_since: the loop's time when the last viewer left.
    """

    def __init__(self, session_id: str, loop: asyncio.AbstractEventLoop) -> None:
        self.session_id = session_id
        self.epoch = ""
        self.last_seq = -1
        self.is_public = False
        self.pulse = Pulse()
        self.viewers_elsewhere = 0
        self.empty_since = loop.time()
        self._loop = loop
        self._facts: deque[NumberedFrame] = deque()
        self._early: dict[int, bytes] = {}
        self._floor = 0
        self._members: dict[Connection, None] = {}
        self._audience: list[Connection] | None = None
        self._outbox: deque[_Delivery] = deque()
        self._writing = False
        self._free_at = 0.0
        self._snapshot: dict[str, Any] = {}
        self._snapshot_at = 0.0
        self._welcome = b""
        self._welcome_at = -1.0

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody is here."""
        return not self._members

    @property
    def viewers(self) -> int:
        """Return how many watch, in all processes."""
        return len(self._members) + self.viewers_elsewhere

    @property
    def has_gap(self) -> bool:
        """Tell whether facts have come whose predecessors have not."""
        return bool(self._early) and self.last_seq >= 0

    def members(self) -> list[Connection]:
        """Return those who are here."""
        if self._audience is None:
            self._audience = list(self._members)
        return self._audience

    def load(self, state: RoomState) -> None:
        """Begin with what the database says; facts that came meanwhile follow."""
        self.epoch, self.last_seq, self.is_public = state.head
        self._floor = self.last_seq
        frames = [numbered(event) for event in state.facts]
        if frames and frames[-1].seq == self.last_seq:
            self._floor = frames[0].seq - 1
            self._facts.extend(frames)
        self.take([])

    def take(self, facts: Iterable[NumberedFrame]) -> None:
        """Tell the viewers facts, each once and in order; one that comes early waits for those before it."""
        for seq, frame in facts:
            if seq > self.last_seq:
                self._early[seq] = frame
        if not self._early or self.last_seq < 0:
            return
        told = []
        while frame := self._early.pop(self.last_seq + 1, b""):
            self.last_seq += 1
            self._facts.append(NumberedFrame(self.last_seq, frame))
            told.append(frame)
        for seq in [seq for seq in self._early if seq <= self.last_seq]:
            del self._early[seq]
        while len(self._facts) > KEPT_FACTS:
            self._floor = self._facts.popleft().seq
        if told:
            self._welcome = b""
            self._send(b"".join(told), "fact", count=len(told))

    def tell(self, frames: bytes, *, count: int = 1) -> None:
        """Send ambient messages, which a viewer who lags behind goes without."""
        self._send(frames, "ambient", count=count)

    def covers(self, since: ResumePoint) -> bool:
        """Tell whether the facts after this point are at hand."""
        return since.epoch == self.epoch and self._floor <= since.seq <= self.last_seq

    def needs_snapshot(self) -> bool:
        """Tell whether the snapshot is missing or too old to begin with."""
        return (
            not self._snapshot
            or self._snapshot["seq"] < max(self._floor, self.last_seq - SNAPSHOT_FACTS)
            or self._loop.time() - self._snapshot_at > SNAPSHOT_SECONDS
        )

    def set_snapshot(self, snapshot: dict[str, Any]) -> None:
        """Keep a snapshot for those who come next."""
        self._snapshot = snapshot
        self._snapshot_at = self._loop.time()
        self._welcome = b""

    def note_chats(self, chats: Iterable[dict[str, Any]]) -> None:
        """Add what has just been shown to the snapshot, for those who come next."""
        if self._snapshot:
            known = {chat["id"]: chat for chat in (*self._snapshot["chats"], *chats)}
            self._snapshot = {**self._snapshot, "chats": list(known.values())[-HISTORY_IN_SNAPSHOT:]}
            self._welcome = b""

    def distrust_snapshot(self) -> None:
        """Have the snapshot read again before the next viewer comes: it shows what is no longer so."""
        self._snapshot_at = -math.inf
        self._welcome = b""

    def admit(self, connection: Connection, since: ResumePoint | None) -> None:
        """Let a viewer in: from this step on they miss nothing and get nothing twice."""
        if since is not None and self.covers(since):
            frames = [fact.frame for fact in self._facts if fact.seq > since.seq]
            connection.socket.write(b"".join([*frames, self._position(), *self._chat()]))
        else:
            connection.socket.write(self._first_frames("room.snapshot" if since is None else "resync"))
        connection.inside = True
        connection.joined_at = self._loop.time()
        self._members[connection] = None
        self._audience = None

    def dismiss(self, connection: Connection) -> None:
        """Let a viewer go."""
        self._members.pop(connection, None)
        self._audience = None
        if not self._members:
            self.empty_since = self._loop.time()

    def _first_frames(self, type_: str) -> bytes:
        """Return snapshot and later facts; within a tenth of a second everybody gets the same bytes."""
        now = self._loop.time()
        if self._welcome and type_ == "room.snapshot" and now - self._welcome_at < _WELCOME_SECONDS:
            return self._welcome
        at = clock.now()
        data = {**self._snapshot, "viewers": self.viewers + 1, "server_time": clock.to_wire(at)}
        later = [fact.frame for fact in self._facts if fact.seq > data["seq"]]
        first = b"".join([protocol.frame(self.session_id, type_, at, data), *later])
        if type_ == "room.snapshot":
            self._welcome, self._welcome_at = first, now
        return first

    def _position(self) -> bytes:
        """Return the pulse that tells somebody who resumed where the log stands."""
        data = {"seq": self.last_seq, "viewers": self.viewers + 1, "likes": 0, "sold": 0}
        return protocol.frame(self.session_id, "room.pulse", clock.now(), data)

    def _chat(self) -> list[bytes]:
        """Return the last chat messages and the pinned one, which the log of facts does not have."""
        chats, pinned = self._snapshot.get("chats"), self._snapshot.get("pinned_chat")
        said = {"chat.messages": {"messages": chats}} if chats else {}
        if pinned:
            said["chat.pinned"] = {"message": pinned}
        return [protocol.frame(self.session_id, type_, clock.now(), data) for type_, data in said.items()]

    def _send(self, frames: bytes, kind: str, *, count: int) -> None:
        audience = self.members()
        if audience:
            metrics.HUB_DELIVERIES.labels(kind=kind).inc(len(audience) * count)
            ambient = kind == "ambient"
            if not (self._outbox and self._outbox[-1].takes_along(frames, audience, ambient)):
                self._outbox.append(_Delivery(frames, audience, ambient))
            if not self._writing:
                self._writing = True
                if self._loop.time() < self._free_at:
                    self._loop.call_at(self._free_at, self._begin)
                else:
                    self._begin()

    def _begin(self) -> None:
        self._free_at = self._loop.time() + GATHER_SECONDS
        self._write()

    def _write(self) -> None:
        """Write what is to be sent, at most so many viewers in one step of the loop."""
        budget = WRITES_AT_ONCE
        while self._outbox and budget > 0:
            delivery = self._outbox[0]
            budget -= delivery.write(budget)
            if delivery.is_done:
                self._outbox.popleft()
        self._writing = bool(self._outbox)
        if self._writing:
            self._loop.call_soon(self._write)


class _Delivery:
    """Frames on their way to the viewers who were there when they were told."""

    __slots__ = ("_ambient", "_audience", "_frames", "_position")

    def __init__(self, frames: bytes, audience: list[Connection], ambient: bool) -> None:
        self._frames = frames
        self._audience = audience
        self._ambient = ambient
        self._position = 0

    @property
    def is_done(self) -> bool:
        return self._position >= len(self._audience)

    def takes_along(self, frames: bytes, audience: list[Connection], ambient: bool) -> bool:
        """Add frames for the same viewers to one write each, unless writing has begun."""
        if self._position or audience is not self._audience or ambient != self._ambient:
            return False
        self._frames += frames
        return True

    def write(self, most: int) -> int:
        """Write to at most so many viewers and return how many were due."""
        frames = self._frames
        due = self._audience[self._position : self._position + most]
        for connection in due:
            if connection.stalled and not self._may_wait(connection):
                continue
            connection.socket.write(frames)
        self._position += len(due)
        return len(due)

    def _may_wait(self, connection: Connection) -> bool:
        """Tell whether more may wait for a viewer. Nobody goes without a fact and stays."""
        if self._ambient:
            return connection.socket.buffered() <= LAZY_BYTES
        if connection.socket.buffered() <= MOST_BYTES:
            return True
        metrics.HUB_SLOW_VIEWERS.inc()
        connection.close(CloseCode.SLOW_READER, "reading too slowly")
        return False


def numbered(event: RoomEvent) -> NumberedFrame:
    """Return a fact of the log as it is sent."""
    frame = protocol.fact_frame(event.session_id, event.seq, event.type, event.at, event.payload)
    return NumberedFrame(event.seq, frame)
