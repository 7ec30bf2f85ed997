"""What was said in a room, and who may speak there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from marketplace.lib import rows
from marketplace.lib.clock import to_wire
from marketplace.lib.pipeline import Answer
from streams.models import BlockedWord, ChatMessage, ChatSanction, Moderator, Session

#: Messages that somebody sees who has just come in.
HISTORY_IN_SNAPSHOT = 20


# As SQL because every purchase asks it.
_BANNED = """
SELECT session_id, user_id FROM streams_chatsanction
WHERE kind = %s AND lifted_at IS NULL AND (until IS NULL OR until > %s) AND"""

#: When sanctions end, by user id; None: with the session.
Ends = Mapping[str, datetime | None]


class Role(StrEnum):
    """In what capacity somebody writes."""

    VIEWER = "viewer"
    MODERATOR = "moderator"
    STREAMER = "streamer"


@dataclass(frozen=True, slots=True)
class RoomRules:
    """What a process must know of a room to accept or refuse what is said there."""

    state: str
    streamer_user_id: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    slow_mode_seconds: int = 0
    moderators: frozenset[str] = frozenset()
    muted: Ends = field(default_factory=dict)
    banned: Ends = field(default_factory=dict)
    words: frozenset[str] = frozenset()

    def role_of(self, user_id: str) -> Role:
        """Return in what capacity this person writes."""
        if user_id == self.streamer_user_id:
            return Role.STREAMER
        return Role.MODERATOR if user_id in self.moderators else Role.VIEWER

    def is_muted(self, user_id: str, *, at: datetime) -> bool:
        """Tell whether this person may not write now."""
        return _stands(self.muted, user_id, at)

    def is_banned(self, user_id: str, *, at: datetime) -> bool:
        """Tell whether this person may not be in the room now."""
        return _stands(self.banned, user_id, at)


def message_to_wire(
    id_: str, *, author_id: str, name: str, role: str, text: str, at: datetime, pinned: bool = False
) -> dict[str, Any]:
    """Return a message as the room and the API show it."""
    author = {"id": author_id, "name": name, "role": role}
    return {"id": id_, "author": author, "text": text, "at": to_wire(at), "pinned": pinned}


def messages() -> QuerySet[ChatMessage]:
    """Return all messages with their authors and ``role``, what each author is in that session now."""
    moderates = Moderator.objects.filter(streamer=OuterRef("session__streamer"), user=OuterRef("author"))
    role = Case(
        When(author=F("session__streamer__user"), then=Value(Role.STREAMER.value)),
        When(Exists(moderates), then=Value(Role.MODERATOR.value)),
        default=Value(Role.VIEWER.value),
    )
    return ChatMessage.objects.select_related("author").annotate(role=role)


def last_chats(session_id: str, limit: int = HISTORY_IN_SNAPSHOT) -> list[dict[str, Any]]:
    """Return the latest messages that were not deleted, oldest first, in wire form."""
    latest = messages().filter(session_id=session_id, deleted_at=None).order_by("-id")[:limit]
    return [to_wire_form(message) for message in reversed(latest)]


def pinned_chat(session_id: str) -> dict[str, Any] | None:
    """Return the pinned message in wire form, or None."""
    return pinned_in([session_id]).get(session_id)


def pinned_in(session_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the pinned message of each of these rooms that has one, in wire form."""
    pinned = messages().filter(session_id__in=list(session_ids), pinned=True, deleted_at=None)
    return {message.session_id: to_wire_form(message) for message in pinned}


def to_wire_form(message: Any) -> dict[str, Any]:
    """Return a message from ``messages()`` as the room and the API show it."""
    return message_to_wire(
        message.id,
        author_id=message.author_id,
        name=message.author.shown_name,
        role=message.role,
        text=message.text,
        at=message.at,
        pinned=message.pinned,
    )


def standing_sanctions(*, now: datetime) -> QuerySet[ChatSanction]:
    """Return the sanctions that hold at this moment."""
    return ChatSanction.objects.filter(Q(until=None) | Q(until__gt=now), lifted_at=None)


