"""What a process does for its rooms beside the hub: chat, presence, figures, and news that the layer lost.

All timers stand here and all database work runs in one thread, so what viewers do costs the event loop
numbers only. One ``RoomServices`` belongs to one event loop; ``start`` and ``stop`` frame a web process.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError

from marketplace.errors import Invalid
from marketplace.lib import clock
from streams import chat, figures, hub, protocol
from streams.actions.chat import COUNTING
from streams.actions.presence import leave, record_attendance, record_rooms
from streams.chat import AWAY, ChatDesk
from streams.hub import Connection
from streams.hub.database import DatabaseThread
from streams.presence import Presence
from streams.protocol import CloseCode
from streams.queries.chat import RoomRules, deleted_since, pinned_in, rules_of
from streams.queries.figures import viewers_now

logger = structlog.get_logger(__name__)

#: How often rooms are compared with the database, and figures written.
COUNT_SECONDS = 2.0
#: How soon a room that is new here is looked up; others that open meanwhile are looked up with it.
NOTICE_SECONDS = 0.05
#: Viewers whose attendance is written in one transaction.
ATTENDANCE_AT_ONCE = 500
#: How far back deletions are read: longer than two looks and a process's clock may differ.
LOOK_BACK = timedelta(seconds=15)
#: How long deletions are told to who comes in: a screen that was away may still show the message.
REMEMBERED = timedelta(minutes=15)
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RoomsNow:
    """What the database says of this process's rooms."""

    rules: dict[str, RoomRules]
    elsewhere: dict[str, int]
    deleted: list[tuple[str, str]]
    pinned: dict[str, dict[str, Any]]


@dataclass(slots=True)
class _Known:
    """What the viewers of a room have been told."""

    slow_mode_seconds: int
    pinned: dict[str, Any] | None


