"""The hub: from a fact in the log to the screens of everybody in the room.

What stands here may be called from any thread of any process, returns at once and never raises because of the
hub: an action publishes on commit and is done. Where this process serves viewers, they are told directly; the
other processes hear through the channel layer. A viewer who was told nothing, because a process or the layer
died, is told by the heartbeat, which compares every room with the fact log once a second.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog

from marketplace.lib import clock
from streams import protocol
from streams.hub import layer, messages
from streams.hub.connection import Connection
from streams.hub.core import Hub, Watcher, watchers
from streams.hub.pulse import Said, Tally
from streams.hub.room import numbered
from streams.models import RoomEvent

__all__ = [
    "Connection",
    "Hub",
    "Watcher",
    "add_to_pulse",
    "expel",
    "publish",
    "publish_ambient",
    "running",
    "say",
    "set_viewers_elsewhere",
    "start",
    "stop",
    "tell",
    "watchers",
]

log = structlog.get_logger(__name__)

_hub: Hub | None = None


def publish(session_id: str, events: Iterable[RoomEvent]) -> None:
    """Tell a room's viewers facts whose transaction has committed."""
    facts = [numbered(event) for event in events]
    message = messages.facts(session_id, facts)
    _do(lambda hub: hub.publish(session_id, facts), messages.room_group(session_id), message)


def publish_ambient(session_id: str, type_: str, data: Mapping[str, Any]) -> None:
    """Tell a room's viewers something that no log remembers; who lags behind goes without."""
    group = messages.room_group(session_id)
    message = messages.ambient(session_id, protocol.frame(session_id, type_, clock.now(), data))
    _do(lambda hub: hub.send(group, message), group, message)


def tell(user_id: str, type_: str, data: Mapping[str, Any]) -> None:
    """Tell one person, on every connection they have, in whatever room."""
    message = messages.personal(user_id, type_, data)
    _do(lambda hub: hub.send(messages.PEOPLE, message), messages.PEOPLE, message)


def expel(session_id: str, user_id: str) -> None:
    """Show a banned person out of a room; who may enter is asked at the door."""
    message = messages.expulsion(session_id, user_id)
    _do(lambda hub: hub.send(messages.PEOPLE, message), messages.PEOPLE, message)


def dismiss(user_id: str) -> None:
    """Hang up on a person everywhere; the door asks each connection that comes back who it is now."""
    message = messages.dismissal(user_id)
    _do(lambda hub: hub.send(messages.PEOPLE, message), messages.PEOPLE, message)


def add_to_pulse(session_id: str, *, likes: int = 0, sold: int = 0) -> None:
    """Count likes given and units sold into the room's next ``room.pulse``."""
    tally = Tally(likes=likes, sold=sold)
    message = messages.tally(session_id, tally)
    _do(lambda hub: hub.add(session_id, tally), messages.room_group(session_id), message)


def say(
    session_id: str, chat: Mapping[str, Any], *, keep: bool = False, author: Connection | None = None
) -> None:
    """Put a chat message into the room's next ``chat.messages``.

    Args:
        session_id: the room.
        chat: the message as it is shown.
        keep: show it even where a busy room's messages are drawn by lot.
        author: the writer's connection; they see their message in any case.
    """
    tally = Tally(chats=[Said(dict(chat), keep, author)])
    message = messages.tally(session_id, tally)
    _do(lambda hub: hub.add(session_id, tally), messages.room_group(session_id), message)


def set_viewers_elsewhere(session_id: str, viewers: int) -> None:
    """Say how many watch a room in other processes; without effect where this one has no viewers in it."""

    def note(hub: Hub) -> None:
        room = hub.room(session_id)
        if room is not None:
            room.viewers_elsewhere = viewers

    if _hub is not None:
        _on_loop(_hub, note)


async def start() -> None:
    """Make this process's hub on the running event loop, unless it has one there."""
    running()


async def stop() -> None:
    """End the hub of this process."""
    global _hub
    hub, _hub = _hub, None
    if hub is not None:
        await hub.close()


def running() -> Hub:
    """Return the hub of the running event loop, made now if need be."""
    global _hub  # noqa: PLW0603 - a process has one hub
    loop = asyncio.get_running_loop()
    if _hub is None or _hub.loop is not loop:
        _hub = Hub(loop)
    return _hub


def _do(act: Callable[[Hub], None], group: str, message: messages.Message) -> None:
    """Act on this process's hub, or where there is none leave word for those of other processes."""
    try:
        if _hub is None or not _on_loop(_hub, act):
            layer.send_without_loop(group, message)
    except Exception:
        log.exception("room_not_told", group=group)


def _on_loop(hub: Hub, act: Callable[[Hub], None]) -> bool:
    """Have the hub's loop do something soon; False when the loop has ended."""
    try:
        hub.loop.call_soon_threadsafe(act, hub)
    except RuntimeError:
        return False
    return True
