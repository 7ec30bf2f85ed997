"""docs/asyncapi.yaml says what the code does: names, examples, and every message of a whole show."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from marketplace.actions.tokens import create_token
from marketplace.lib import clock
from marketplace.models import User, Variant
from streams import events, protocol
from streams.models import Session, Slot
from tests.orders.shop import ADDRESS, APPROVE
from tests.servers import Web
from tests.servers.process import ROOT
from tests.streams.seats import Hall, Seat, ticket_for

pytestmark = pytest.mark.only_in("embedded")

Document = dict[str, Any]


def load(path: Path) -> Document:
    document: Document = yaml.safe_load(path.read_text())
    return document


DOCUMENT = load(ROOT / "docs" / "asyncapi.yaml")
MESSAGES: Document = DOCUMENT["components"]["messages"]
FACTS = {fact.type for fact in events.FACTS}
SENT = FACTS.union(protocol.AMBIENT, protocol.SNAPSHOTS, protocol.REPLIES, protocol.PERSONAL)


def closed(schema: Any) -> Any:
    """Return a schema that allows no field it does not name: the file is open to growth, the code is not."""
    if isinstance(schema, dict):
        copied = {key: closed(value) for key, value in schema.items()}
        if "properties" in copied and copied.get("type") == "object":
            copied["additionalProperties"] = False
        return copied
    return [closed(each) for each in schema] if isinstance(schema, list) else schema


STRICT = closed({"schemas": DOCUMENT["components"]["schemas"], "messages": MESSAGES})


def check(message: Document, *, kind: str = "type") -> None:
    """Raise ValidationError unless a message is what the file says of its type, and nothing more."""
    name = message[kind]
    Draft7Validator(
        {"$ref": f"#/components/messages/{name}/payload", "components": STRICT},
    ).validate(message)


@pytest.fixture
def hall() -> Iterator[Hall]:
    with Hall() as opened:
        yield opened


def test_names_are_those_of_the_code() -> None:
    assert MESSAGES.keys() == SENT.union(protocol.COMMANDS)
    assert DOCUMENT["channels"]["room"]["messages"].keys() == MESSAGES.keys()


def test_operations_sort_messages_as_the_code_does() -> None:
    operations = {
        name: {message["$ref"].rpartition("/")[2] for message in operation["messages"]}
        for name, operation in DOCUMENT["operations"].items()
    }
    replies = {
        message["$ref"].rpartition("/")[2]
        for operation in DOCUMENT["operations"].values()
        for message in operation.get("reply", {}).get("messages", ())
    }
    assert operations["tellFacts"] == FACTS
    assert operations["begin"] == set(protocol.SNAPSHOTS)
    assert operations["tellAmbient"] == set(protocol.AMBIENT)
    assert operations["tellPerson"] == set(protocol.PERSONAL)
    commands = [operations[name] for name in ("buy", "chat", "like", "ping")]
    assert set().union(*commands) == set(protocol.COMMANDS)
    assert replies == set(protocol.REPLIES)


def test_close_codes_are_those_of_the_code() -> None:
    described = DOCUMENT["channels"]["room"]["description"]
    assert [code for code in protocol.CloseCode if str(int(code)) not in described] == []


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_every_message_has_examples_that_hold(name: str) -> None:
    examples = [example["payload"] for example in MESSAGES[name]["examples"]]
    assert examples
    for example in examples:
        assert example["type"] == name
        check(example)


def test_the_check_finds_what_is_wrong() -> None:
    right = MESSAGES["deal.opened"]["examples"][0]["payload"]
    changes: tuple[Document, ...] = ({"seq": 0}, {"room": "ses_1"}, {"at": "now"}, {"data": {}}, {"more": 1})
    for change in changes:
        with pytest.raises(ValidationError):
            check({**right, **change})
    wrong = copy.deepcopy(right)
    wrong["data"]["deal"]["price"]["amount"] = "2990"
    with pytest.raises(ValidationError):
        check(wrong)


class Desk:
    """Somebody at the API of a running server."""

    def __init__(self, web: Web, person: User, *scopes: str) -> None:
        _, token = create_token(
            user=person, name="test", scopes=list(scopes), expires_at=None, now=clock.now()
        )
        self._api = httpx.Client(
            base_url=f"{web.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=20
        )
        self._calls = 0

    def post(self, path: str, body: Document | None = None) -> Document:
        self._calls += 1
        answer = self._api.post(
            path, json=body or {}, headers={"Idempotency-Key": f"{id(self)}-{self._calls}"}
        )
        assert answer.is_success, (path, answer.text)
        data: Document = answer.json()
        return data

    def get(self, path: str) -> Document:
        answer = self._api.get(path)
        assert answer.is_success, (path, answer.text)
        data: Document = answer.json()
        return data

    def patch(self, path: str, body: Document) -> None:
        answer = self._api.patch(path, json=body)
        assert answer.is_success, (path, answer.text)

    def delete(self, path: str) -> None:
        answer = self._api.delete(path)
        assert answer.is_success, (path, answer.text)

    def close(self) -> None:
        self._api.close()


@pytest.fixture
def hana(web: Web, host: User) -> Iterator[Desk]:
    desk = Desk(web, host, "sessions:host")
    yield desk
    desk.close()


@pytest.fixture
def bella(web: Web, buyer: User) -> Iterator[Desk]:
    desk = Desk(web, buyer, "orders:write", "returns:write")
    yield desk
    desk.close()


def test_a_whole_show_says_nothing_else(
    web: Web, hall: Hall, scheduled: Session, slot: Slot, cup: Variant, hana: Desk, bella: Desk, buyer: User
) -> None:
    room = f"/sessions/{scheduled.id}"
    seat = hall.sit(web, scheduled.id, ticket=ticket_for(buyer))
    seat.next("room.snapshot")
    host_a_show(seat, room, slot, cup, hana)
    buy_something(seat, slot, bella)
    chat(seat, room, buyer, hana)
    make_mistakes(seat)
    hana.post(f"{room}/captions", {"text": "That was all.", "slot": slot.id, "claim": "harvest"})
    hana.post(f"{room}/end")
    seat.next("session.ended")
    late = hall.sit(web, scheduled.id, since="other.1")
    late.next("resync")
    heard = [*seat.heard, *late.heard]
    for message in heard:
        check(message)
    assert {message["type"] for message in heard} == SENT


def host_a_show(seat: Seat, room: str, slot: Slot, cup: Variant, hana: Desk) -> None:
    hana.patch(room, {"title": "Spring tea, at last"})
    hana.post(f"{room}/start")
    seat.next("session.started")
    hana.post(f"{room}/pause")
    hana.post(f"{room}/resume")
    added = hana.post(
        f"{room}/lineup", {"variant": cup.id, "live_price": {"amount": 2990, "currency": "CNY"}}
    )
    hana.patch(f"{room}/lineup/{added['id']}", {"per_buyer_limit": 2})
    hana.post(f"{room}/lineup/{added['id']}/pin")
    hana.post(f"{room}/lineup/{added['id']}/unpin")
    deal = hana.post(
        f"{room}/deals",
        {"slot": slot.id, "price": {"amount": 1990, "currency": "CNY"}, "quota": 5, "seconds": 60},
    )
    hana.post(f"{room}/deals/{deal['id']}/close")
    seat.next("deal.closed")


def buy_something(seat: Seat, slot: Slot, bella: Desk) -> None:
    wanted = {"slot": slot.id, "quantity": 1, "price": {"amount": 3990, "currency": "CNY"}, "key": "a"}
    seat.say("buy", wanted)
    order = seat.next("buy.accepted")["data"]["order"]
    for wrong in (
        {"price": {"amount": 1, "currency": "CNY"}, "key": "b"},
        {"quantity": 2},
        {"quantity": 999, "key": "c"},
        {"slot": "slt_019ab3c4d5e67f8091a2b3c4d5e6f702", "key": "d"},
        {"quantity": 0, "key": "e"},
    ):
        seat.say("buy", {**wanted, **wrong})
        seat.next("buy.refused")
    bella.post(f"/orders/{order}/pay", {"card": APPROVE, "address": ADDRESS})
    seat.next("order.updated")
    line = bella.get(f"/orders/{order}")["lines"][0]["id"]
    asked = {"line": line, "units": 1, "type": "refund_only", "reason": "no_reason"}
    bella.post("/returns", asked)
    seat.next("return.updated")
    bella.post(f"/orders/{order}/cancel")


def chat(seat: Seat, room: str, buyer: User, hana: Desk) -> None:
    seat.say("like", {"count": 5})
    seat.say("chat.send", {"text": "Is it the spring harvest?"})
    said = seat.next("chat.messages")["data"]["messages"][0]["id"]
    hana.post(f"{room}/chat/{said}/pin")
    seat.next("chat.pinned")
    hana.post(f"{room}/chat/{said}/unpin")
    seat.next("chat.unpinned")
    hana.delete(f"{room}/chat/{said}")
    seat.next("chat.deleted")
    hana.post(f"{room}/slow-mode", {"seconds": 1})
    seat.next("chat.slow_mode")
    mute = hana.post(f"{room}/sanctions", {"user": buyer.id, "kind": "mute", "seconds": 60})
    seat.next("chat.muted")
    seat.say("chat.send", {"text": "Why?"})
    assert seat.next("error")["data"]["code"] == "muted"
    hana.post(f"{room}/sanctions/{mute['id']}/lift")
    seat.next("chat.unmuted")


def make_mistakes(seat: Seat) -> None:
    for mistake in (
        "nothing",
        json.dumps({"id": "1", "type": "nothing"}),
        json.dumps({"id": "1", "type": "like", "data": {"count": -1}}),
        json.dumps({"id": "1", "type": "chat.send", "data": {}}),
    ):
        seat.connection.send(mistake)
        seat.next("error")
    seat.say("ping")
    seat.next("pong")
