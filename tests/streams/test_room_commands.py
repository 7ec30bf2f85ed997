"""What viewers may say, and what comes of saying it wrong."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from streams import protocol
from streams.models import Session, Slot
from streams.protocol import BadFrame, Command, Malformed, ResumePoint
from tests.people import sign_up
from tests.servers import Web
from tests.streams.seats import Hall, Seat, ticket_for

pytestmark = pytest.mark.only_in("embedded")

LONG = "x" * 65


@pytest.fixture
def hall() -> Iterator[Hall]:
    with Hall() as opened:
        yield opened


@pytest.fixture
def seat(web: Web, hall: Hall, live: Session) -> Seat:
    """Return an unknown viewer's seat."""
    taken = hall.sit(web, live.id)
    taken.next("room.snapshot")
    return taken


def test_ping_is_answered_with_the_time(seat: Seat, live: Session) -> None:
    seat.say("ping", id_="any text")
    pong = seat.next()
    assert pong == {"type": "pong", "room": live.id, "at": pong["at"], "re": "any text", "data": {}}


NO_COMMANDS = (
    ("", None),
    ("not json", None),
    ("null", None),
    ("[]", None),
    ("1", None),
    ('"ping"', None),
    ("{}", None),
    ('{"id": "1"}', "1"),
    ('{"type": "ping"}', None),
    ('{"id": 1, "type": "ping"}', None),
    ('{"id": null, "type": "ping"}', None),
    ('{"id": "", "type": "ping"}', None),
    (f'{{"id": "{LONG}", "type": "ping"}}', None),
    ('{"id": ["1"], "type": "ping"}', None),
    ('{"id": "1", "type": 7}', "1"),
    ('{"id": "1", "type": ["ping"]}', "1"),
    ('{"id": "1", "type": "ping", "data": []}', "1"),
    ('{"id": "1", "type": "ping", "data": null}', "1"),
    ('{"id": "1", "type": "ping", "data": "x"}', "1"),
    ('{"id": "1", "type": "ping"} {}', None),
    ('{"id": "\\ud800", "type": "ping"}', None),
    ('{"id": NaN, "type": "ping"}', None),
    ("[" * 5000, None),
    ('{"a":' * 5000, None),
)


def test_what_is_no_command_is_told_so(seat: Seat) -> None:
    for text, re in NO_COMMANDS:
        seat.connection.send(text)
        error = seat.next()
        assert (error["type"], error["re"], error["data"]["code"]) == ("error", re, "malformed"), text[:80]
        assert error["data"]["message"]
    seat.say("ping")
    assert seat.next()["type"] == "pong"


def test_an_unknown_command_is_told_so(seat: Seat) -> None:
    for type_ in ("", "nothing", "room.snapshot", "__class__", "BUY", "buy ", "x" * 10_000):
        seat.say(type_, id_="9")
        error = seat.next()
        assert error.get("re") == "9", error
        assert (error["type"], error["data"]["code"]) == ("error", "unknown_type"), type_


def test_likes_are_a_small_number(seat: Seat) -> None:
    wrong: tuple[Any, ...] = (0, -1, 101, 10**30, 1.0, True, "1", None, [1], {})
    for count in wrong:
        seat.say("like", {"count": count})
        error = seat.next()
        told = (error["type"], error["data"]["code"], error["data"]["param"])
        assert told == ("error", "invalid", "count"), count


def test_likes_are_in_the_next_pulse(web: Web, hall: Hall, live: Session, seat: Seat) -> None:
    other = hall.sit(web, live.id)
    seat.say("like", {"count": 3})
    seat.say("like", {"count": 4})
    assert sum_of_likes(other, 7) == 7
    assert sum_of_likes(seat, 7) == 7


def sum_of_likes(seat: Seat, enough: int) -> int:
    likes = 0
    while likes < enough:
        likes += seat.next("room.pulse")["data"]["likes"]
    return likes


def test_chat_is_text(web: Web, hall: Hall, live: Session) -> None:
    for number, text in enumerate(("", 7, None, ["hello"], "x" * 801, " ", "\u200b", "x" * 201)):
        seat = hall.sit(web, live.id, ticket=ticket_for(sign_up(f"bella{number}")))
        seat.say("chat.send", {"text": text})
        error = seat.next("error")
        assert (error["data"]["code"], error["data"]["param"]) == ("invalid", "text"), text


def test_the_unknown_do_not_chat(seat: Seat) -> None:
    seat.say("chat.send", {"text": "hello"})
    assert seat.next("error")["data"]["code"] == "sign_in_required"


def test_what_is_said_before_the_snapshot_is_answered_after_it(web: Web, hall: Hall, live: Session) -> None:
    seat = hall.sit(web, live.id)
    seat.say("ping", id_="early")
    assert seat.next()["type"] == "room.snapshot"
    assert seat.next()["re"] == "early"


