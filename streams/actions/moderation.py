"""What streamer, moderators and platform staff do to keep a chat civil. Every room hears of it on commit."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from marketplace import idempotency, outbox
from marketplace.errors import Conflict, FieldError, Forbidden, Invalid, LimitReached, NotFound
from marketplace.lib.atomic import action
from marketplace.lib.clock import to_wire
from marketplace.models import User
from marketplace.permissions import is_platform_staff
from streams import chat_rules, hub
from streams.actions import steps
from streams.models import BlockedWord, ChatMessage, ChatSanction, Moderator, Session
from streams.queries.chat import messages, to_wire_form

MOST_WORDS = 500
LONGEST_MUTE_SECONDS = 7 * 86_400
LONGEST_SLOW_MODE_SECONDS = 3_600


class CannotSanction(Forbidden):
    """The streamer and platform staff cannot be muted or banned, a moderator only by one of those."""

    code = "cannot_sanction"
    message = "This person cannot be muted or banned by you."
    cure = "Ask the streamer, or platform staff, to decide about a moderator."


class WordBlockedAlready(Conflict):
    """The word is on the list; ``data.word`` is its id."""

    code = "word_blocked_already"
    message = "This word is blocked already."
    cure = "Nothing needs to be done; data.word names the entry."


def delete_message(*, session_id: str, message_id: str, actor: User, now: datetime) -> ChatMessage:
    """Take a message off every screen; it stays stored, as evidence. Once is enough: again changes nothing.

    Raises NotFound.
    """
    with action():
        message = _message(session_id, message_id)
        gone = ChatMessage.objects.filter(id=message.id, deleted_at=None)
        if gone.update(deleted_at=now, deleted_by=actor.id, pinned=False):
            message.deleted_at, message.deleted_by, message.pinned = now, actor.id, False
            payload = {"message": message.id, "session": session_id, "author": message.author_id}
            _record("chat.message_deleted", message.id, payload, actor=actor, now=now)
            _tell_room(session_id, "chat.deleted", {"message": message.id})
        idempotency.remember(message)
    return message


def pin_message(*, session_id: str, message_id: str, actor: User, now: datetime) -> ChatMessage:
    """Show one message above the chat, instead of the one that is there. Raises NotFound."""
    with action():
        steps.lock_session(session_id)
        message = _message(session_id, message_id)
        if message.deleted_at is not None:
            raise NotFound
        if not message.pinned:
            ChatMessage.objects.filter(session_id=session_id, pinned=True).update(pinned=False)
            ChatMessage.objects.filter(id=message.id).update(pinned=True)
            message.pinned = True
            payload = {"message": message.id, "session": session_id}
            _record("chat.message_pinned", message.id, payload, actor=actor, now=now)
            _tell_room(session_id, "chat.pinned", {"message": to_wire_form(message)})
        idempotency.remember(message)
    return message


def unpin_message(*, session_id: str, message_id: str, actor: User, now: datetime) -> ChatMessage:
    """Take the pinned message down; again changes nothing. Raises NotFound."""
    with action():
        message = _message(session_id, message_id)
        if ChatMessage.objects.filter(id=message.id, pinned=True).update(pinned=False):
            message.pinned = False
            payload = {"message": message.id, "session": session_id}
            _record("chat.message_unpinned", message.id, payload, actor=actor, now=now)
            _tell_room(session_id, "chat.unpinned", {"message": message.id})
        idempotency.remember(message)
    return message


def mute(
    *, session_id: str, user_id: str, seconds: int, reason: str = "", actor: User, now: datetime
) -> ChatSanction:
    """Keep a person from writing in a session for a time; it replaces a mute that stands.

    Raises NotFound, CannotSanction, WrongSessionState.
    """
    until = now + timedelta(seconds=seconds)
    return _sanction(
        ChatSanction.Kind.MUTE, session_id, user_id, until=until, reason=reason, actor=actor, now=now
    )


def ban(*, session_id: str, user_id: str, reason: str = "", actor: User, now: datetime) -> ChatSanction:
    """Turn a person out of a session for the rest of it; it replaces a ban that stands.

    Raises NotFound, CannotSanction, WrongSessionState.
    """
    return _sanction(
        ChatSanction.Kind.BAN, session_id, user_id, until=None, reason=reason, actor=actor, now=now
    )


def lift(*, session_id: str, sanction_id: str, actor: User, now: datetime) -> ChatSanction:
    """End a mute or ban; again changes nothing. Raises NotFound."""
    with action():
        steps.lock_session(session_id)
        sanction = ChatSanction.objects.filter(session_id=session_id, id=sanction_id).first()
        if sanction is None:
            raise NotFound
        if sanction.lifted_at is None:
            _lift(sanction, actor=actor, now=now)
            payload = _sanction_payload(sanction)
            _record("chat.sanction_lifted", sanction.id, payload, actor=actor, now=now)
            if sanction.kind == ChatSanction.Kind.MUTE:
                _tell_person(sanction.user_id, "chat.unmuted", {"session": session_id})
        idempotency.remember(sanction)
    return sanction


def set_slow_mode(*, session_id: str, seconds: int, actor: User, now: datetime) -> Session:
    """Set the least time between two messages of one person; 0 ends it. Raises WrongSessionState."""
    with action():
        session = steps.lock_session(session_id)
        steps.demand_not_over(session)
        if session.slow_mode_seconds != seconds:
            session.slow_mode_seconds = seconds
            session.save(update_fields=["slow_mode_seconds"])
            payload = {"session": session_id, "slow_mode_seconds": seconds}
            _record("chat.slow_mode_set", session_id, payload, actor=actor, now=now)
            _tell_room(session_id, "chat.slow_mode", {"seconds": seconds})
        idempotency.remember(session)
    return session


def block_word(*, session_id: str | None, word: str, actor: User, now: datetime) -> BlockedWord:
    """Keep a word, or a phrase, out of a session's chat; out of every chat when ``session_id`` is None.

    Raises NotFound, Invalid (``word``), WordBlockedAlready, LimitReached.
    """
    try:
        return _block_word(session_id, word, actor, now)
    except IntegrityError as twice:
        if session_id is not None:  # a session's list is written under its lock, the one for all rooms is not
            raise
        raise WordBlockedAlready from twice


def unblock_word(*, session_id: str | None, word_id: str, actor: User, now: datetime) -> None:
    """Let a word be said again. Raises NotFound."""
    with action():
        deleted, _ = _words(session_id).filter(id=word_id).delete()
        if not deleted:
            raise NotFound
        payload = {"word": word_id, "session": session_id}
        _record("chat.word_unblocked", word_id, payload, actor=actor, now=now)
        idempotency.remember(None)


def _block_word(session_id: str | None, word: str, actor: User, now: datetime) -> BlockedWord:
    with action():
        if session_id is not None:
            steps.lock_session(session_id)
        known = {entry.word: entry.id for entry in _words(session_id)}
        kept = _fit_word(word)
        if kept in known:
            raise WordBlockedAlready(data={"word": known[kept]})
        if len(known) >= MOST_WORDS:
            raise LimitReached("A list holds 500 words.", data={"left": 0})
        entry = BlockedWord.objects.create(session_id=session_id, word=kept, added_by=actor.id, at=now)
        payload = {"word": entry.id, "session": session_id}
        _record("chat.word_blocked", entry.id, payload, actor=actor, now=now)
        idempotency.remember(entry)
    return entry


def _sanction(
    kind: str,
    session_id: str,
    user_id: str,
    *,
    until: datetime | None,
    reason: str,
    actor: User,
    now: datetime,
) -> ChatSanction:
    with action():
        session = steps.lock_session(session_id)
        steps.demand_not_over(session)
        _demand_sanctionable(session, user_id, actor)
        for standing in ChatSanction.objects.filter(
            session=session, user_id=user_id, kind=kind, lifted_at=None
        ):
            _lift(standing, actor=actor, now=now)
        sanction = ChatSanction.objects.create(
            session=session,
            user_id=user_id,
            kind=kind,
            reason=reason,
            imposed_by=actor.id,
            at=now,
            until=until,
        )
        payload = {**_sanction_payload(sanction), "reason": reason}
        if kind == ChatSanction.Kind.MUTE:
            _record("chat.muted", sanction.id, payload, actor=actor, now=now)
            _tell_person(user_id, "chat.muted", {"session": session_id, "until": payload["until"]})
        else:
            _record("chat.banned", sanction.id, payload, actor=actor, now=now)
            transaction.on_commit(partial(hub.expel, session_id, user_id))
        idempotency.remember(sanction)
    return sanction


def _demand_sanctionable(session: Session, user_id: str, actor: User) -> None:
    person = User.objects.filter(id=user_id).first()
    if person is None:
        raise NotFound("There is no such person.", param="user")
    host = session.streamer.user_id
    if person.id == host or is_platform_staff(person):
        raise CannotSanction
    decides = actor.id == host or is_platform_staff(actor)
    moderators = Moderator.objects.filter(streamer_id=session.streamer_id, user=person)
    if not decides and moderators.exists():
        raise CannotSanction


def _lift(sanction: ChatSanction, *, actor: User, now: datetime) -> None:
    sanction.lifted_at, sanction.lifted_by = now, actor.id
    sanction.save(update_fields=["lifted_at", "lifted_by"])


def _sanction_payload(sanction: ChatSanction) -> dict[str, Any]:
    return {
        "sanction": sanction.id,
        "session": sanction.session_id,
        "user": sanction.user_id,
        "kind": sanction.kind,
        "until": to_wire(sanction.until) if sanction.until else None,
    }


def _message(session_id: str, message_id: str) -> ChatMessage:
    message = messages().filter(session_id=session_id, id=message_id).first()
    if message is None:
        raise NotFound
    return message


def _words(session_id: str | None) -> QuerySet[BlockedWord]:
    words = BlockedWord.objects.all()
    return words.filter(session=None) if session_id is None else words.filter(session_id=session_id)


def _fit_word(word: str) -> str:
    try:
        kept = chat_rules.clean(word).casefold()
    except chat_rules.UnfitText:
        kept = ""
    if not kept or len(kept) > chat_rules.MAX_WORD_LENGTH or not chat_rules.WordFilter([kept]).words:
        detail = (
            f"A blocked word has 1 to {chat_rules.MAX_WORD_LENGTH} characters, a letter or digit among them."
        )
        raise Invalid(detail, param="word", errors=[FieldError("word", "invalid", detail)])
    return kept


def _record(type_: str, subject: str, payload: dict[str, Any], *, actor: User, now: datetime) -> None:
    outbox.append(type_, subject=subject, payload={**payload, "actor": actor.id}, now=now)


def _tell_room(session_id: str, type_: str, data: Mapping[str, Any]) -> None:
    transaction.on_commit(partial(hub.publish_ambient, session_id, type_, data))


def _tell_person(user_id: str, type_: str, data: Mapping[str, Any]) -> None:
    transaction.on_commit(partial(hub.tell, user_id, type_, data))