def is_banned(session_id: str, user_id: str, *, now: datetime) -> bool:
    """Tell whether a person may not be in this room; the socket is refused with 4403."""
    bans = standing_sanctions(now=now).filter(kind=ChatSanction.Kind.BAN)
    return bans.filter(session_id=session_id, user_id=user_id).exists()


def ask_banned(
    session_ids: Collection[str], user_ids: Collection[str], *, now: datetime
) -> Answer[list[tuple[str, str]]]:
    """Ask which of these people are banned from which of these sessions, without waiting for it."""
    sessions, users = rows.any_of(session_ids), rows.any_of(user_ids)
    return rows.ask_select(
        f"{_BANNED} session_id {sessions[0]} AND user_id {users[0]}",
        [ChatSanction.Kind.BAN.value, now, *sessions[1], *users[1]],
        kinds=("ses", "usr"),
    )


def rules_of(session_ids: Collection[str], *, now: datetime) -> dict[str, RoomRules]:
    """Return the present rules of each of these rooms that exists, in four queries however many there are."""
    ids = list(session_ids)
    found = Session.objects.filter(id__in=ids).values(
        "id", "state", "started_at", "ended_at", "slow_mode_seconds", "streamer_id", "streamer__user_id"
    )
    sessions = {row["id"]: row for row in found.order_by()}
    muted, banned = _sanctions_by_room(ids, now=now)
    moderators = _moderators_by_streamer({row["streamer_id"] for row in sessions.values()})
    everywhere, here = _words_by_room(ids)
    return {
        id_: RoomRules(
            state=row["state"],
            streamer_user_id=row["streamer__user_id"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            slow_mode_seconds=row["slow_mode_seconds"],
            moderators=frozenset(moderators.get(row["streamer_id"], ())),
            muted=muted.get(id_, {}),
            banned=banned.get(id_, {}),
            words=everywhere | here.get(id_, frozenset()),
        )
        for id_, row in sessions.items()
    }


def deleted_since(session_ids: Collection[str], moment: datetime) -> list[tuple[str, str]]:
    """Return (session, message) of what was deleted in these rooms after a moment."""
    gone = ChatMessage.objects.filter(session_id__in=list(session_ids), deleted_at__gt=moment)
    return list(gone.order_by("deleted_at").values_list("session_id", "id"))


def _stands(ends: Ends, user_id: str, at: datetime) -> bool:
    if user_id not in ends:
        return False
    end = ends[user_id]
    return end is None or at < end


def _sanctions_by_room(ids: list[str], *, now: datetime) -> tuple[dict[str, Ends], dict[str, Ends]]:
    muted: dict[str, dict[str, datetime | None]] = {}
    banned: dict[str, dict[str, datetime | None]] = {}
    standing = standing_sanctions(now=now).filter(session_id__in=ids).order_by()
    for room, user, kind, until in standing.values_list("session_id", "user_id", "kind", "until"):
        (muted if kind == ChatSanction.Kind.MUTE else banned).setdefault(room, {})[user] = until
    return dict(muted), dict(banned)


def _moderators_by_streamer(streamer_ids: Collection[str]) -> dict[str, set[str]]:
    people: dict[str, set[str]] = {}
    found = Moderator.objects.filter(streamer_id__in=list(streamer_ids))
    for streamer, user in found.values_list("streamer_id", "user_id"):
        people.setdefault(streamer, set()).add(user)
    return people


def _words_by_room(ids: list[str]) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    words: dict[str | None, set[str]] = {}
    found = BlockedWord.objects.filter(Q(session=None) | Q(session_id__in=ids)).order_by()
    for room, word in found.values_list("session_id", "word"):
        words.setdefault(room, set()).add(word)
    everywhere = frozenset(words.pop(None, set()))
    return everywhere, {room: frozenset(some) for room, some in words.items() if room}
