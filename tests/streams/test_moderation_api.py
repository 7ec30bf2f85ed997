"""Moderation over the API: who may, what changes, what is recorded, and that again changes nothing."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from marketplace.lib import clock, ids
from marketplace.models import Fact, User
from streams.actions.chat import Draft, say
from streams.models import BlockedWord, ChatMessage, ChatSanction, Session
from tests.marketplace.rest_callers import Caller, problem_of, with_token
from tests.people import sign_up
from tests.security.world import undone
from tests.streams.rooms import make_moderator, make_room

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_in("embedded")]


@pytest.fixture
def room(host: User) -> Session:
    return make_room(host)


@pytest.fixture
def mona(room: Session, host: User) -> User:
    """Return Mona, who moderates."""
    return make_moderator(sign_up("mona"), room, host)


@pytest.fixture
def as_mona(mona: User) -> Caller:
    return with_token(mona, "sessions:host")


Speak = Callable[..., str]


@pytest.fixture
def speak(room: Session) -> Speak:
    """Return a function that has a person say something and returns the message's id."""

    def speak(person: User, text: str = "hello") -> str:
        draft = Draft(ids.new_id("msg"), room.id, person.id, text, clock.now())
        say([draft], process="web-1")
        return draft.id

    return speak


def url(room: Session, tail: str = "chat") -> str:
    return f"/api/v1/sessions/{room.id}/{tail}"