class RoomServices:
    """Chat, presence and figures of the rooms of one process."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.process = figures.this_process()
        self.chat = ChatDesk(process=self.process)
        self.presence = Presence(process=self.process, tick=loop.time(), now=clock.now())
        self._database = DatabaseThread("room-services")
        self._known: dict[str, _Known] = {}
        self._deleted: dict[str, dict[str, float]] = {}
        self._looked_at = loop.time()
        self._is_away = False
        self._stopping = asyncio.Event()
        self._new_room = asyncio.Event()
        self._tasks = [loop.create_task(self._keep_chatting()), loop.create_task(self._keep_counting())]
        hub.watchers.append(self)

    async def close(self) -> None:
        """Flush what was said and counted. Viewers whose sockets are still open are counted as gone."""
        self.chat.close()
        self._stopping.set()
        self._new_room.set()
        await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        hub.watchers.remove(self)
        for task in self._tasks:
            task.cancel()
        self.presence.leave_all(tick=self.loop.time(), now=clock.now())
        with suppress(TimeoutError, DatabaseError):
            async with asyncio.timeout(STOP_SECONDS):
                await self.chat.flush(self._database)
                await self.write()
                await self._database.run(leave, process=self.process)
        self._database.close()

    def joined(self, connection: Connection) -> None:
        """Count a viewer who has come into their room, and tell what was deleted while they were away."""
        for message_id in self._deleted.get(connection.session_id, ()):
            connection.send("chat.deleted", {"message": message_id})
        if self.presence.joined(connection.session_id, connection.viewer, tick=self.loop.time()):
            self._new_room.set()

    def left(self, connection: Connection) -> None:
        """Count a viewer who has left it."""
        tick, now = self.loop.time(), clock.now()
        self.presence.left(connection.session_id, connection.viewer, tick=tick, now=now)

    async def look(self) -> None:
        """Compare this process's rooms with the database: counting, bans, deletions, viewers elsewhere."""
        rooms = self.presence.rooms()
        if not rooms:
            return
        now, tick = clock.now(), self.loop.time()
        back = LOOK_BACK if self._known.keys() >= set(rooms) else REMEMBERED
        found = await self._database.run(
            read_rooms, rooms, process=self.process, now=now, deleted_after=now - back
        )
        for session_id in rooms:
            rules = found.rules.get(session_id)
            self._count_if_on(session_id, rules, tick=tick, now=now)
            hub.set_viewers_elsewhere(session_id, found.elsewhere.get(session_id, 0))
            if rules is not None:
                self._turn_out(session_id, rules, now=now)
                self._tell_changes(session_id, rules, found.pinned.get(session_id))
        self._known = {session_id: self._known[session_id] for session_id in found.rules}
        self._tell_deletions(found.deleted, tick=tick)
        self._looked_at = tick

    async def _keep_chatting(self) -> None:
        while not self._stopping.is_set():
            await self.chat.something.wait()
            await self._pause(chat.GATHER_SECONDS)
            try:
                while not await self.chat.flush(self._database) and not self._stopping.is_set():
                    await self._pause(chat.RETRY_SECONDS)
            except Exception:
                logger.exception("chat_failed")
                await self._pause(chat.RETRY_SECONDS)

    async def _keep_counting(self) -> None:
        write_at = self.loop.time() + COUNT_SECONDS
        while not self._stopping.is_set():
            await self._wait_for_new_room(write_at)
            try:
                await self.look()
                if self.loop.time() >= write_at:
                    write_at = self.loop.time() + COUNT_SECONDS
                    self.presence.advance(tick=self.loop.time(), now=clock.now())
                    await self.write()
                self._database_answers()
            except AWAY as error:
                self._database_fails(error)
            except Exception:
                logger.exception("room_figures_failed")

    async def _wait_for_new_room(self, until: float) -> None:
        """Wait for a moment of the loop, or for a room that is new here."""
        try:
            async with asyncio.timeout_at(until):
                await self._new_room.wait()
        except TimeoutError:
            return
        await self._pause(NOTICE_SECONDS)
        self._new_room.clear()

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until the process goes down."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def write(self) -> None:
        """Write figures and attendance; what cannot be written now is kept for the next round."""
        counts, likes = self.presence.take_figures()
        try:
            await self._database.run(
                record_rooms,
                viewers=self.presence.take_viewers(),
                likes=likes,
                counts=counts,
                process=self.process,
                now=clock.now(),
            )
        except AWAY:
            self.presence.keep_figures(counts, likes)
            raise
        watched = self.presence.take_attendance()
        while watched:
            some = watched[-ATTENDANCE_AT_ONCE:]
            try:
                await self._database.run(record_attendance, some)
            except AWAY:
                self.presence.keep_attendance(watched)
                raise
            del watched[-ATTENDANCE_AT_ONCE:]

    def _count_if_on(self, session_id: str, rules: RoomRules | None, *, tick: float, now: datetime) -> None:
        """Count a room's viewers while its show is on, from and to the moment that the session names."""
        counts = rules is not None and rules.state in COUNTING
        late = 0.0
        if rules is not None and counts and rules.started_at is not None:
            late = max(0.0, (now - rules.started_at).total_seconds())
        elif rules is not None and rules.ended_at is not None:
            since_end = (now - rules.ended_at).total_seconds()
            late = min(max(0.0, since_end), tick - self._looked_at)
        self.presence.set_counting(session_id, counts, late=late, tick=tick, now=now)

    def _turn_out(self, session_id: str, rules: RoomRules, *, now: datetime) -> None:
        """Close the sockets of banned people whose expulsion the layer lost."""
        room = hub.running().room(session_id)
        if room is None or not rules.banned:
            return
        for connection in room.members():
            if connection.user_id is not None and rules.is_banned(connection.user_id, at=now):
                connection.close(CloseCode.BANNED, "banned")

    def _tell_changes(self, session_id: str, rules: RoomRules, pinned: dict[str, Any] | None) -> None:
        """Tell viewers here what changed since the last look; what they have heard already is repeated."""
        known = self._known.get(session_id)
        self._known[session_id] = _Known(rules.slow_mode_seconds, pinned)
        if known is None:
            return
        if known.slow_mode_seconds != rules.slow_mode_seconds:
            self._tell(session_id, "chat.slow_mode", {"seconds": rules.slow_mode_seconds})
        before, after = (known.pinned or {}).get("id"), (pinned or {}).get("id")
        if before != after:
            if pinned is not None:
                self._tell(session_id, "chat.pinned", {"message": pinned})
            else:
                self._tell(session_id, "chat.unpinned", {"message": before})

    def _tell_deletions(self, deleted: Collection[tuple[str, str]], *, tick: float) -> None:
        for session_id, message_id in deleted:
            told = self._deleted.setdefault(session_id, {})
            if message_id not in told:
                self._tell(session_id, "chat.deleted", {"message": message_id})
            told[message_id] = tick
        long_ago = tick - REMEMBERED.total_seconds()
        for session_id, told in list(self._deleted.items()):
            self._deleted[session_id] = {id_: seen for id_, seen in told.items() if seen > long_ago}
            if not self._deleted[session_id]:
                del self._deleted[session_id]

    def _tell(self, session_id: str, type_: str, data: dict[str, Any]) -> None:
        """Tell the viewers of this process alone; every process looks for itself."""
        room = hub.running().room(session_id)
        if room is not None:
            room.tell(protocol.frame(session_id, type_, clock.now(), data))
            room.distrust_snapshot()

    def _database_fails(self, error: Exception) -> None:
        if not self._is_away:
            logger.warning("room_figures_wait", error=str(error))
        self._is_away = True

    def _database_answers(self) -> None:
        if self._is_away:
            logger.info("room_figures_go_on")
        self._is_away = False


def read_rooms(
    session_ids: Collection[str], *, process: str, now: datetime, deleted_after: datetime
) -> RoomsNow:
    """Return what the database says of these rooms, in a handful of queries whatever their number."""
    return RoomsNow(
        rules=rules_of(session_ids, now=now),
        elsewhere=viewers_now(session_ids, now=now, without=process),
        deleted=deleted_since(session_ids, deleted_after),
        pinned=pinned_in(session_ids),
    )


_services: RoomServices | None = None


async def start() -> None:
    """Make this process's services on the running event loop, unless it has them there."""
    running()


async def stop() -> None:
    """Flush and end the services of this process; before the hub's end, after the last command."""
    global _services
    services, _services = _services, None
    if services is not None:
        await services.close()


def running() -> RoomServices:
    """Return the services of the running event loop, made now if need be."""
    global _services  # noqa: PLW0603
    loop = asyncio.get_running_loop()
    if _services is None or _services.loop is not loop:
        if _services is not None:
            hub.watchers.remove(_services)  # of a loop that has ended
        _services = RoomServices(loop)
    return _services


def chat_send(connection: Connection, command_id: str, data: dict[str, Any]) -> None:
    """Handle ``chat.send``."""
    running().chat.send(connection, command_id, data)


def like(connection: Connection, command_id: str, data: dict[str, Any]) -> None:
    """Handle ``like``: anybody may, as often as their connection may speak; nothing is answered."""
    del command_id
    wrong = protocol.wrong_like(data)
    if wrong is not None:
        raise Invalid(wrong, param="count")
    hub.add_to_pulse(connection.session_id, likes=data["count"])
    services = running()
    services.presence.liked(connection.session_id, data["count"], tick=services.loop.time())
