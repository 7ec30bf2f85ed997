"""Decides and keeps what was said: all that has gathered in a process, in one transaction.

Whether somebody may speak is read from the database with every batch, so a mute, a blocked word or slow mode
holds in every process from its commit on, whatever news was lost.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import connection
from django.db.models import Max

from marketplace.lib import bulk
from marketplace.lib.atomic import action
from marketplace.lib.clock import to_wire
from marketplace.models import User
from streams import chat_rules, figures
from streams.models import ChatMessage, Session
from streams.queries.chat import Role, RoomRules, message_to_wire, rules_of
from streams.queries.figures import minute_of
from streams.states import OVER

#: A show is on: what is said and liked counts. A rehearsal counts nowhere.
COUNTING = frozenset({Session.State.LIVE, Session.State.PAUSED})

_COLUMNS = ("id", "session_id", "author_id", "text", "at", "pinned", "deleted_at", "deleted_by")


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to say; the text is clean (``chat_rules.clean``), ``at`` is when it came in."""

    id: str
    session_id: str
    author_id: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is stored, in wire form; ``keep``: a busy room shows it in any case."""

    chat: dict[str, Any]
    keep: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a message was not accepted."""

    code: str
    message: str
    data: dict[str, Any] = field(default_factory=dict)


Outcome = Accepted | Refused

MUTED = "You may not write in this room now."
BANNED = "You may not be in this room."
SESSION_OVER = "The session is over."
BLOCKED_WORD = "The message holds a word that is not said here."
SLOW_MODE = "The room is in slow mode; wait before you write again."
NO_SUCH_PERSON = "Your account is closed."


def say(drafts: Sequence[Draft], *, process: str, again: bool = False) -> list[Outcome]:
    """Decide about messages in the order they came, store those that pass, and count them in their minutes.

    Args:
        drafts: the messages.
        process: in whose name minutes are counted.
        again: an earlier attempt may have stored some of them before its connection broke.

    Returns:
        One outcome for each, in the same order, once it is durable.
    """
    stored = _stored_already(drafts) if again else frozenset[str]()
    rules = _rules_at_arrival(drafts)
    authors = User.objects.filter(is_active=True).in_bulk({draft.author_id for draft in drafts})
    spoken = _last_spoken(drafts, rules)
    outcomes: list[Outcome] = []
    fresh: list[Draft] = []
    for draft in drafts:
        room, author = rules.get(draft.session_id), authors.get(draft.author_id)
        refusal = None if draft.id in stored else _refusal(draft, room, author, spoken)
        if refusal is not None or room is None or author is None:
            outcomes.append(refusal or Refused("forbidden", NO_SUCH_PERSON))
            continue
        outcomes.append(_accepted(draft, room, author))
        spoken[draft.session_id, draft.author_id] = draft.at
        if draft.id not in stored:
            fresh.append(draft)
    if fresh:
        _store(fresh, rules, process=process)
    return outcomes


def _store(drafts: Sequence[Draft], rules: Mapping[str, RoomRules], *, process: str) -> None:
    rows = [
        (
            draft.id[-32:],
            draft.session_id[-32:],
            draft.author_id[-32:],
            draft.text,
            connection.ops.adapt_datetimefield_value(draft.at),
            False,
            None,
            "",
        )
        for draft in drafts
    ]
    minutes = Counter(
        (draft.session_id, minute_of(draft.at))
        for draft in drafts
        if rules[draft.session_id].state in COUNTING
    )
    with action():
        bulk.insert(ChatMessage, _COLUMNS, rows)
        figures.add_all(
            figures.Count(session_id, minute, process, chats=chats)
            for (session_id, minute), chats in minutes.items()
        )


def _refusal(
    draft: Draft,
    room: RoomRules | None,
    author: User | None,
    spoken: Mapping[tuple[str, str], datetime],
) -> Refused | None:
    """Return why a message may not be said, None when it may."""
    if room is None or room.state in OVER:
        return Refused("session_over", SESSION_OVER)
    if author is None:
        return Refused("forbidden", NO_SUCH_PERSON)
    if room.is_banned(author.id, at=draft.at):
        return Refused("banned", BANNED)
    if room.is_muted(author.id, at=draft.at):
        return Refused("muted", MUTED, {"until": _moment(room.muted.get(author.id))})
    if chat_rules.word_filter(room.words).finds(draft.text):
        return Refused("blocked_word", BLOCKED_WORD)
    if room.slow_mode_seconds and room.role_of(author.id) is Role.VIEWER:
        last = spoken.get((draft.session_id, author.id))
        free_at = last + timedelta(seconds=room.slow_mode_seconds) if last else draft.at
        if draft.at < free_at:
            return Refused("slow_mode", SLOW_MODE, {"retry_after": _seconds(free_at - draft.at)})
    return None


def _accepted(draft: Draft, room: RoomRules, author: User) -> Accepted:
    role = room.role_of(author.id)
    chat = message_to_wire(
        draft.id,
        author_id=author.id,
        name=author.shown_name,
        role=role,
        text=draft.text,
        at=draft.at,
    )
    return Accepted(chat, keep=role is not Role.VIEWER)


def _rules_at_arrival(drafts: Sequence[Draft]) -> dict[str, RoomRules]:
    """Return the rules of the rooms; a sanction that has ended since the first message came still shows."""
    return rules_of({draft.session_id for draft in drafts}, now=min(draft.at for draft in drafts))


def _last_spoken(drafts: Sequence[Draft], rules: Mapping[str, RoomRules]) -> dict[tuple[str, str], datetime]:
    """Return when the authors last spoke in those rooms that are in slow mode, in one query per such room."""
    spoken: dict[tuple[str, str], datetime] = {}
    for session_id, room in rules.items():
        if room.slow_mode_seconds:
            authors = {draft.author_id for draft in drafts if draft.session_id == session_id}
            said = ChatMessage.objects.filter(session_id=session_id, author_id__in=authors).order_by()
            for author_id, at in (
                said.values("author_id").annotate(last=Max("at")).values_list("author_id", "last")
            ):
                spoken[session_id, author_id] = at
    return spoken


def _stored_already(drafts: Sequence[Draft]) -> frozenset[str]:
    ids = ChatMessage.objects.filter(id__in=[draft.id for draft in drafts])
    return frozenset(ids.values_list("id", flat=True))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else to_wire(moment)


def _seconds(wait: timedelta) -> int:
    """Return whole seconds, rounded up."""
    return ceil(wait.total_seconds())
