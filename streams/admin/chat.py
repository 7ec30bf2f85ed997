"""Admin of what keeps chats civil: messages, sanctions, blocked words."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from marketplace.admin.base import LogAdmin, OwnAdmin, button, column, person_of
from marketplace.admin.forms import ActionForm, LineField
from marketplace.errors import Forbidden
from marketplace.lib import clock
from marketplace.models import User
from marketplace.permissions import is_platform_staff
from streams.actions import moderation
from streams.chat_rules import MAX_WORD_LENGTH
from streams.models import BlockedWord, ChatMessage, ChatSanction, Session
from streams.permissions import Access, moderated, moderates
from streams.queries.access import get_session_for
from streams.states import OVER

EVERYWHERE = ""


class MuteForm(ActionForm):
    """How long somebody may not write, and why."""

    seconds = forms.IntegerField(min_value=1, max_value=moderation.LONGEST_MUTE_SECONDS, initial=600)
    reason = LineField(max_length=200, required=False)


class BanForm(ActionForm):
    """Why somebody is turned out."""

    reason = LineField(max_length=200, required=False)


class WordForm(ActionForm):
    """A word and where it is not said."""

    word = LineField(max_length=MAX_WORD_LENGTH)
    session = forms.ChoiceField(required=False)


def sessions_of(person: User) -> QuerySet[Session]:
    """Return the sessions whose chat a person may moderate."""
    return Session.objects.filter(moderated(person))


@admin.register(ChatMessage)
class ChatMessageAdmin(LogAdmin):
    """What was said, to read; deleted messages stay as evidence."""

    audience = staticmethod(moderates)
    group = "Live"
    icon = "chat"
    list_display = ("at", "session", "author", "text", "pinned", "deleted_at")
    list_filter = ("pinned",)
    search_fields = ("=author__username", "=session__title")
    search_help_text = "A whole user name, or the title of a session."
    ordering = ("-id",)
    fields = ("id", ("session", "author"), "text", ("at", "pinned"), ("deleted_at", "deleted_by"))
    actions_row = ("remove",)
    actions_detail: ClassVar[list[Any]] = ["remove", "pin", "unpin", "mute", "ban"]

    def own(self, person: User) -> QuerySet[ChatMessage]:
        """Return the messages of the sessions that a person may moderate."""
        return ChatMessage.objects.filter(session__in=sessions_of(person)).select_related("session", "author")

    @button("Delete", path="remove", icon="delete", danger=True)
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the message off every screen."""
        message: ChatMessage = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            moderation.delete_message(
                session_id=message.session_id,
                message_id=message.id,
                actor=person_of(request),
                now=clock.now(),
            )
            return "The message is off every screen."

        return self.ask(
            request,
            title="Delete message",
            intro=message.text,
            run=run,
            obj=message,
            submit="Delete",
            danger=True,
        )

    @button("Pin", path="pin", icon="push_pin")
    def pin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the message above the chat."""
        message: ChatMessage = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            moderation.pin_message(
                session_id=message.session_id,
                message_id=message.id,
                actor=person_of(request),
                now=clock.now(),
            )
            return "The message is pinned."

        return self.ask(request, title="Pin message", intro=message.text, run=run, obj=message, submit="Pin")

    @button("Unpin", path="unpin", icon="keep_off")
    def unpin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the message down from above the chat."""
        message: ChatMessage = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            moderation.unpin_message(
                session_id=message.session_id,
                message_id=message.id,
                actor=person_of(request),
                now=clock.now(),
            )
            return "The message is not pinned."

        return self.ask(request, title="Unpin message", run=run, obj=message, submit="Unpin")

    @button("Mute author", path="mute", icon="voice_over_off")
    def mute(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Keep the author from writing for a time."""
        message: ChatMessage = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            moderation.mute(
                session_id=message.session_id,
                user_id=message.author_id,
                actor=person_of(request),
                now=clock.now(),
                **values,
            )
            return f"{message.author.shown_name} may not write for a while."

        return self.ask(request, title="Mute author", form=MuteForm, run=run, obj=message, submit="Mute")

    @button("Ban author", path="ban", icon="block", danger=True)
    def ban(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Turn the author out of the session."""
        message: ChatMessage = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            moderation.ban(
                session_id=message.session_id,
                user_id=message.author_id,
                actor=person_of(request),
                now=clock.now(),
                **values,
            )
            return f"{message.author.shown_name} is out for the rest of the session."

        return self.ask(
            request, title="Ban author", form=BanForm, run=run, obj=message, submit="Ban", danger=True
        )


@admin.register(ChatSanction)
class ChatSanctionAdmin(OwnAdmin):
    """Who was muted or banned."""

    audience = staticmethod(moderates)
    group = "Live"
    icon = "gavel"
    list_display = ("at", "session", "user", "kind", "until", "lifted_at", "reason")
    list_filter = ("kind",)
    search_fields = ("=user__username", "=session__title")
    ordering = ("-id",)
    fields = (
        "id",
        ("session", "user", "kind"),
        "reason",
        ("imposed_by", "at", "until"),
        ("lifted_at", "lifted_by"),
    )
    actions_row = ("lift",)
    actions_detail: ClassVar[list[Any]] = ["lift"]

    def own(self, person: User) -> QuerySet[ChatSanction]:
        """Return the sanctions of the sessions that a person may moderate."""
        return ChatSanction.objects.filter(session__in=sessions_of(person)).select_related("session", "user")

    @button("Lift", path="lift", icon="undo")
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the sanction."""
        sanction: ChatSanction = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            moderation.lift(
                session_id=sanction.session_id,
                sanction_id=sanction.id,
                actor=person_of(request),
                now=clock.now(),
            )
            return "The sanction is lifted."

        return self.ask(request, title="Lift sanction", run=run, obj=sanction, submit="Lift")


@admin.register(BlockedWord)
class BlockedWordAdmin(OwnAdmin):
    """Words that are not said: in a session, or, by platform staff, anywhere."""

    audience = staticmethod(moderates)
    group = "Live"
    icon = "comments_disabled"
    list_display = ("word", "where", "at")
    search_fields = ("word",)
    ordering = ("word", "id")
    fields = ("id", "word", "where", ("added_by", "at"))
    readonly_fields = ("where",)
    actions_list = ("block",)
    actions_row = ("unblock",)
    actions_detail: ClassVar[list[Any]] = ["unblock"]

    def own(self, person: User) -> QuerySet[BlockedWord]:
        """Return the words of the sessions that a person may moderate; all for platform staff."""
        theirs = Q(session__in=sessions_of(person))
        everywhere = Q(session=None) if is_platform_staff(person) else Q(pk__in=[])
        return BlockedWord.objects.filter(theirs | everywhere).select_related("session")

    @column("Where", ordering="session")
    def where(self, entry: BlockedWord) -> str:
        """Return the session, or that it is every room."""
        return entry.session.title if entry.session else "everywhere"

    @button("Block a word", path="block", icon="add", primary=True)
    def block(self, request: HttpRequest) -> HttpResponse:
        """Keep a word out of a session's chat, or out of all."""
        person = person_of(request)
        sessions = sessions_of(person).exclude(state__in=OVER).order_by("-id")[:100]
        everywhere = [(EVERYWHERE, "everywhere")] if is_platform_staff(person) else []
        choices = [*everywhere, *((session.id, session.title) for session in sessions)]

        def run(values: dict[str, Any]) -> str:
            session_id = values["session"] or None
            if session_id is not None:
                get_session_for(person, session_id, Access.MODERATE)
            elif not is_platform_staff(person):
                raise Forbidden("Choose one of your sessions.", param="session")
            moderation.block_word(session_id=session_id, word=values["word"], actor=person, now=clock.now())
            return "The word is blocked from the next message on."

        return self.ask(
            request,
            title="Block a word",
            form=WordForm,
            run=run,
            choices={"session": choices},
            submit="Block",
        )

    @button("Unblock", path="unblock", icon="undo")
    def unblock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the word be said again."""
        entry: BlockedWord = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            moderation.unblock_word(
                session_id=entry.session_id, word_id=entry.id, actor=person_of(request), now=clock.now()
            )
            return f"“{entry.word}” may be said again."

        return self.ask(request, title="Unblock word", intro=entry.word, run=run, submit="Unblock")
