"""What every page shows: the server's time, whether this is a sandbox, whether an awaited show has begun."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from marketplace.lib import clock
from streams.queries.reminders import reminded_live_show


def viewer(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's variables; the reminder costs its one query only where a page shows it."""
    show = SimpleLazyObject(lambda: reminded_live_show(request.user))
    return {
        "server_time": clock.to_wire(clock.now()),
        "sandbox": settings.SANDBOX,
        "reminded_show": show,
        "reminded_address": SimpleLazyObject(lambda: room_address(show.id) if show else ""),
    }


def room_address(session_id: str) -> str:
    """Return the address of a room."""
    return f"/live/{session_id}"


def replay_address(session_id: str) -> str:
    """Return the address of a replay."""
    return f"/replays/{session_id}"
