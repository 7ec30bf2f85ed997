"""The hub of one process: its rooms, the people in them, and what keeps both up to date."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

import structlog

from marketplace import metrics
from marketplace.lib import clock
from streams import protocol
from streams.hub import layer, messages
from streams.hub.connection import Connection
from streams.hub.endings import Endings
from streams.hub.layer import Line
from streams.hub.messages import Message, room_group
from streams.hub.pulse import BEAT_SECONDS, Tally, chat_data
from streams.hub.reading import Reader
from streams.hub.room import NumberedFrame, Room
from streams.hub.upkeep import PingRing, SlowViewers
from streams.protocol import CloseCode, ResumePoint

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 1.0
#: How long a fact may be overtaken by its successors before the log is read.
GRACE_SECONDS = 0.03
#: How long a room without viewers is kept at hand.
EMPTY_SECONDS = 30.0


class Watcher(Protocol):
    """Somebody who counts viewers; called on the event loop."""

    def joined(self, connection: Connection) -> None:
        """Learn that a viewer has come into their room."""

    def left(self, connection: Connection) -> None:
        """Learn that a viewer has left it."""


#: Who is told of viewers that come and go, in every hub of this process.
watchers: list[Watcher] = []


class Hub:
    """Belongs to one event loop: its methods are called there and none of them waits for a viewer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._rooms: dict[str, Room] = {}
        self._people: dict[str, dict[Connection, None]] = {}
        self._endings = Endings(loop)
        self._slow = SlowViewers()
        self._pings = PingRing()
        self._reader = Reader()
        self._repairs: set[asyncio.Task[None]] = set()
        self._database_is_away = False
        self._clock_ahead = clock.ahead()
        shared = layer.shared_layer()
        self._line = None if shared is None else Line(shared, self.hear)
        self._tasks = [loop.create_task(self._keep_beating()), loop.create_task(self._keep_up())]

    async def close(self) -> None:
        """End the hub's tasks. The server closes the sockets."""
        tasks = [*self._tasks, *self._repairs]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._line is not None:
            await self._line.close()
        self._reader.close()

    def room(self, session_id: str) -> Room | None:
        """Return a room that this process has at hand."""
        return self._rooms.get(session_id)

    async def enter(self, connection: Connection, since: ResumePoint | None) -> None:
        """Let a viewer into their room, or close the connection with the reason why not."""
        room = await self._open(connection.session_id)
        if room is None:
            connection.close(CloseCode.NO_SUCH_ROOM, "no such room")
            return
        await self._refresh(room, covered=since is not None and room.covers(since))
        if connection.closed:
            return
        ended = self._endings.since(connection)
        if ended is not None:
            connection.close(*ended)
            return
        room.admit(connection, since)
        self._pings.add(connection)
        if connection.user_id is not None:
            self._people.setdefault(connection.user_id, {})[connection] = None
        metrics.ROOM_VIEWERS.inc()
        for watcher in watchers:
            watcher.joined(connection)

    async def _refresh(self, room: Room, *, covered: bool) -> None:
        """Have a new enough snapshot read; whoever has all facts wants only its chat, and can do without."""
        if not room.needs_snapshot() or (covered and self._database_is_away):
            return
        try:
            await self._reader.snapshot(room)
        except Exception as error:
            if not covered:
                raise
            self._database_fails(error)

    def lost(self, connection: Connection) -> None:
        """Forget a viewer whose socket is gone."""
        self._slow.note(connection, stalled=False)
        if not connection.inside:
            return
        connection.inside = False
        room = self._rooms.get(connection.session_id)
        if room is not None:
            room.dismiss(connection)
        self._pings.remove(connection)
        if connection.user_id is not None:
            theirs = self._people[connection.user_id]
            del theirs[connection]
            if not theirs:
                del self._people[connection.user_id]
        metrics.ROOM_VIEWERS.dec()
        for watcher in watchers:
            watcher.left(connection)

    def stalled(self, connection: Connection, stalled: bool) -> None:
        """Watch a viewer for whom bytes wait."""
        self._slow.note(connection, stalled=stalled)

    def publish(self, session_id: str, facts: list[NumberedFrame]) -> None:
        """Tell facts to the viewers of this process, and the other processes of them."""
        self._take(session_id, facts)
        if self._line is not None:
            self._line.send(room_group(session_id), messages.facts(session_id, facts))

    def send(self, group: str, message: Message) -> None:
        """Do what a message says, and pass it on to the other processes."""
        self.hear(message)
        if self._line is not None:
            self._line.send(group, message)

    def add(self, session_id: str, tally: Tally) -> None:
        """Add to a room's pulse what happened in this process."""
        room = self._rooms.get(session_id)
        if room is not None:
            room.pulse.add(tally)
        elif self._line is not None:
            self._line.send(room_group(session_id), messages.tally(session_id, tally))

    def hear(self, message: Message) -> None:
        """Do what a message says."""
        room = self._rooms.get(message.get("room", ""))
        match message["type"]:
            case "hub.facts":
                self._take(message["room"], [NumberedFrame(seq, frame) for seq, frame in message["facts"]])
            case "hub.ambient" if room is not None:
                room.tell(message["frame"])
                room.distrust_snapshot()
            case "hub.tally" if room is not None:
                room.pulse.add_foreign(Tally.from_layer(message))
            case "hub.personal":
                for connection in list(self._people.get(message["user"], ())):
                    connection.send(message["name"], message["data"])
            case "hub.expulsion":
                self._hang_up(message["user"], CloseCode.BANNED, "banned", room=message["room"])
            case "hub.dismissal":
                self._hang_up(message["user"], CloseCode.ACCESS_ENDED, "access_ended")

    def _hang_up(self, user_id: str, code: CloseCode, reason: str, *, room: str | None = None) -> None:
        """Close a person's connections, in one room or in all; also those that are just coming in."""
        self._endings.note(user_id, code, reason, room=room)
        for connection in list(self._people.get(user_id, ())):
            if room is None or connection.session_id == room:
                connection.close(code, reason)

    def _take(self, session_id: str, facts: Iterable[NumberedFrame]) -> None:
        room = self._rooms.get(session_id)
        if room is not None:
            room.take(facts)
            if room.has_gap:
                self.loop.call_later(GRACE_SECONDS, self._repair_gap, room)

    def _repair_gap(self, room: Room) -> None:
        if room.has_gap:
            task = self.loop.create_task(self._repair(room))
            self._repairs.add(task)
            task.add_done_callback(self._repairs.discard)

    async def _repair(self, room: Room) -> None:
        try:
            await self._reader.catch_up(room)
        except Exception as error:  # noqa: BLE001 - the heartbeat tries again
            self._database_fails(error)

    async def _open(self, session_id: str) -> Room | None:
        """Return a room, reading it when this process has not got it; None when there is no such session."""
        room = self._rooms.get(session_id)
        if room is None:
            room = self._rooms[session_id] = Room(session_id, self.loop)
            if self._line is not None:
                await self._line.join(room_group(session_id))
        room.empty_since = self.loop.time()
        if room.last_seq < 0:
            try:
                found = await self._reader.load(room)
            finally:
                if room.last_seq < 0:
                    self._drop(room)
            return room if found else None
        return room

    def _drop(self, room: Room) -> None:
        if self._rooms.get(room.session_id) is room:
            del self._rooms[room.session_id]
            if self._line is not None:
                self._line.leave(room_group(room.session_id))

    async def _keep_beating(self) -> None:
        """Tell every room its pulse and let go of viewers who do not read."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            clock_moved, self._clock_ahead = clock.ahead() != self._clock_ahead, clock.ahead()
            for room in self._rooms.values():
                if clock_moved:
                    room.pulse.tell_again()
                self._beat(room)
            for connection in self._slow.overdue(self.loop.time()):
                metrics.HUB_SLOW_VIEWERS.inc()
                connection.close(CloseCode.SLOW_READER, "reading too slowly")

    def _beat(self, room: Room) -> None:
        beat = room.pulse.beat(seq=room.last_seq, viewers=room.viewers)
        now = clock.now()
        frames = []
        if beat.shown:
            room.note_chats(said.chat for said in beat.shown)
            frames.append(protocol.frame(room.session_id, "chat.messages", now, chat_data(beat.shown)))
        if beat.pulse:
            frames.append(protocol.frame(room.session_id, "room.pulse", now, beat.pulse))
        if frames:
            room.tell(b"".join(frames), count=len(frames))
        for said in beat.missed:
            if said.author is not None:
                said.author.send("chat.messages", chat_data([said]))
        if beat.own and self._line is not None:
            self._line.send(room_group(room.session_id), messages.tally(room.session_id, beat.own))

    async def _keep_up(self) -> None:
        """Once a second look whether facts were missed, whoever lost them, and whether viewers are there."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            self._pings.ping_next()
            self._drop_empty()
            try:
                await self._compare_with_log()
                self._database_answers()
            except Exception as error:  # noqa: BLE001 - the next heartbeat tries again
                self._database_fails(error)

    async def _compare_with_log(self) -> None:
        rooms = [room for room in self._rooms.values() if room.last_seq >= 0]
        if not rooms:
            return
        heads = await self._reader.heads([room.session_id for room in rooms])
        for room in rooms:
            head = heads.get(room.session_id)
            if head is None or head.epoch != room.epoch:
                self._begin_anew(room)
                continue
            room.is_public = head.is_public
            if head.last_seq > room.last_seq:
                await self._reader.catch_up(room)

    def _begin_anew(self, room: Room) -> None:
        """Send a room's viewers away to come back: its log is another's, as after a restored backup."""
        log.warning("room_log_replaced", session=room.session_id)
        self._drop(room)
        for connection in room.members():
            connection.close(CloseCode.GOING_DOWN, "come back")

    def _drop_empty(self) -> None:
        long_ago = self.loop.time() - EMPTY_SECONDS
        for room in list(self._rooms.values()):
            if room.is_empty and room.last_seq >= 0 and room.empty_since < long_ago:
                self._drop(room)

    def _database_fails(self, error: Exception) -> None:
        if not self._database_is_away:
            log.warning("room_database_away", error=repr(error))
        self._database_is_away = True

    def _database_answers(self) -> None:
        if self._database_is_away:
            log.info("room_database_back")
        self._database_is_away = False