def answer(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return json.loads(response.content) if response.content else None


def facts(type_: str) -> list[tuple[str, dict[str, Any]]]:
    return list(Fact.objects.filter(type=type_).values_list("subject", "payload"))


def test_anybody_reads_the_chat_newest_first(
    room: Session, host: User, buyer: User, mona: User, speak: Speak
) -> None:
    said = [speak(buyer, "how much?"), speak(host, "39,90"), speak(mona, "be kind")]
    page = answer(Caller().send("GET", url(room)))
    assert [message["id"] for message in page["data"]] == said[::-1]
    assert [message["role"] for message in page["data"]] == ["moderator", "streamer", "viewer"]
    assert page["data"][2] == {
        "object": "chat_message",
        "id": said[0],
        "session": room.id,
        "author": {"id": buyer.id, "name": "Bella"},
        "role": "viewer",
        "text": "how much?",
        "at": page["data"][2]["at"],
        "pinned": False,
        "deleted_at": None,
    }
    second = answer(Caller().send("GET", url(room) + f"?limit=1&starting_after={said[2]}"))
    assert ([message["id"] for message in second["data"]], second["has_more"]) == ([said[1]], True)
    of_buyer = answer(Caller().send("GET", url(room) + f"?author={buyer.id}"))
    assert [message["id"] for message in of_buyer["data"]] == [said[0]]


def test_a_deleted_message_is_off_the_screens_and_stays_as_evidence(
    room: Session, buyer: User, mona: User, as_mona: Caller, speak: Speak
) -> None:
    message = speak(buyer, "rude")
    as_mona.send("POST", url(room, f"chat/{message}/pin"))
    first = answer(as_mona.send("DELETE", url(room, f"chat/{message}")))
    again = answer(as_mona.send("DELETE", url(room, f"chat/{message}")))
    assert first == again
    assert first["deleted_at"] is not None
    assert first["pinned"] is False
    assert answer(Caller().send("GET", url(room)))["data"] == []
    kept = answer(as_mona.send("GET", url(room) + "?deleted=true"))["data"]
    assert [(one["id"], one["text"]) for one in kept] == [(message, "rude")]
    assert ChatMessage.objects.get().deleted_by == mona.id
    assert facts("chat.message_deleted") == [
        (message, {"message": message, "session": room.id, "author": buyer.id, "actor": mona.id})
    ]
    problem_of(as_mona.send("POST", url(room, f"chat/{message}/pin")), 404, "not_found")
    problem_of(Caller().send("GET", url(room) + "?deleted=true"), 401, "sign_in_required")
    problem_of(with_token(buyer).send("GET", url(room) + "?deleted=true"), 403, "forbidden")


def test_one_message_is_pinned_at_a_time(room: Session, buyer: User, as_mona: Caller, speak: Speak) -> None:
    first, second = speak(buyer, "one"), speak(buyer, "two")
    for message in (first, second, second):
        assert answer(as_mona.send("POST", url(room, f"chat/{message}/pin")))["pinned"] is True
    assert list(ChatMessage.objects.filter(pinned=True).values_list("id", flat=True)) == [second]
    for _ in range(2):
        assert answer(as_mona.send("POST", url(room, f"chat/{second}/unpin")))["pinned"] is False
    assert not ChatMessage.objects.filter(pinned=True).exists()
    assert [subject for subject, _ in facts("chat.message_pinned")] == [first, second]
    assert [subject for subject, _ in facts("chat.message_unpinned")] == [second]


def test_a_mute_is_imposed_replaced_listed_and_lifted(
    room: Session, buyer: User, mona: User, as_mona: Caller
) -> None:
    body = {"user": buyer.id, "kind": "mute", "seconds": 600, "reason": "shouting"}
    first = answer(as_mona.send("POST", url(room, "sanctions"), body), 201)
    assert first == {
        "object": "sanction",
        "id": first["id"],
        "session": room.id,
        "user": buyer.id,
        "kind": "mute",
        "reason": "shouting",
        "imposed_by": mona.id,
        "at": first["at"],
        "until": first["until"],
        "lifted_at": None,
    }
    sanction = ChatSanction.objects.get()
    assert sanction.until == sanction.at + timedelta(seconds=600)
    second = answer(as_mona.send("POST", url(room, "sanctions"), {**body, "seconds": 60}), 201)
    standing = answer(as_mona.send("GET", url(room, "sanctions") + "?standing=true"))
    assert [one["id"] for one in standing["data"]] == [second["id"]]
    for _ in range(2):
        lifted = answer(as_mona.send("POST", url(room, f"sanctions/{second['id']}/lift")))
        assert lifted["lifted_at"] is not None
    everything = answer(as_mona.send("GET", url(room, "sanctions") + f"?user={buyer.id}"))
    assert [one["id"] for one in everything["data"]] == [second["id"], first["id"]]
    assert [subject for subject, _ in facts("chat.muted")] == [first["id"], second["id"]]
    assert facts("chat.sanction_lifted") == [
        (
            second["id"],
            {
                "sanction": second["id"],
                "session": room.id,
                "user": buyer.id,
                "kind": "mute",
                "until": second["until"],
                "actor": mona.id,
            },
        )
    ]


def test_the_same_key_imposes_one_sanction(room: Session, buyer: User, as_mona: Caller) -> None:
    body = {"user": buyer.id, "kind": "ban"}
    answers = [
        answer(as_mona.send("POST", url(room, "sanctions"), body, headers={"Idempotency-Key": "k1"}), 201)
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert ChatSanction.objects.count() == 1
    assert len(facts("chat.banned")) == 1


@pytest.mark.parametrize("key", ("pin", "unpin", "lift", "slow-mode", "word"))
def test_every_post_remembers_its_key(
    room: Session, buyer: User, as_mona: Caller, speak: Speak, key: str
) -> None:
    message = speak(buyer)
    sanction = answer(as_mona.send("POST", url(room, "sanctions"), {"user": buyer.id, "kind": "ban"}), 201)
    tail, body = {
        "pin": (f"chat/{message}/pin", None),
        "unpin": (f"chat/{message}/unpin", None),
        "lift": (f"sanctions/{sanction['id']}/lift", None),
        "slow-mode": ("slow-mode", {"seconds": 5}),
        "word": ("blocked-words", {"word": "spam"}),
    }[key]
    sent = [as_mona.send("POST", url(room, tail), body, headers={"Idempotency-Key": key}) for _ in range(2)]
    assert sent[0].content == sent[1].content
    assert sent[1].headers["Idempotency-Replayed"] == "true"


def test_who_cannot_be_sanctioned(
    room: Session, host: User, admin: User, mona: User, as_mona: Caller
) -> None:
    other = make_moderator(sign_up("milo"), room, host)
    body = {"kind": "mute", "seconds": 60}
    for person in (host, admin, mona, other):
        refused = as_mona.send("POST", url(room, "sanctions"), {**body, "user": person.id})
        problem_of(refused, 403, "cannot_sanction")
    as_host = with_token(host, "sessions:host")
    answer(as_host.send("POST", url(room, "sanctions"), {**body, "user": other.id}), 201)
    unknown = as_mona.send("POST", url(room, "sanctions"), {**body, "user": ids.new_id("usr")})
    problem_of(unknown, 404, "not_found")
    assert ChatSanction.objects.count() == 1


def test_slow_mode_is_set_and_read(room: Session, as_mona: Caller) -> None:
    for seconds in (30, 30, 0):
        shown = answer(as_mona.send("POST", url(room, "slow-mode"), {"seconds": seconds}))
        assert shown == {"object": "slow_mode", "session": room.id, "seconds": seconds}
        assert answer(Caller().send("GET", url(room, "slow-mode"))) == shown
    assert [payload["slow_mode_seconds"] for _, payload in facts("chat.slow_mode_set")] == [30, 0]


def test_words_are_blocked_listed_and_unblocked(room: Session, as_mona: Caller, host: User) -> None:
    entry = answer(as_mona.send("POST", url(room, "blocked-words"), {"word": "  SPAM "}), 201)
    assert entry["word"] == "spam"
    twice = problem_of(
        as_mona.send("POST", url(room, "blocked-words"), {"word": "spam"}), 409, "word_blocked_already"
    )
    assert twice["data"] == {"word": entry["id"]}
    problem_of(as_mona.send("POST", url(room, "blocked-words"), {"word": "!!!"}), 400, "invalid")
    assert [one["word"] for one in answer(as_mona.send("GET", url(room, "blocked-words")))["data"]] == [
        "spam"
    ]
    answer(as_mona.send("DELETE", url(room, f"blocked-words/{entry['id']}")), 204)
    problem_of(as_mona.send("DELETE", url(room, f"blocked-words/{entry['id']}")), 404, "not_found")
    assert not BlockedWord.objects.exists()
    assert len(facts("chat.word_unblocked")) == 1


def test_a_list_of_words_has_an_end(room: Session, as_mona: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.actions.moderation.MOST_WORDS", 2)
    for word in ("one", "two"):
        answer(as_mona.send("POST", url(room, "blocked-words"), {"word": word}), 201)
    problem_of(as_mona.send("POST", url(room, "blocked-words"), {"word": "three"}), 409, "limit_reached")


def test_nothing_is_imposed_on_a_session_that_is_over(rival: User, buyer: User, speak: Speak) -> None:
    over = make_room(rival, "ended")
    caller = with_token(rival, "sessions:host")
    for tail, body in (
        ("sanctions", {"user": buyer.id, "kind": "ban"}),
        ("slow-mode", {"seconds": 5}),
    ):
        problem_of(caller.send("POST", url(over, tail), body), 409, "wrong_session_state")
    assert not ChatSanction.objects.exists()


WRITES = (
    ("DELETE", "chat/{message}", None),
    ("POST", "chat/{message}/pin", None),
    ("POST", "chat/{message}/unpin", None),
    ("POST", "sanctions", {"user": "{buyer}", "kind": "ban"}),
    ("POST", "sanctions/{sanction}/lift", None),
    ("POST", "slow-mode", {"seconds": 5}),
    ("POST", "blocked-words", {"word": "spam"}),
    ("DELETE", "blocked-words/{word}", None),
)
READS = (("GET", "sanctions", None), ("GET", "blocked-words", None))


def test_only_who_may_moderate_does(
    room: Session,
    host: User,
    rival: User,
    buyer: User,
    brand_staff: User,
    admin: User,
    as_mona: Caller,
    speak: Speak,
) -> None:
    things = {"message": speak(buyer), "buyer": buyer.id}
    given = {"user": buyer.id, "kind": "mute", "seconds": 60}
    things["sanction"] = answer(as_mona.send("POST", url(room, "sanctions"), given), 201)["id"]
    things["word"] = answer(as_mona.send("POST", url(room, "blocked-words"), {"word": "fake"}), 201)["id"]
    others = [with_token(person, "sessions:host") for person in (buyer, rival, brand_staff)]
    hana, unscoped = with_token(host, "sessions:host"), with_token(host, "orders:write")
    for method, tail, body in WRITES + READS:
        where = url(room, tail.format(**things))
        sent = json.loads(json.dumps(body).replace("{buyer}", buyer.id))
        problem_of(Caller().send(method, where, sent), 401, "sign_in_required")
        for caller in others:
            problem_of(caller.send(method, where, sent), 403, "forbidden")
        if method != "GET":
            problem_of(unscoped.send(method, where, sent), 403, "scope_missing")
        with undone():
            assert hana.send(method, where, sent).status_code < 300, (method, tail)
    assert with_token(admin, "sessions:host").send("GET", url(room, "sanctions")).status_code == 200


MALFORMED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sanctions", {}),
    ("sanctions", {"user": "usr_1", "kind": "ban"}),
    ("sanctions", {"user": 7, "kind": "ban"}),
    ("sanctions", {"user": "{buyer}", "kind": "kick"}),
    ("sanctions", {"user": "{buyer}", "kind": None}),
    ("sanctions", {"user": "{buyer}", "kind": "mute"}),
    ("sanctions", {"user": "{buyer}", "kind": "ban", "seconds": 5}),
    ("sanctions", {"user": "{buyer}", "kind": "mute", "seconds": 0}),
    ("sanctions", {"user": "{buyer}", "kind": "mute", "seconds": -1}),
    ("sanctions", {"user": "{buyer}", "kind": "mute", "seconds": 604_801}),
    ("sanctions", {"user": "{buyer}", "kind": "mute", "seconds": "60"}),
    ("sanctions", {"user": "{buyer}", "kind": "mute", "seconds": 1.5}),
    ("sanctions", {"user": "{buyer}", "kind": "mute", "seconds": True}),
    ("sanctions", {"user": "{buyer}", "kind": "ban", "reason": "x" * 201}),
    ("sanctions", {"user": "{buyer}", "kind": "ban", "reason": "nul \0"}),
    ("sanctions", {"user": "{buyer}", "kind": "ban", "colour": "red"}),
    ("slow-mode", {}),
    ("slow-mode", {"seconds": -1}),
    ("slow-mode", {"seconds": 3_601}),
    ("slow-mode", {"seconds": "5"}),
    ("slow-mode", {"seconds": None}),
    ("blocked-words", {"word": ""}),
    ("blocked-words", {"word": "x" * 41}),
    ("blocked-words", {"word": 5}),
    ("blocked-words", {"word": ["spam"]}),
    ("blocked-words", {"word": "nul\0"}),
    ("blocked-words", {"word": "\u3164"}),
)


def test_malformed_bodies_change_nothing(room: Session, buyer: User, as_mona: Caller) -> None:
    answered = []
    for tail, body in MALFORMED:
        sent = json.loads(json.dumps(body).replace("{buyer}", buyer.id))
        refusal = as_mona.send("POST", url(room, tail), sent)
        if (refusal.status_code, refusal.json().get("code")) != (400, "invalid"):
            answered.append((tail, body, refusal.content))
    assert answered == []
    assert not ChatSanction.objects.exists()
    assert not BlockedWord.objects.exists()
    room.refresh_from_db()
    assert room.slow_mode_seconds == 0


def test_things_of_another_session_are_not_there(
    room: Session, rival: User, buyer: User, as_mona: Caller, speak: Speak
) -> None:
    other = make_room(rival)
    message = speak(buyer)
    ban = answer(as_mona.send("POST", url(room, "sanctions"), {"user": buyer.id, "kind": "ban"}), 201)
    word = answer(as_mona.send("POST", url(room, "blocked-words"), {"word": "spam"}), 201)
    as_rival = with_token(rival, "sessions:host")
    for method, tail in (
        ("DELETE", f"chat/{message}"),
        ("POST", f"chat/{message}/pin"),
        ("POST", f"chat/{message}/unpin"),
        ("POST", f"sanctions/{ban['id']}/lift"),
        ("DELETE", f"blocked-words/{word['id']}"),
    ):
        problem_of(as_rival.send(method, url(other, tail)), 404, "not_found")
    assert ChatMessage.objects.get().deleted_at is None
    assert ChatSanction.objects.get().lifted_at is None
