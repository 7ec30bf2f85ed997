"""Moderation in the admin: messages to read with buttons, sanctions, words; each finds what is theirs."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.lib import clock, ids
from marketplace.models import User
from streams.actions.chat import Draft, say
from streams.models import BlockedWord, ChatMessage, ChatSanction, Session
from tests.people import sign_up
from tests.streams.rooms import make_moderator, make_room

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_in("embedded")]


def inside(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def room(host: User) -> Session:
    return make_room(host)


@pytest.fixture
def message(room: Session, buyer: User) -> ChatMessage:
    """Return what Bella said in Hana's room."""
    say([Draft(ids.new_id("msg"), room.id, buyer.id, "rude words", clock.now())], process="web-1")
    return ChatMessage.objects.get()


def list_of(model: Any) -> str:
    return reverse(f"admin:streams_{model._meta.model_name}_changelist")


def press(client: Client, model: Any, button: str, *args: str, status: int = 302, **values: Any) -> str:
    """Press a button and send its form."""
    address = reverse(f"admin:streams_{model._meta.model_name}_{button}", args=args)
    assert client.get(address).status_code in {200, 404}
    answer = client.post(address, values)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def test_messages_are_read_deleted_and_pinned(host: User, message: ChatMessage) -> None:
    desk = inside(host)
    assert "rude words" in desk.get(list_of(ChatMessage)).content.decode()
    assert desk.get(reverse("admin:streams_chatmessage_change", args=[message.id])).status_code == 200
    press(desk, ChatMessage, "pin", message.id)
    assert ChatMessage.objects.get().pinned
    press(desk, ChatMessage, "unpin", message.id)
    press(desk, ChatMessage, "remove", message.id)
    message.refresh_from_db()
    assert (message.pinned, message.deleted_by) == (False, host.id)
    assert message.deleted_at is not None


def test_authors_are_muted_banned_and_let_back(host: User, buyer: User, message: ChatMessage) -> None:
    desk = inside(host)
    press(desk, ChatMessage, "mute", message.id, seconds="60", reason="shouting")
    press(desk, ChatMessage, "ban", message.id, reason="and again")
    muted, banned = ChatSanction.objects.order_by("id")
    assert (muted.kind, muted.user, muted.reason) == ("mute", buyer, "shouting")
    assert (banned.kind, banned.until, banned.reason) == ("ban", None, "and again")
    assert "shouting" in desk.get(list_of(ChatSanction)).content.decode()
    press(desk, ChatSanction, "lift", banned.id)
    banned.refresh_from_db()
    assert banned.lifted_by == host.id


def test_what_an_action_refuses_is_shown(host: User, admin: User, room: Session) -> None:
    say([Draft(ids.new_id("msg"), room.id, host.id, "welcome", clock.now())], process="web-1")
    page = press(inside(admin), ChatMessage, "ban", ChatMessage.objects.get().id, status=200)
    assert "cannot be muted or banned" in page
    assert not ChatSanction.objects.exists()


def test_words_are_blocked_here_and_by_staff_everywhere(host: User, admin: User, room: Session) -> None:
    press(inside(host), BlockedWord, "block", word="spam", session=room.id)
    press(inside(host), BlockedWord, "block", word="fake", session="", status=200)
    press(inside(admin), BlockedWord, "block", word="scam", session="")
    assert list(BlockedWord.objects.order_by("word").values_list("word", "session")) == [
        ("scam", None),
        ("spam", room.id),
    ]
    listed = inside(host).get(list_of(BlockedWord)).content.decode()
    assert "spam" in listed
    assert "scam" not in listed
    assert "scam" in inside(admin).get(list_of(BlockedWord)).content.decode()
    scam = BlockedWord.objects.get(word="scam")
    press(inside(host), BlockedWord, "unblock", scam.id, status=404)
    press(inside(admin), BlockedWord, "unblock", scam.id)
    assert BlockedWord.objects.get().word == "spam"


def test_everybody_finds_what_is_theirs(
    host: User, rival: User, buyer: User, room: Session, message: ChatMessage
) -> None:
    make_room(rival)
    mona = make_moderator(sign_up("mona"), room, host)
    assert "rude words" not in inside(rival).get(list_of(ChatMessage)).content.decode()
    press(inside(rival), ChatMessage, "remove", message.id, status=404)
    assert inside(buyer).get(list_of(ChatMessage)).status_code == 302
    message.refresh_from_db()
    assert message.deleted_at is None
    assert "rude words" in inside(mona).get(list_of(ChatMessage)).content.decode()
    press(inside(mona), ChatMessage, "remove", message.id)