BUY = {
    "slot": "slt_019ab3c4d5e67f8091a2b3c4d5e6f702",
    "quantity": 1,
    "price": {"amount": 3990, "currency": "CNY"},
    "key": "key-1",
}


WRONG_BUYS: tuple[dict[str, Any], ...] = (
    {"slot": None}, {"slot": 7}, {"slot": "slt_1"}, {"slot": "dl_019ab3c4d5e67f8091a2b3c4d5e6f702"},
    {"slot": ["slt_019ab3c4d5e67f8091a2b3c4d5e6f702"]}, {"slot": "slt_019AB3C4D5E67F8091A2B3C4D5E6F702"},
    {"deal": 0}, {"deal": ""}, {"deal": "dl_1"}, {"deal": {}},
    {"quantity": 0}, {"quantity": -1}, {"quantity": 1001}, {"quantity": 10**20}, {"quantity": 1.0},
    {"quantity": True}, {"quantity": "1"}, {"quantity": None},
    {"price": None}, {"price": 3990}, {"price": []}, {"price": {}}, {"price": {"amount": 3990}},
    {"price": {"amount": 0, "currency": "CNY"}}, {"price": {"amount": -1, "currency": "CNY"}},
    {"price": {"amount": 10**19, "currency": "CNY"}}, {"price": {"amount": 39.9, "currency": "CNY"}},
    {"price": {"amount": "3990", "currency": "CNY"}}, {"price": {"amount": True, "currency": "CNY"}},
    {"price": {"amount": 3990, "currency": "cny"}}, {"price": {"amount": 3990, "currency": "CNYX"}},
    {"price": {"amount": 3990, "currency": "元元元"}}, {"price": {"amount": 3990, "currency": None}},
    {"price": {"amount": 3990, "currency": "CNY", "more": 1}},
    {"key": ""}, {"key": 7}, {"key": None}, {"key": "x" * 256}, {"key": "\x00"}, {"key": "键"},
    {"more": 1},
)  # fmt: skip
#: Fewer than a buyer may send at once.
BUYS_EACH = 15


def test_a_wrong_buy_is_refused(web: Web, hall: Hall, live: Session, slot: Slot) -> None:
    for start in range(0, len(WRONG_BUYS), BUYS_EACH):
        seat = hall.sit(web, live.id, ticket=ticket_for(sign_up(f"bella{start}")))
        for wrong in WRONG_BUYS[start : start + BUYS_EACH]:
            seat.say("buy", {**BUY, "slot": slot.id, **wrong}, id_="7")
            refusal = seat.next("buy.refused", "buy.accepted", "error")
            told = (refusal["type"], refusal["re"], refusal["data"].get("code"))
            assert told == ("buy.refused", "7", "invalid"), wrong
            assert refusal["data"]["param"].split(".")[0] == next(iter(wrong)), wrong


def test_a_right_buy_is_accepted(web: Web, hall: Hall, live: Session, slot: Slot, buyer: Any) -> None:
    seat = hall.sit(web, live.id, ticket=ticket_for(buyer))
    seat.say("buy", {**BUY, "slot": slot.id}, id_="7")
    accepted = seat.next("buy.refused", "buy.accepted", "error")
    assert (accepted["type"], accepted["re"]) == ("buy.accepted", "7")
    assert (accepted["data"]["amount"], accepted["data"]["currency"]) == (3990, "CNY")


def test_a_command_is_parsed() -> None:
    payload = orjson.dumps({"id": "7", "type": "buy", "data": BUY})
    assert protocol.parse_command(payload) == Command("7", "buy", BUY)


def test_text_that_is_not_utf8_is_a_bad_frame() -> None:
    with pytest.raises(BadFrame):
        protocol.parse_command(b'{"id": "\xff"}')


def test_a_malformed_command_keeps_its_id() -> None:
    with pytest.raises(Malformed) as malformed:
        protocol.parse_command(b'{"id": "7", "type": null}')
    assert malformed.value.re == "7"


@pytest.mark.parametrize(
    ("text", "point"),
    (
        ("3fa94c01.17", ResumePoint("3fa94c01", 17)),
        ("a.0", ResumePoint("a", 0)),
        ("a.007", ResumePoint("a", 7)),
        (".1", None),
        ("a.", None),
        ("a.1x", None),
        ("a b.1", None),
        ("a.\u00b2", None),
        ("x" * 17 + ".1", None),
    ),
)
def test_a_resume_point_is_epoch_and_number(text: str, point: ResumePoint | None) -> None:
    assert protocol.parse_resume_point(text) == point
