"""The hub's line to other processes: one channel of the channel layer, which may vanish at any time.

A lost line costs latency only: facts are read from the log by the heartbeat, everything else is ambient.
"""

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer

from streams.hub.messages import PEOPLE, Message

log = structlog.get_logger(__name__)

CALL_SECONDS = 2.0
RETRY_SECONDS = 0.5
JOIN_SECONDS = 1.0
CLOSE_SECONDS = 0.2
#: Groups are joined anew this often: a flushed Redis forgets them without a word.
REJOIN_SECONDS = 5.0
_KEPT_MESSAGES = 1_000

# Its receiver logs a traceback for every second of an outage; the line says once that the layer is away.
logging.getLogger("channels_redis.pubsub").setLevel(logging.CRITICAL)


def shared_layer() -> Any | None:
    """Return the layer that connects processes, None when there is only this one."""
    layer = get_channel_layer()
    return None if isinstance(layer, InMemoryChannelLayer) else layer


class Line:
    """Sends to and hears from the other processes, on the event loop that it was made on."""

    def __init__(self, layer: Any, hear: Callable[[Message], None]) -> None:
        """Make the line; ``hear`` is called on the loop with each message of another process."""
        self._layer = layer
        self._hear = hear
        self._origin = secrets.token_hex(8)
        self._wanted: set[str] = {PEOPLE}
        self._joined: set[str] = set()
        self._channel: str | None = None
        self._outgoing: deque[tuple[str, Message]] = deque(maxlen=_KEPT_MESSAGES)
        self._something = asyncio.Event()
        self._outage = Outage()
        steps = (self._keep_hearing(), self._keep_sending(), self._keep_joined())
        self._tasks = [asyncio.get_running_loop().create_task(step) for step in steps]

    def send(self, group: str, message: Message) -> None:
        """Send to the processes of a group some time soon; of too many that wait, the oldest are dropped."""
        self._outgoing.append((group, {**message, "origin": self._origin}))
        self._something.set()

    async def join(self, group: str) -> None:
        """Join a group, and wait until that has happened unless the layer is away."""
        self._wanted.add(group)
        if not self._outage.on:
            try:
                await self._join_missing()
            except Exception as error:  # noqa: BLE001 - whatever the layer raises, the room works without it
                self._outage.begins(error)

    def leave(self, group: str) -> None:
        """Leave a group within a second or so."""
        self._wanted.discard(group)

    async def close(self) -> None:
        """End the tasks; those whose cancellation the layer swallows are cancelled again."""
        running = set(self._tasks)
        while running:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=CLOSE_SECONDS)

    async def _keep_hearing(self) -> None:
        while True:
            try:
                self._joined.clear()
                async with asyncio.timeout(CALL_SECONDS):
                    self._channel = await self._layer.new_channel()
                await self._join_missing()
                self._outage.ends()
                while True:
                    message = await self._layer.receive(self._channel)
                    if message.get("origin") != self._origin:
                        self._hear(message)
            except Exception as error:  # noqa: BLE001 - the line is tried again whatever broke it
                self._outage.begins(error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _keep_sending(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            try:
                while self._outgoing:
                    group, message = self._outgoing.popleft()
                    async with asyncio.timeout(CALL_SECONDS):
                        await self._layer.group_send(group, message)
                self._outage.ends()
            except Exception as error:  # noqa: BLE001
                self._outgoing.clear()
                self._outage.begins(error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _keep_joined(self) -> None:
        """Join what could not be joined, leave what is not wanted, and now and then join all anew."""
        rounds = 0
        while True:
            await asyncio.sleep(JOIN_SECONDS)
            rounds += 1
            try:
                for group in self._joined - self._wanted:
                    async with asyncio.timeout(CALL_SECONDS):
                        await self._layer.group_discard(group, self._channel)
                    self._joined.discard(group)
                if rounds * JOIN_SECONDS % REJOIN_SECONDS == 0:
                    self._joined.clear()
                await self._join_missing()
            except Exception as error:  # noqa: BLE001
                self._outage.begins(error)

    async def _join_missing(self) -> None:
        for group in self._wanted - self._joined:
            if self._channel is not None:
                async with asyncio.timeout(CALL_SECONDS):
                    await self._layer.group_add(group, self._channel)
                self._joined.add(group)


class Outage:
    """Whether the layer was away at the last try; says so once."""

    def __init__(self) -> None:
        self.on = False

    def begins(self, error: Exception) -> None:
        """Note a failure."""
        if not self.on:
            log.warning("room_layer_away", error=repr(error))
        self.on = True

    def ends(self) -> None:
        """Note a success."""
        if self.on:
            log.info("room_layer_back")
        self.on = False


def send_without_loop(group: str, message: Message) -> None:
    """Send from a process that serves no viewers, such as a Celery worker; failures are only logged."""
    layer = shared_layer()
    if layer is None or time.monotonic() < _retry.at:
        return
    try:
        async_to_sync(_send_in_time)(layer, group, message)
        _outage.ends()
    except Exception as error:  # noqa: BLE001 - a publisher's work is done, whatever becomes of the news
        _outage.begins(error)
        _retry.at = time.monotonic() + RETRY_SECONDS


async def _send_in_time(layer: Any, group: str, message: Message) -> None:
    async with asyncio.timeout(CALL_SECONDS):
        await layer.group_send(group, message)


class _Retry:
    """When a process without a loop tries the layer again."""

    at = 0.0


_retry = _Retry()
_outage = Outage()
