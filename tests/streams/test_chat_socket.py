"""Chat through real sockets: who is heard, what is refused, and what moderation does at once."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.models import User
from streams.actions import moderation
from streams.models import ChatMessage, Session
from tests.conftest import Launch
from tests.people import sign_up
from tests.servers import Web
from tests.streams.rooms import make_moderator, make_room
from tests.streams.viewers import Message, Viewer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(host: User) -> Session:
    return make_room(host)


def test_what_one_says_everybody_hears_once(web: Web, room: Session, buyer: User, host: User) -> None:
    with Viewer(web, room, buyer) as bella, Viewer(web, room, host) as hana, Viewer(web, room) as nobody:
        answer = bella.say("  how \n much?\u202e ")
        stored = ChatMessage.objects.get()
        assert answer["type"] == "chat.accepted"
        assert answer["data"] == {"message": stored.id}
        assert stored.text == "how much?"
        for viewer in (bella, hana, nobody):
            viewer.wait_for("chat.messages")
            assert viewer.chats() == [
                {
                    "id": stored.id,
                    "author": {"id": buyer.id, "name": "Bella", "role": "viewer"},
                    "text": "how much?",
                    "at": clock.to_wire(stored.at),
                    "pinned": False,
                }
            ]
        hana.say("39,90")
        nobody.wait_until(lambda: "39,90" in nobody.texts())
        assert nobody.chats()[1]["author"]["role"] == "streamer"
    with Viewer(web, room) as later:
        assert [chat["text"] for chat in later.heard[0]["data"]["chats"]] == ["how much?", "39,90"]


MALFORMED: tuple[Any, ...] = (
    *(None, 7, True, "", " ", "\n", "\0", "\u200b", "x" * 201, "x" * 5_000, ["hello"], {"text": "x"}),
)


def test_malformed_text_is_refused(web: Web, room: Session) -> None:
    given: list[dict[str, Any]] = [{"text": text} for text in MALFORMED]
    for number, data in enumerate([*given, {}]):
        with Viewer(web, room, sign_up(f"bella-{number}")) as bella:  # one alone would be too fast
            answer = bella.ask("chat.send", **data)
            assert (answer["type"], answer["data"].get("code")) == ("error", "invalid"), data
            assert bella.say("still here")["type"] == "chat.accepted"
    assert ChatMessage.objects.count() == len(given) + 1


def test_frames_that_are_no_command_are_refused_and_the_room_goes_on(
    web: Web, room: Session, buyer: User
) -> None:
    with Viewer(web, room, buyer) as bella:
        for frame in (
            '{"id":"1","type":"chat.send","data":{"text":"\\ud800"}}',
            '{"id":"1","type":"chat.send","data":"hello"}',
            '{"id":"1","type":"chat.send","data":{"text":"x"',
            '{"type":"chat.send","data":{"text":"x"}}',
        ):
            bella.heard.clear()
            bella.send_text(frame)
            assert bella.wait_for("error")["data"]["code"] in {"malformed", "invalid"}
        assert bella.say("fine")["type"] == "chat.accepted"
    assert list(ChatMessage.objects.values_list("text", flat=True)) == ["fine"]


def test_nobody_may_watch_and_like_but_not_write(web: Web, room: Session) -> None:
    with Viewer(web, room) as nobody:
        answer = nobody.say("hello")
        assert (answer["type"], answer["data"]["code"]) == ("error", "sign_in_required")
        nobody.send("like", count=3)
        pulse = nobody.wait_for(lambda message: message["data"].get("likes"))
        assert (pulse["type"], pulse["data"]["likes"]) == ("room.pulse", 3)
    assert not ChatMessage.objects.exists()


def test_malformed_likes_are_refused(web: Web, room: Session) -> None:
    counts = (0, -1, 101, 10**30, 1.5, "3", True, None, [1])
    with Viewer(web, room) as nobody:
        answers = {str(count): nobody.ask("like", count=count) for count in counts}
    codes = {count: (answer["type"], answer["data"].get("code")) for count, answer in answers.items()}
    assert codes == dict.fromkeys(codes, ("error", "invalid"))


def test_somebody_who_writes_too_fast_is_told_so(web: Web, room: Session, buyer: User) -> None:
    with Viewer(web, room, buyer) as bella:
        answers = [bella.send("chat.send", text=f"message {number}") for number in range(5)]
        heard = [bella.answer_to(command_id) for command_id in answers]
    codes = [answer["data"].get("code", "accepted") for answer in heard]
    assert codes.count("accepted") == ChatMessage.objects.count() == 2
    assert codes.count("rate_limited") == 3


def test_a_muted_person_is_refused_and_others_are_heard(
    web: Web, room: Session, host: User, buyer: User, outsider: User
) -> None:
    with Viewer(web, room, buyer) as bella, Viewer(web, room, outsider) as otto:
        now = clock.now()
        sanction = moderation.mute(session_id=room.id, user_id=buyer.id, seconds=600, actor=host, now=now)
        until = clock.to_wire(now + timedelta(seconds=600))
        refused = bella.say("let me speak")
        assert (refused["type"], refused["data"]["code"]) == ("error", "muted")
        assert refused["data"]["until"] == until
        assert otto.say("nice tea")["type"] == "chat.accepted"
        bella.wait_for("chat.messages")
        assert bella.texts() == ["nice tea"]
        moderation.lift(session_id=room.id, sanction_id=sanction.id, actor=host, now=clock.now())
        assert bella.say("thank you")["type"] == "chat.accepted"
    assert list(ChatMessage.objects.values_list("author_id", flat=True)) == [outsider.id, buyer.id]


def test_a_banned_person_is_shown_out_and_kept_out(
    web: Web, room: Session, host: User, rival: User, buyer: User
) -> None:
    elsewhere = make_room(rival)
    with (
        Viewer(web, room, buyer) as bella,
        Viewer(web, room, buyer) as second_window,
        Viewer(web, elsewhere, buyer) as in_another_room,
    ):
        ban = moderation.ban(session_id=room.id, user_id=buyer.id, actor=host, now=clock.now())
        assert (bella.wait_closed(), second_window.wait_closed()) == (4403, 4403)
        assert in_another_room.say("hello here")["type"] == "chat.accepted"
    again = Viewer(web, room, buyer)
    assert again.wait_closed() == 4403
    moderation.lift(session_id=room.id, sanction_id=ban.id, actor=host, now=clock.now())
    with Viewer(web, room, buyer) as bella:
        assert bella.say("sorry")["type"] == "chat.accepted"


def test_blocked_words_and_slow_mode_hold_at_once(
    web: Web, room: Session, host: User, buyer: User, outsider: User
) -> None:
    with Viewer(web, room, buyer) as bella, Viewer(web, room, outsider) as otto:
        moderation.block_word(session_id=room.id, word="spam", actor=host, now=clock.now())
        assert otto.say("buy s.p.a.m now")["data"]["code"] == "blocked_word"
        moderation.set_slow_mode(session_id=room.id, seconds=60, actor=host, now=clock.now())
        assert bella.say("one")["type"] == "chat.accepted"
        refused = bella.say("two")
        assert refused["data"]["code"] == "slow_mode"
        assert 58 <= refused["data"]["retry_after"] <= 60


def test_a_busy_room_shows_a_draw_and_everybody_their_own(
    launch_web: Launch, room: Session, host: User, outsider: User
) -> None:
    web = launch_web(CHAT_ROOM_CAP="8", RATE_LIMIT_CHAT="100/s")
    moderator = make_moderator(outsider, room, host)
    people = [sign_up(f"viewer{number}") for number in range(6)]
    viewers = [Viewer(web, room, person).enter() for person in people]
    mona, nobody = Viewer(web, room, moderator).enter(), Viewer(web, room).enter()
    for number in range(5):
        for viewer in viewers:
            viewer.send("chat.send", text=f"message {number}")
        mona.send("chat.send", text=f"calm {number}")
    for viewer in (*viewers, mona):
        viewer.wait_until(partial(has, 5, partial(accepted, viewer)))
    assert ChatMessage.objects.count() == 35
    nobody.wait_until(lambda: "calm 4" in nobody.texts())
    shown = [message["data"]["messages"] for message in nobody.heard if message["type"] == "chat.messages"]
    assert max(map(len, shown)) == 2
    assert 2 <= len(nobody.chats()) < 35
    for viewer, person in zip(viewers, people, strict=True):
        viewer.wait_until(partial(has, 5, partial(said_by, person, viewer)))
        assert said_by(person, viewer) == [f"message {number}" for number in range(5)]
        viewer.close()
    for viewer in (mona, nobody):
        viewer.close()


def has(number: int, items: Callable[[], Sequence[object]]) -> bool:
    return len(items()) == number


def said_by(person: User, viewer: Viewer) -> list[str]:
    return [chat["text"] for chat in viewer.chats() if chat["author"]["id"] == person.id]


def accepted(viewer: Viewer) -> list[Message]:
    return [message for message in viewer.heard if message["type"] == "chat.accepted"]


def test_what_was_said_before_the_server_goes_down_is_kept(
    launch_web: Launch, room: Session, buyer: User, outsider: User
) -> None:
    web = launch_web()
    bella, otto = Viewer(web, room, buyer).enter(), Viewer(web, room, outsider).enter()
    bella.send("chat.send", text="last words")
    otto.send("chat.send", text="me too")
    bella.ask("ping")
    otto.ask("ping")
    web.stop()
    assert sorted(ChatMessage.objects.values_list("text", flat=True)) == ["last words", "me too"]
    bella.close()
    otto.close()


def test_moderation_shows_on_every_screen_of_every_process(
    web: Web, second_web: Web, room: Session, host: User, buyer: User
) -> None:
    with Viewer(web, room, buyer) as here, Viewer(second_web, room) as there:
        message = here.say("rude")["data"]["message"]
        for viewer in (here, there):
            viewer.wait_until(partial(has, 1, viewer.texts))
        moderation.pin_message(session_id=room.id, message_id=message, actor=host, now=clock.now())
        for viewer in (here, there):
            pinned = viewer.wait_for("chat.pinned")["data"]["message"]
            assert (pinned["id"], pinned["pinned"]) == (message, True)
        moderation.unpin_message(session_id=room.id, message_id=message, actor=host, now=clock.now())
        moderation.delete_message(session_id=room.id, message_id=message, actor=host, now=clock.now())
        moderation.set_slow_mode(session_id=room.id, seconds=7, actor=host, now=clock.now())
        for viewer in (here, there):
            assert viewer.wait_for("chat.unpinned")["data"] == {"message": message}
            assert viewer.wait_for("chat.deleted")["data"] == {"message": message}
            assert viewer.wait_for("chat.slow_mode")["data"] == {"seconds": 7}
        with Viewer(second_web, room) as away:  # whose screen may have the message from before it was deleted
            assert away.wait_for("chat.deleted")["data"] == {"message": message}
        moderation.ban(session_id=room.id, user_id=buyer.id, actor=host, now=clock.now())
        assert here.wait_closed() == 4403
