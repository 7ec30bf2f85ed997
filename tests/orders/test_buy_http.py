"""``POST /api/v1/orders`` at a real server, through both doors: with a token, and with a session cookie.

Each door has code of its own, so whatever is asked of one is asked of the other and the answers compared.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from marketplace.actions.tokens import create_token, revoke_token
from marketplace.lib import clock
from marketplace.lib.ids import new_id
from marketplace.models import ApiToken, Brand, User
from orders.models import Order
from streams.actions import moderation
from streams.actions.deals import open_deal
from streams.actions.lineup import change_slot
from streams.actions.show import pause_session
from tests.conftest import Launch
from tests.orders.shop import DEAL_PRICE, PRICE, Shop, open_show
from tests.servers import Web
from tests.system.crowd import Person, make_crowd, sign_in
from tests.system.http import PATH, Ask, Reply, ask

CSRF = "c" * 32
SCOPE = ["orders:write"]
SECOND = timedelta(seconds=1)
#: Headers that both doors must set alike; what is left out differs from door to door or from call to call.
SAME_HEADERS = ("content-type", "cache-control", "retry-after", "www-authenticate", "idempotency-replayed")

Offer = dict[str, Any]
Wrongs = tuple[object, ...]
Door = Callable[[Person], dict[str, str]]


def with_token(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


def with_cookie(person: Person) -> dict[str, str]:
    return {"Cookie": f"{person.cookie}; csrftoken={CSRF}", "X-CSRFToken": CSRF}


def with_nothing(person: Person) -> dict[str, str]:
    return {}


def with_header(authorization: str) -> Door:
    return lambda _person: {"Authorization": authorization}


DOORS = (with_token, with_cookie)
both_doors = pytest.mark.parametrize("door", DOORS)


@pytest.fixture
def show(brand: Brand, brand_owner: User, host: User, admin: User) -> Shop:
    """Return Hana's show, live by the clock of the server."""
    return open_show(brand, brand_owner, host, admin)


@pytest.fixture
def offer(show: Shop) -> Offer:
    """Return a body that buys one unit."""
    return {"slot": show.slot.id, "quantity": 1, "price": PRICE.to_wire()}


