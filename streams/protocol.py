"""The room's protocol, ``room.v1``: names, codes, envelopes, and what a well-formed command is.

``docs/asyncapi.yaml`` describes the same to developers; a test holds the two together.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

import orjson

from marketplace.lib import sockets
from marketplace.lib.clock import to_wire
from marketplace.lib.frames import text_frame

SUBPROTOCOL = "room.v1"

MAX_ID = 64
MAX_LIKES = 100
MAX_CHAT = 800
_MAX_SEQ_DIGITS = 18
_MAX_EPOCH = 16


class CloseCode(IntEnum):
    """Why the server hung up."""

    BAD_FRAME = sockets.BAD_FRAME
    SIGN_IN = 4401
    BANNED = 4403
    NO_SUCH_ROOM = 4404
    SLOW_READER = 4408
    ACCESS_ENDED = 4409
    TOO_LARGE = sockets.TOO_LARGE
    TOO_FAST = 4429
    GOING_DOWN = sockets.GOING_DOWN


class ErrorCode(StrEnum):
    """Why a command failed; ``buy`` has its own, in ``buy.refused``."""

    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown_type"
    INVALID = "invalid"
    SIGN_IN_REQUIRED = "sign_in_required"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    INTERNAL = "internal_error"


#: What the server says beside the facts of ``streams.events``.
AMBIENT = (
    "room.pulse",
    "chat.messages",
    "chat.deleted",
    "chat.pinned",
    "chat.unpinned",
    "chat.slow_mode",
)
SNAPSHOTS = ("room.snapshot", "resync")
REPLIES = ("buy.accepted", "buy.refused", "chat.accepted", "pong", "error")
PERSONAL = ("order.updated", "return.updated", "chat.muted", "chat.unmuted")
#: What a client may say.
COMMANDS = ("buy", "chat.send", "like", "ping")


class Command(NamedTuple):
    """A well-formed command; whether its data makes sense, its handler says."""

    id: str
    type: str
    data: dict[str, Any]


class ResumePoint(NamedTuple):
    """Where a client left off: the run of the fact log, and the last fact it has."""

    epoch: str
    seq: int


class BadFrame(Exception):
    """The text is not UTF-8: the connection is closed."""


class Malformed(Exception):
    """The text is no command: the client is told so under the command's id, if it has one."""

    def __init__(self, message: str, *, re: str | None = None) -> None:
        super().__init__(message)
        self.re = re


def parse_command(payload: bytes) -> Command:
    """Return the command in a text message, ``{"id", "type", "data"}``; ``data`` may be left out.

    Raises:
        BadFrame: the message is not UTF-8.
        Malformed: it is not a JSON object, or id, type or data are not what they must be.
    """
    try:
        message = orjson.loads(payload)
    except orjson.JSONDecodeError:
        _require_utf8(payload)
        raise Malformed("The message is not JSON.") from None
    if type(message) is not dict:
        raise Malformed("A command is a JSON object.")
    command_id = message.get("id")
    if type(command_id) is not str or not 1 <= len(command_id) <= MAX_ID:
        raise Malformed(f"A command's id is text of 1 to {MAX_ID} characters.")
    name, data = message.get("type"), message.get("data", {})
    if type(name) is not str:
        raise Malformed("A command's type is text.", re=command_id)
    if type(data) is not dict:
        raise Malformed("A command's data is a JSON object.", re=command_id)
    return Command(command_id, name, data)


def parse_resume_point(text: str) -> ResumePoint | None:
    """Return the point that ``{epoch}.{seq}`` names, or None when it is not one."""
    epoch, dot, seq = text.partition(".")
    well_formed = (
        dot
        and 1 <= len(epoch) <= _MAX_EPOCH
        and (epoch + seq).isascii()
        and epoch.isalnum()
        and len(seq) <= _MAX_SEQ_DIGITS
        and seq.isdecimal()
    )
    return ResumePoint(epoch, int(seq)) if well_formed else None


def wrong_chat(data: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the data of ``chat.send``; None leaves it to the rules of the chat."""
    text = data.get("text")
    if type(text) is not str or not text or len(text) > MAX_CHAT:
        return f"text is a message of 1 to {MAX_CHAT} characters"
    return None


def wrong_like(data: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the data of ``like``, None when nothing is."""
    count = data.get("count")
    if type(count) is not int or not 1 <= count <= MAX_LIKES:
        return f"count is a whole number from 1 to {MAX_LIKES}"
    return None


def fact_frame(room: str, seq: int, type_: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """Return the frame of a fact: the same bytes for every viewer of every process."""
    return _frame({"type": type_, "room": room, "seq": seq, "at": to_wire(at), "data": data})


def frame(room: str, type_: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """Return the frame of a message without a number: ambient, personal, snapshot."""
    return _frame({"type": type_, "room": room, "at": to_wire(at), "data": data})


def reply_frame(room: str, type_: str, at: datetime, data: Mapping[str, Any], *, re: str | None) -> bytes:
    """Return the frame of an answer to the command whose id ``re`` repeats."""
    return _frame({"type": type_, "room": room, "at": to_wire(at), "re": re, "data": data})


def _frame(message: Mapping[str, Any]) -> bytes:
    return text_frame(orjson.dumps(message))


def _require_utf8(payload: bytes) -> None:
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise BadFrame from None
