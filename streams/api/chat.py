"""``/sessions/{id}/chat`` and what keeps it civil: deletions, pins, sanctions, words, slow mode."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from marketplace.errors import LimitReached
from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Body, Query, Resource
from marketplace.rest.views import ApiView
from streams.actions import moderation
from streams.actions.moderation import CannotSanction, WordBlockedAlready
from streams.chat_rules import MAX_WORD_LENGTH
from streams.errors import WrongSessionState
from streams.models import BlockedWord, ChatSanction
from streams.permissions import Access
from streams.queries.access import get_session_for
from streams.queries.chat import messages, standing_sanctions


class ChatFilter(Query):
    """Which messages."""

    author = fields.Id("usr", required=False, help_text="Of this person only.")
    deleted = fields.Boolean(required=False, help_text="Deleted ones too; for those who may moderate.")


class NewSanction(Body):
    """A mute for a time, or a ban for the rest of the session."""

    user = fields.Id("usr")
    kind = fields.Choice(choices=ChatSanction.Kind.values)
    seconds = fields.Integer(
        min_value=1,
        max_value=moderation.LONGEST_MUTE_SECONDS,
        required=False,
        help_text="How long a mute lasts; a ban has no end.",
    )
    reason = fields.Text(max_length=200, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A mute has an end, a ban has none."""
        is_mute = attrs["kind"] == ChatSanction.Kind.MUTE
        if is_mute and "seconds" not in attrs:
            raise serializers.ValidationError({"seconds": ["A mute needs an end."]}, code="required")
        if not is_mute and "seconds" in attrs:
            raise serializers.ValidationError({"seconds": ["A ban has no end."]}, code="invalid")
        return attrs


class SanctionFilter(Query):
    """Which sanctions."""

    user = fields.Id("usr", required=False, help_text="Of this person only.")
    standing = fields.Boolean(required=False, help_text="Only those that hold now.")


class NewSlowMode(Body):
    """The least time between two messages of one person."""

    seconds = fields.Integer(
        min_value=0, max_value=moderation.LONGEST_SLOW_MODE_SECONDS, help_text="0 ends slow mode."
    )


class NewBlockedWord(Body):
    """A word or phrase."""

    word = fields.Text(max_length=MAX_WORD_LENGTH)


class ChatAuthorOut(Resource):
    """Who wrote a message."""

    id = fields.Id("usr")
    name = fields.Text(source="shown_name")


class ChatMessageOut(Resource):
    """A message, as it was accepted."""

    object = fields.Object("chat_message")
    id = fields.Id("msg")
    session = fields.Id("ses", source="session_id")
    author = ChatAuthorOut()
    role = fields.Text(help_text="What the author is in this session: viewer, moderator or streamer.")
    text = fields.Text()
    at = fields.Timestamp()
    pinned = fields.Boolean()
    deleted_at = fields.Timestamp(allow_null=True)


class SanctionOut(Resource):
    """A mute or a ban."""

    object = fields.Object("sanction")
    id = fields.Id("snc")
    session = fields.Id("ses", source="session_id")
    user = fields.Id("usr", source="user_id")
    kind = fields.Choice(choices=ChatSanction.Kind.values)
    reason = fields.Text()
    imposed_by = fields.Text()
    at = fields.Timestamp()
    until = fields.Timestamp(allow_null=True, help_text="Null: as long as the session.")
    lifted_at = fields.Timestamp(allow_null=True)


class SlowModeOut(Resource):
    """A room's slow mode."""

    object = fields.Object("slow_mode")
    session = fields.Id("ses", source="id")
    seconds = fields.Integer(source="slow_mode_seconds")


class BlockedWordOut(Resource):
    """A word that is not said in a session."""

    object = fields.Object("blocked_word")
    id = fields.Id("wrd")
    session = fields.Id("ses", source="session_id")
    word = fields.Text()
    at = fields.Timestamp()


class Chat(ApiView):
    """What was said in a session."""

    public_methods = frozenset({"GET"})

    @operation("List chat messages", query=ChatFilter, returns=ChatMessageOut, many=True)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """Every message that was accepted, those too that a busy room did not show; the newest first."""
        wanted = self.query(request, ChatFilter)
        if wanted.get("deleted"):
            self.user(request)
        access = Access.MODERATE if wanted.get("deleted") else Access.READ
        session = get_session_for(request.user, session_id, access)
        said = messages().filter(session=session)
        if not wanted.get("deleted"):
            said = said.filter(deleted_at=None)
        if "author" in wanted:
            said = said.filter(author_id=wanted["author"])
        return self.page(request, said, ChatMessageOut)


class OneMessage(ApiView):
    """One message."""

    scopes: ClassVar = {"DELETE": Scope.SESSIONS_HOST}

    @operation("Delete a chat message", returns=ChatMessageOut)
    def delete(self, request: Request, session_id: str, message_id: str) -> HttpResponse:
        """Off every screen at once; it stays stored as evidence. Again changes nothing."""
        user = self.user(request)
        session = get_session_for(user, session_id, Access.MODERATE)
        return self.perform(
            request,
            lambda: moderation.delete_message(
                session_id=session.id, message_id=message_id, actor=user, now=self.now
            ),
            ChatMessageOut,
        )