@dataclass
class Counter:
    """Where people buy. Everybody comes once, so that no limit is met."""

    web: Web
    people: Iterator[Person]

    def send(self, door: Door, body: object, person: Person | None = None, /, **headers: str | None) -> Reply:
        """Send a purchase through a door; None takes a header away."""
        sent: dict[str, str | None] = {
            "Content-Type": "application/json",
            "Idempotency-Key": "mine",
            "X-Request-Id": "bella-1",
            **door(person or next(self.people)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {name: value for name, value in sent.items() if value is not None}
        return ask(Ask(self.web, raw, given))

    def both(self, body: object, **headers: str | None) -> Reply:
        """Send a purchase that is refused through both doors, and return the answer that both gave."""
        token, cookie = (self.send(door, body, None, **headers) for door in DOORS)
        assert shown(token) == shown(cookie), body
        return token


@pytest.fixture
def counter(web: Web) -> Counter:
    """Return a server and two hundred people who may buy there."""
    return Counter(web, iter(make_crowd(200)))


def shown(reply: Reply) -> tuple[int, Any, dict[str, str | None]]:
    return reply.status, reply.body, {name: reply.headers.get(name) for name in SAME_HEADERS}


@both_doors
def test_a_purchase_is_created(door: Door, counter: Counter, offer: Offer, buyer: User) -> None:
    bella = sign_in(buyer)
    reply = counter.send(door, {**offer, "quantity": 2}, bella)
    order = Order.objects.get(buyer=buyer)
    assert reply.status == 201
    assert reply.body == {
        "object": "purchase",
        "order": order.id,
        "total": {"amount": 7980, "currency": "CNY"},
        "pay_by": clock.to_wire(order.pay_by),
    }
    assert order.pay_by - order.created_at == timedelta(seconds=900)
    expected = {
        "location": f"{PATH}/{order.id}",
        "content-type": "application/json",
        "cache-control": "no-store",
        "x-request-id": "bella-1",
        "ratelimit-policy": '"buy";q=1000000;w=1',
    }
    assert {name: reply.headers[name] for name in expected} == expected
    assert reply.headers["ratelimit"].startswith('"buy";r=')
    assert "idempotency-replayed" not in reply.headers
    again = ask(Ask(counter.web, b"", door(bella), method="GET", path=reply.headers["location"]))
    assert (again.status, again.body["id"], again.body["state"]) == (200, order.id, "pending_payment")


@both_doors
def test_a_repeated_purchase_gets_the_first_answer_and_says_so(
    door: Door, counter: Counter, offer: Offer
) -> None:
    person = next(counter.people)
    first = counter.send(door, offer, person)
    for other_door in DOORS:
        again = counter.send(other_door, offer, person)
        assert (again.status, again.body) == (201, first.body)
        assert again.headers["location"] == first.headers["location"]
        assert again.headers["idempotency-replayed"] == "true"
        other = counter.send(other_door, {**offer, "quantity": 2}, person)
        assert (other.status, other.code) == (422, "idempotency_mismatch")
        assert other.body["data"] == {"order": first.body["order"]}
    assert Order.objects.count() == 1


@both_doors
def test_a_request_id_is_made_when_the_callers_is_unfit(door: Door, counter: Counter, offer: Offer) -> None:
    for unfit in (None, "two words", "x" * 129):
        given = counter.send(door, offer, X_Request_Id=unfit).headers["x-request-id"]
        assert len(given) == 32
        assert given.isalnum()


def test_nobody_is_asked_to_sign_in(counter: Counter, offer: Offer) -> None:
    reply = counter.send(with_nothing, offer)
    assert (reply.status, reply.code) == (401, "sign_in_required")
    assert reply.headers["www-authenticate"] == 'Bearer realm="hawker"'
    assert reply.body["request_id"] == reply.headers["x-request-id"] == "bella-1"


def test_a_token_that_is_none_is_refused_and_guessing_is_limited(
    launch_web: Launch, offer: Offer, buyer: User
) -> None:
    counter = Counter(launch_web(RATE_LIMIT_LOGIN="12/h"), iter(make_crowd(20)))
    now = clock.now()
    ended, over = create_token(user=buyer, name="over", scopes=SCOPE, expires_at=None, now=now)
    ApiToken.objects.filter(id=ended.id).update(expiry=now - SECOND)
    row, revoked = create_token(user=buyer, name="revoked", scopes=SCOPE, expires_at=None, now=now)
    revoke_token(user=buyer, token_id=row.id, now=now)
    gone = next(counter.people)
    User.objects.filter(id=gone.id).update(is_active=False)
    tokens = ["", "hwk_unknown", "x" * 200, "h\xe9", over, revoked, gone.token]
    headers = ["", "Bearer", "Basic YTpi", *(f"Bearer {token}" for token in tokens)]
    for header in headers:
        reply = counter.send(with_header(header), offer)
        assert (reply.status, reply.code) == (401, "invalid_token"), header
        assert reply.headers["www-authenticate"] == 'Bearer realm="hawker"'
    statuses = [counter.send(with_header("Bearer hwk_guess"), offer).status for _ in range(4)]
    assert statuses == [401, 401, 429, 429]
    assert counter.send(with_token, offer).status == 201
    assert Order.objects.count() == 1


def test_a_token_without_the_scope_may_not_buy(counter: Counter, offer: Offer, buyer: User) -> None:
    _, token = create_token(user=buyer, name="r", scopes=["money:read"], expires_at=None, now=clock.now())
    reply = counter.send(with_header(f"Bearer {token}"), offer)
    assert (reply.status, reply.code) == (403, "scope_missing")
    assert reply.body["data"] == {"scope": "orders:write"}


def test_a_cookie_without_a_csrf_token_may_not_buy(counter: Counter, offer: Offer) -> None:
    for wrong in (None, "d" * 32, ""):
        reply = counter.send(with_cookie, offer, X_CSRFToken=wrong)
        assert (reply.status, reply.code) == (403, "csrf_failed")
    assert Order.objects.count() == 0


def wrong_bodies(offer: Offer) -> list[tuple[object, str | None]]:
    """Return every field wrong in presence, type, size, sign, range and encoding, and what is named."""
    amount, currency = "price.amount", "price.currency"
    money = offer["price"]
    bodies: list[tuple[object, str | None]] = [([], None), ("x", None), (None, None), (1, None), ({}, "slot")]
    bodies += [({**offer, "colour": "red"}, "colour"), ({**offer, "": 1}, ""), ({**offer, "Slot": 1}, "Slot")]
    bodies += [({**offer, "x" * 500: 1}, "x" * 100)]
    bodies += [({name: offer[name] for name in offer if name != left}, left) for left in offer]
    strings = ("", "slt_1", "x" * 9_000, "slt_" + "F" * 32, "slt_" + "é" * 32, new_id("var"))
    ids: Wrongs = (1, True, [], {}, *strings)
    bodies += [({**offer, "slot": wrong}, "slot") for wrong in (None, *ids)]
    bodies += [({**offer, "deal": wrong}, "deal") for wrong in (*ids, offer["slot"])]
    quantities: Wrongs = (None, 0, -1, 1.0, 0.5, "1", True, [], {}, 1_001, 2**31, 2**63 - 1, -(2**63))
    bodies += [({**offer, "quantity": wrong}, "quantity") for wrong in quantities]
    half: Wrongs = ({"amount": 1}, {"currency": "CNY"}, {**money, "x": 1})
    prices: Wrongs = (None, 3990, "39.90", [], {}, *half)
    bodies += [({**offer, "price": wrong}, "price") for wrong in prices]
    amounts: Wrongs = (None, 0, -3990, 39.9, "3990", True, [], 10**12 + 1, 2**63 - 1)
    bodies += [({**offer, "price": {**money, "amount": wrong}}, amount) for wrong in amounts]
    currencies: Wrongs = (None, 156, "", "cny", "CN", "CNYX", "CNÝ", "CNY\n", ["CNY"])
    bodies += [({**offer, "price": {**money, "currency": wrong}}, currency) for wrong in currencies]
    return bodies


def test_every_wrong_field_is_named_alike_at_both_doors(
    counter: Counter, offer: Offer, transactional_db: None
) -> None:
    bodies = wrong_bodies(offer)
    counter.people = iter(make_crowd(2 * len(bodies), "visitor"))
    for body, param in bodies:
        reply = counter.both(body)
        assert (reply.status, reply.code, reply.body["param"]) == (400, "invalid", param or None), body
        assert [entry["param"] for entry in reply.body["errors"]] == [param or ""], body
    assert Order.objects.count() == 0


def test_what_is_not_strict_json_is_refused_alike_at_both_doors(counter: Counter, offer: Offer) -> None:
    whole = json.dumps(offer).encode()
    for raw in (
        b"{",
        whole[:-1],
        whole + b"}",
        b"slot=1",
        b"\xff\xfe",
        whole.replace(b"CNY", b"\xc3("),
        whole.replace(b"CNY", b"\\ud800"),
        whole.replace(b"CNY", b"CN\\u0000"),
        b'{"quantity": NaN}',
        b'{"quantity": 1e400}',
        b'{"quantity": 9223372036854775808}',
        b'{"price":' * 40 + b"1" + b"}" * 40,
    ):
        reply = counter.both(raw)
        assert (reply.status, reply.code, reply.body["param"]) == (400, "invalid", None), raw
    empty = counter.both(b"")
    assert (empty.status, empty.code, empty.body["param"]) == (400, "invalid", "slot")
    assert Order.objects.count() == 0


def test_a_body_over_16_kib_is_too_large(counter: Counter, offer: Offer) -> None:
    whole = json.dumps(offer).encode()
    for size in (16 * 1024 + 1, 100_000):
        reply = counter.both(b" " * (size - len(whole)) + whole)
        assert (reply.status, reply.code, reply.body["data"]) == (413, "too_large", {"limit": 16_384})
    for door in DOORS:
        assert counter.send(door, b" " * (16 * 1024 - len(whole)) + whole).status == 201


def test_what_is_asked_for_beside_json_is_refused_alike(counter: Counter, offer: Offer) -> None:
    plain = counter.both(offer, Content_Type="text/plain")
    assert (plain.status, plain.code) == (415, "unsupported_media_type")
    page = counter.both(offer, Accept="text/html")
    assert (page.status, page.code) == (406, "not_acceptable")
    for door in DOORS:
        headers = {"Content-Type": "application/json", "Idempotency-Key": "k", **door(next(counter.people))}
        reply = ask(Ask(counter.web, json.dumps(offer).encode(), headers, path=f"{PATH}?colour=red"))
        assert (reply.status, reply.code, reply.body["param"]) == (400, "invalid", "colour")
        assert counter.send(door, offer, Content_Type="application/json; charset=utf-8").status == 201


def test_the_key_must_be_there_and_be_one(counter: Counter, offer: Offer) -> None:
    missing = counter.both(offer, Idempotency_Key=None)
    assert (missing.status, missing.code) == (400, "idempotency_key_missing")
    for wrong in ("", "x" * 256, "tab\tin it", "é"):
        reply = counter.both(offer, Idempotency_Key=wrong)
        assert (reply.status, reply.code, reply.body["param"]) == (400, "invalid", "Idempotency-Key"), wrong
    assert Order.objects.count() == 0
    for door in DOORS:
        assert counter.send(door, offer, Idempotency_Key="x" * 255).status == 201


def test_every_refusal_has_its_status_and_says_what_to_know(
    counter: Counter, show: Shop, offer: Offer
) -> None:
    now = clock.now()

    def refused(code: str, data: Mapping[str, Any], **changed: object) -> None:
        reply = counter.both({**offer, **changed})
        assert (reply.status, reply.code, reply.body["data"]) == (409, code, data)
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.body["type"] == f"/api/docs/errors/#{code}"
        assert reply.body["request_id"] == "bella-1"

    deal = open_deal(slot_id=show.slot.id, price=DEAL_PRICE, quota=2, seconds=600, actor=show.host, now=now)
    price = {"price": PRICE.to_wire()}
    refused("not_on_sale", {}, slot=new_id("slt"))
    refused("deal_closed", {}, deal=new_id("dl"))
    refused("price_changed", price, price=DEAL_PRICE.to_wire())
    refused("price_changed", price, price={"amount": 3990, "currency": "USD"})
    refused("sold_out", {"left": 10}, quantity=11)
    refused("sold_out", {"left": 2}, quantity=3, deal=deal.id, price=DEAL_PRICE.to_wire())
    change_slot(slot_id=show.slot.id, per_buyer_limit=2, actor=show.host, now=now)
    refused("limit_reached", {"limit": 2, "bought": 0}, quantity=3)
    change_slot(slot_id=show.slot.id, on_sale=False, actor=show.host, now=now)
    refused("not_on_sale", {})
    pause_session(session_id=show.session.id, actor=show.host, now=now)
    refused("session_not_live", {})
    assert Order.objects.count() == 0


def test_who_is_banned_from_the_show_buys_nothing_in_it(
    counter: Counter, show: Shop, offer: Offer, buyer: User
) -> None:
    room, bella, now = show.session.id, sign_in(buyer), clock.now()
    ban = moderation.ban(session_id=room, user_id=buyer.id, actor=show.host, now=now)
    for door in DOORS:
        reply = counter.send(door, offer, bella)
        assert (reply.status, reply.code) == (403, "banned")
    assert Order.objects.count() == 0
    moderation.lift(session_id=room, sanction_id=ban.id, actor=show.host, now=now)
    assert counter.send(DOORS[0], offer, bella).status == 201


def test_who_buys_too_often_is_told_when_to_come_back(
    launch_web: Launch, show: Shop, offer: Offer, buyer: User
) -> None:
    counter = Counter(launch_web(RATE_LIMIT_BUY="2/m"), iter(()))
    bella = sign_in(buyer)
    for door, key in zip(DOORS, ("one", "two"), strict=True):
        assert counter.send(door, offer, bella, Idempotency_Key=key).status == 201
    for door in DOORS:
        reply = counter.send(door, offer, bella, Idempotency_Key="three")
        assert (reply.status, reply.code, reply.body["data"]) == (429, "rate_limited", {"limit": "buy"})
        assert 0 < int(reply.headers["retry-after"]) <= 30
        assert reply.headers["ratelimit-policy"] == '"buy";q=2;w=60'
        assert reply.headers["ratelimit"].startswith('"buy";r=0;')
    assert Order.objects.count() == 2


@both_doors
def test_other_methods_of_the_same_address_are_not_purchases(
    door: Door, counter: Counter, offer: Offer
) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "mine", **door(next(counter.people))}
    body = json.dumps(offer).encode()
    listed = ask(Ask(counter.web, b"", headers, method="GET"))
    assert (listed.status, listed.body["data"]) == (200, [])
    for method in ("PUT", "PATCH", "DELETE"):
        reply = ask(Ask(counter.web, body, headers, method=method))
        assert (reply.status, reply.code) == (405, "method_not_allowed")
    assert ask(Ask(counter.web, body, headers, path=f"{PATH}/")).status == 404
    assert Order.objects.count() == 0
