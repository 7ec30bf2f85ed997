"""Every field of every command of a room, malformed, through real sockets; frames that are none."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from websockets.exceptions import ConnectionClosed

from orders.models import Order
from streams.models import ChatMessage
from streams.protocol import COMMANDS
from tests.raw_socket import BINARY, CLOSE, TEXT, RawSocket, client_frame
from tests.security.asyncapi import commands, good, schemas
from tests.security.malformed import BODIES, HOME, Case, cases
from tests.security.world import World
from tests.servers import Web
from tests.streams.seats import Hall, Seat

pytestmark = pytest.mark.django_db(transaction=True)

#: What a connection may send at once, in commands; a kilobyte counts as one more.
ALLOWANCE = 80
NEWS = frozenset({"room.snapshot", "stock.changed", "room.pulse", "chat.messages", "order.updated"})
#: What the log says of faults of ours.
FAULTS = ("command_failed", "entrance_failed", "purchase_failed", "chat_failed", "not_stored", "in ASGI")
ACCEPTED = frozenset({"buy.accepted", "chat.accepted", "pong"})


class Told(NamedTuple):
    """What was said to a frame."""

    case: Case
    answers: list[dict[str, Any]]


def bundles(found: Sequence[Case]) -> Iterator[list[Case]]:
    """Yield as many cases at a time as one connection may send, a ping after each."""
    bundle: list[Case] = []
    spent = 0
    for case in found:
        cost = 2 + len(case.body) // 1024
        if spent + cost > ALLOWANCE:
            yield bundle
            bundle, spent = [], 0
        bundle.append(case)
        spent += cost
    yield bundle


def tell(seat: Seat, bundle: Sequence[Case], *, silent: bool) -> list[Told]:
    """Send frames with a ping after each, and return what was said to each.

    An answer belongs to the frame whose id it repeats, or else to the one whose pong comes next. Unless the
    command is taken in silence, every frame has an answer in the end.
    """
    for number, case in enumerate(bundle):
        seat.connection.send(case.body, text=True)
        seat.say("ping", id_=f"after {number}")
    told = [Told(case, []) for case in bundle]
    frames_by_id = {id_: number for number, case in enumerate(bundle) if (id_ := _id_of(case.body))}
    number = 0
    while number < len(bundle) or not (silent or all(answers for _, answers in told)):
        message = seat.next()
        if message.get("re") == f"after {number}":
            number += 1
        elif message["type"] not in NEWS:
            at = frames_by_id.get(message.get("re") or "", min(number, len(bundle) - 1))
            told[at].answers.append(message)
    return told


def _id_of(body: bytes) -> str:
    """Return the id of a command that can be read, nothing for another text."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(message.get("id", "")) if isinstance(message, dict) else ""


def is_refusal(message: dict[str, Any]) -> bool:
    return message["type"] in {"error", "buy.refused"} and message["data"]["code"] != "internal_error"


def fault_of(told: Told) -> str | None:
    """Return what is wrong with the answers to a frame, None when nothing is."""
    if told.case.is_wrong:
        fine = len(told.answers) == 1 and is_refusal(told.answers[0])
    else:
        fine = all(is_refusal(each) or each["type"] in ACCEPTED for each in told.answers)
    return None if fine else str(told.answers)[:300]


def faults(
    world: World, web: Web, found: Sequence[Case], *, role: str = "buyer", silent: bool = False
) -> dict[str, str]:
    """Send frames to the live room and return what was wrong with the answers."""
    wrong = {}
    for bundle in bundles(found):
        with Hall() as hall:
            cookie = world.cookies.get(role, "")
            seat = hall.sit(web, world.ids["live"], cookie=cookie, origin=web.url if cookie else "")
            seat.next("room.snapshot")
            for told in tell(seat, bundle, silent=silent):
                if fault := fault_of(told):
                    wrong[told.case.name] = fault
            seat.leave()
    return wrong


def frames(world: World, command: str) -> list[Case]:
    """Return every malformed form of a command, each with an id and a key of its own."""
    found = []
    for number, case in enumerate(cases(commands()[command], schemas(), good(world, command))):
        body = case.body.replace(b"5b0c6a2e", f"{number:08x}".encode())
        is_wrong = case.is_wrong and b"\\u0000" not in body  # what a NUL is, each command says for itself
        if len(body) < 60_000:
            found.append(Case(case.name, body, is_wrong))
    return found


def assert_works(world: World, web: Web) -> None:
    """The process still lets people in, sells and chats."""
    with Hall() as hall:
        seat = hall.sit(web, world.ids["live"], cookie=world.cookies["other"], origin=web.url)
        for command, answer in (("buy", "buy.accepted"), ("chat.send", "chat.accepted"), ("ping", "pong")):
            message = good(world, command)
            seat.say(command, message["data"], id_=command)
            assert seat.next(answer, "error", "buy.refused")["type"] == answer
        seat.leave()
    assert web.running
    assert [fault for fault in FAULTS if fault in web.log()] == []


def test_every_command_is_tried() -> None:
    assert commands().keys() == set(COMMANDS)