class PinMessage(ApiView):
    """The message shown above the chat."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("Pin a chat message", returns=ChatMessageOut)
    def post(self, request: Request, session_id: str, message_id: str) -> HttpResponse:
        """It takes the place of the one that is pinned."""
        user = self.user(request)
        session = get_session_for(user, session_id, Access.MODERATE)
        return self.perform(
            request,
            lambda: moderation.pin_message(
                session_id=session.id, message_id=message_id, actor=user, now=self.now
            ),
            ChatMessageOut,
        )


class UnpinMessage(ApiView):
    """No message above the chat."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("Unpin a chat message", returns=ChatMessageOut)
    def post(self, request: Request, session_id: str, message_id: str) -> HttpResponse:
        """Harmless when it is not pinned."""
        user = self.user(request)
        session = get_session_for(user, session_id, Access.MODERATE)
        return self.perform(
            request,
            lambda: moderation.unpin_message(
                session_id=session.id, message_id=message_id, actor=user, now=self.now
            ),
            ChatMessageOut,
        )


class Sanctions(ApiView):
    """Who is muted in, or banned from, a session."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("List sanctions", query=SanctionFilter, returns=SanctionOut, many=True)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """For those who may moderate; the newest first, those that are over too."""
        session = get_session_for(self.user(request), session_id, Access.MODERATE)
        wanted = self.query(request, SanctionFilter)
        standing = wanted.get("standing")
        sanctions = standing_sanctions(now=self.now) if standing else ChatSanction.objects.all()
        if "user" in wanted:
            sanctions = sanctions.filter(user_id=wanted["user"])
        return self.page(request, sanctions.filter(session=session), SanctionOut)

    @operation(
        "Impose a sanction",
        body=NewSanction,
        returns=SanctionOut,
        status=201,
        errors=[CannotSanction, WrongSessionState],
    )
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """At once and in every window: who is muted may watch and buy, who is banned leaves the room.

        A sanction of the same kind that stands is replaced.
        """
        body, user = self.body(request, NewSanction), self.user(request)
        session = get_session_for(user, session_id, Access.MODERATE)
        impose = moderation.mute if body.pop("kind") == ChatSanction.Kind.MUTE else moderation.ban
        person = body.pop("user")
        return self.perform(
            request,
            lambda: impose(session_id=session.id, user_id=person, actor=user, now=self.now, **body),
            SanctionOut,
            status=201,
        )


class LiftSanction(ApiView):
    """The end of a sanction."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("Lift a sanction", returns=SanctionOut)
    def post(self, request: Request, session_id: str, sanction_id: str) -> HttpResponse:
        """At once; again changes nothing."""
        user = self.user(request)
        session = get_session_for(user, session_id, Access.MODERATE)
        return self.perform(
            request,
            lambda: moderation.lift(session_id=session.id, sanction_id=sanction_id, actor=user, now=self.now),
            SanctionOut,
        )


class SlowMode(ApiView):
    """A room's slow mode."""

    public_methods = frozenset({"GET"})
    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("Read slow mode", returns=SlowModeOut)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """Seconds between two messages of one viewer; streamer and moderators do not wait."""
        return self.answer(request, get_session_for(request.user, session_id), SlowModeOut)

    @operation("Set slow mode", body=NewSlowMode, returns=SlowModeOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """At once."""
        body, user = self.body(request, NewSlowMode), self.user(request)
        session = get_session_for(user, session_id, Access.MODERATE)
        return self.perform(
            request,
            lambda: moderation.set_slow_mode(
                session_id=session.id, seconds=body["seconds"], actor=user, now=self.now
            ),
            SlowModeOut,
        )


class BlockedWords(ApiView):
    """Words that are not said in a session, beside those that are said nowhere."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("List blocked words", returns=BlockedWordOut, many=True)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """For those who may moderate."""
        session = get_session_for(self.user(request), session_id, Access.MODERATE)
        return self.page(request, BlockedWord.objects.filter(session=session), BlockedWordOut)

    @operation(
        "Block a word",
        body=NewBlockedWord,
        returns=BlockedWordOut,
        status=201,
        errors=[WordBlockedAlready, LimitReached],
    )
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """From the next message on, however it is spelled; the rules are in docs/chat.md."""
        body, user = self.body(request, NewBlockedWord), self.user(request)
        session = get_session_for(user, session_id, Access.MODERATE)
        return self.perform(
            request,
            lambda: moderation.block_word(session_id=session.id, word=body["word"], actor=user, now=self.now),
            BlockedWordOut,
            status=201,
        )


class OneBlockedWord(ApiView):
    """One blocked word."""

    scopes: ClassVar = {"DELETE": Scope.SESSIONS_HOST}

    @operation("Unblock a word", status=204)
    def delete(self, request: Request, session_id: str, word_id: str) -> HttpResponse:
        """It may be said again."""
        user = self.user(request)
        session = get_session_for(user, session_id, Access.MODERATE)
        return self.perform(
            request,
            lambda: moderation.unblock_word(session_id=session.id, word_id=word_id, actor=user, now=self.now),
            None,
            status=204,
        )
