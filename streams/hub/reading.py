"""What the hub reads from the database: each thing once, however many viewers wait for it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from streams.hub.database import DatabaseThread
from streams.hub.room import KEPT_FACTS, Room, numbered
from streams.queries import room as queries
from streams.queries.room import Head


class Once:
    """Runs one task per key at a time; who asks meanwhile waits for that one."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[Any]] = {}

    async def run(self, key: str, start: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Wait for the task of this key, starting it when there is none."""
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.get_running_loop().create_task(start())
            task.add_done_callback(lambda _: self._running.pop(key))
        return await asyncio.shield(task)


class Reader:
    """Reads rooms, snapshots and missed facts in a thread of its own."""

    def __init__(self) -> None:
        self._database = DatabaseThread("hub-database")
        self._states = Once()
        self._snapshots = Once()
        self._facts = Once()

    async def load(self, room: Room) -> bool:
        """Fill a new room; False when there is no such session."""
        return bool(await self._states.run(room.session_id, lambda: self._load(room)))

    async def snapshot(self, room: Room) -> None:
        """Give a room a new snapshot, and the facts up to it."""
        await self._snapshots.run(room.session_id, lambda: self._snapshot(room))

    async def catch_up(self, room: Room) -> None:
        """Tell a room the facts that it has missed."""
        await self._facts.run(room.session_id, lambda: self._catch_up(room))

    async def heads(self, session_ids: list[str]) -> dict[str, Head]:
        """Return where the fact logs of these sessions stand."""
        return await self._database.run(queries.heads, session_ids)

    def close(self) -> None:
        """End the thread."""
        self._database.close()

    async def _load(self, room: Room) -> bool:
        if room.last_seq < 0:
            state = await self._database.run(queries.room_state, room.session_id, facts=KEPT_FACTS)
            if state is not None:
                room.load(state)
        return room.last_seq >= 0

    async def _snapshot(self, room: Room) -> None:
        snapshot = await self._database.run(queries.room_snapshot, room.session_id)
        if snapshot is None:
            raise LookupError(f"{room.session_id} has vanished")
        if snapshot["seq"] > room.last_seq:
            await self.catch_up(room)
        room.set_snapshot(snapshot)

    async def _catch_up(self, room: Room) -> None:
        going_on = True
        while going_on:
            after = room.last_seq
            events = await self._database.run(
                queries.facts_after, room.session_id, after=after, limit=KEPT_FACTS
            )
            room.take([numbered(event) for event in events])
            going_on = len(events) == KEPT_FACTS and room.last_seq > after
