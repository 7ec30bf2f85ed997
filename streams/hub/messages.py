"""What the hubs of several processes say to each other over the channel layer."""

from collections.abc import Mapping
from typing import Any

from streams.hub.pulse import Tally
from streams.hub.room import NumberedFrame

Message = dict[str, Any]

#: The group of every process: for messages to a person, wherever they are connected.
PEOPLE = "people"


def room_group(session_id: str) -> str:
    """Return the group of the processes that have viewers in a room."""
    return f"room.{session_id}"


def facts(session_id: str, numbered: list[NumberedFrame]) -> Message:
    """Return the message that carries facts, framed already."""
    return {"type": "hub.facts", "room": session_id, "facts": [list(fact) for fact in numbered]}


def ambient(session_id: str, frame: bytes) -> Message:
    """Return the message that carries an ambient message, framed already."""
    return {"type": "hub.ambient", "room": session_id, "frame": frame}


def tally(session_id: str, counted: Tally) -> Message:
    """Return the message that carries what gathered in a room."""
    return {"type": "hub.tally", "room": session_id, **counted.to_layer()}


def personal(user_id: str, type_: str, data: Mapping[str, Any]) -> Message:
    """Return the message for one person's connections in every room."""
    return {"type": "hub.personal", "user": user_id, "name": type_, "data": dict(data)}


def expulsion(session_id: str, user_id: str) -> Message:
    """Return the message that shows one person out of a room."""
    return {"type": "hub.expulsion", "room": session_id, "user": user_id}


def dismissal(user_id: str) -> Message:
    """Return the message that hangs up on one person everywhere."""
    return {"type": "hub.dismissal", "user": user_id}