@pytest.mark.only_in(HOME)
def test_a_malformed_command_is_refused(live_world: World, patient_web: Web) -> None:
    wrong: dict[str, str] = {}
    for command in COMMANDS:
        found = frames(live_world, command)
        assert len(found) > 100
        answered = faults(live_world, patient_web, found, silent=command == "like")
        wrong |= {f"{command} {name}": fault for name, fault in answered.items()}
    assert wrong == {}
    assert_works(live_world, patient_web)


def test_what_was_refused_changed_nothing(live_world: World, patient_web: Web) -> None:
    before = Order.objects.count(), ChatMessage.objects.count()
    for command in ("buy", "chat.send"):
        refused = [case for case in frames(live_world, command) if case.is_wrong]
        assert faults(live_world, patient_web, refused) == {}
    assert (Order.objects.count(), ChatMessage.objects.count()) == before
    assert_works(live_world, patient_web)


@pytest.mark.only_in(HOME)
def test_a_text_that_is_no_command_is_told_so(live_world: World, patient_web: Web) -> None:
    text = {name: body for name, body in BODIES.items() if len(body) < 60_000 and _is_utf8(body)}
    found = [Case(name, body, True) for name, body in text.items()]
    assert faults(live_world, patient_web, found, role="") == {}
    deep = [Case("deep", b'{"id": "1", "type": "like", "data": ' + b"[" * 30_000, True)]
    assert faults(live_world, patient_web, deep, role="") == {}
    assert_works(live_world, patient_web)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


FRAMES: dict[str, tuple[bytes, int]] = {
    "too large": (client_frame(b" " * 65_537), 4413),
    "much too large": (client_frame(b" " * 1_000_000), 4413),
    "not UTF-8": (client_frame(b'{"id": "\xff"}'), 4400),
    "a surrogate": (client_frame(b'{"id": "\xed\xa0\x80"}'), 4400),
    "binary": (client_frame(b"{}", opcode=BINARY), 4400),
    "an unknown kind": (client_frame(b"{}", opcode=0x3), 4400),
    "no mask": (client_frame(b"{}", masked=False), 4400),
    "a rest of nothing": (client_frame(b"{}", opcode=0x0), 4400),
    "a long ping": (client_frame(b"x" * 126, opcode=0x9), 4400),
    "a close of one byte": (client_frame(b"x", opcode=CLOSE), 4400),
}


@pytest.mark.only_in(HOME)
def test_a_frame_that_is_none_ends_the_visit(live_world: World, patient_web: Web) -> None:
    codes = {}
    for name, (sent, _) in FRAMES.items():
        with RawSocket(patient_web.port, f"/ws/v1/rooms/{live_world.ids['live']}") as viewer:
            viewer.frame_of(TEXT)
            viewer.send(sent)
            codes[name] = viewer.frame_of(CLOSE).close_code
    assert codes == {name: code for name, (_, code) in FRAMES.items()}
    assert_works(live_world, patient_web)


VISITS: dict[str, tuple[str, str]] = {
    "no id": ("x", "4404"),
    "another kind": ("ord_" + "0" * 32, "4404"),
    "nothing there": ("ses_" + "0" * 32, "4404"),
    "capitals": ("ses_" + "A" * 32, "4404"),
    "NUL": ("%00", "4404"),
    "bytes": ("%FF%FE", "4404"),
    "long": ("x" * 5_000, "4404"),
    "half a point": ("{live}?since=abc", "4400"),
    "a point of no number": ("{live}?since=abc.x", "4400"),
    "a point below": ("{live}?since=abc.-1", "4400"),
    "a point far away": ("{live}?since=abc." + "9" * 18, "resync"),
    "a point too far": ("{live}?since=abc." + "9" * 19, "4400"),
    "a point of bytes": ("{live}?since=%00.1", "4400"),
    "an empty point": ("{live}?since=", "4400"),
    "no ticket": ("{live}?ticket=x", "4401"),
    "an empty ticket": ("{live}?ticket=", "4401"),
    "a ticket of bytes": ("{live}?ticket=%00%FF%ED%A0%80", "4401"),
    "a long ticket": ("{live}?ticket=" + "x" * 5_000, "4401"),
    "parameters of no meaning": ("{live}?x=%FF&=&&since2=1;a", "room.snapshot"),
}


@pytest.mark.only_in(HOME)
def test_a_malformed_visit_is_turned_away(live_world: World, patient_web: Web) -> None:
    met = {}
    for name, (room, _) in VISITS.items():
        with Hall() as hall:
            seat = hall.sit(patient_web, live_world.fill(room))
            try:
                met[name] = str(seat.next()["type"])
            except ConnectionClosed as closed:
                met[name] = str(closed.rcvd.code if closed.rcvd else closed)
            seat.leave()
    assert met == {name: expected for name, (_, expected) in VISITS.items()}
    assert_works(live_world, patient_web)


@pytest.mark.only_in(HOME)
def test_a_malformed_cookie_is_nobody(live_world: World, patient_web: Web) -> None:
    for cookie in ("\xff", "x" * 5_000, "%00", '"', "'; --"):
        with Hall() as hall:
            seat = hall.sit(patient_web, live_world.ids["live"], cookie=cookie, origin=patient_web.url)
            seat.next("room.snapshot")
            seat.say("chat.send", {"text": "hello"})
            assert seat.next("error")["data"]["code"] == "sign_in_required"
            seat.leave()
