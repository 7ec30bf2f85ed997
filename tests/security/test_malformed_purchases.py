"""Buying over HTTP, malformed, in a running server: with a token past Django, and in a browser through it."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.conf import settings

from marketplace.actions.tokens import create_token
from marketplace.lib import clock
from marketplace.models.tokens import Scope
from orders.models import Order
from tests.plugin import thorough_in
from tests.security.malformed import BODIES, HOME, Case, cases, few_cases
from tests.security.openapi import JSON, body_schema, document, schemas
from tests.security.requests import body_of
from tests.security.world import World
from tests.servers import Web

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v1/orders"
DOORS = ("token", "browser") if thorough_in(HOME) else ("token",)


def headers_of(world: World, door: str) -> dict[str, str]:
    """Return what says who asks: Bella's program, or Bella's browser."""
    if door == "token":
        made = create_token(
            user=world.people["buyer"],
            name="x",
            scopes=[Scope.ORDERS_WRITE],
            expires_at=None,
            now=clock.now(),
        )
        return {"Authorization": f"Bearer {made[1]}"}
    csrf = "c" * 32
    cookies = {settings.SESSION_COOKIE_NAME: world.cookies["buyer"], settings.CSRF_COOKIE_NAME: csrf}
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "X-CSRFToken": csrf}


class Door:
    """A kept connection through which one person buys."""

    def __init__(self, web: Web, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
        self.headers = {"Content-Type": JSON, **headers}
        self.asked = 0

    def ask(self, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
        """Send a body under a key of its own and return the answer."""
        self.asked += 1
        sent = {**self.headers, "Idempotency-Key": f"key {id(self)} {self.asked}", **headers}
        self.connection.request(
            "POST", PATH, body, {name: each for name, each in sent.items() if each != "-"}
        )
        answer = self.connection.getresponse()
        text = answer.read()
        kind = {201: JSON}.get(answer.status, "application/problem+json")
        assert answer.headers["Content-Type"] == kind, (answer.status, text)
        return answer.status, json.loads(text)


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, live_world: World, patient_web: Web) -> Iterator[Door]:
    opened = Door(patient_web, headers_of(live_world, request.param))
    with closing(opened.connection):
        yield opened


def malformed(world: World) -> list[Case]:
    operation = document()["paths"][PATH]["post"]
    schema = body_schema(operation, JSON)
    assert schema is not None
    good = body_of(world, "POST", "orders")
    if thorough_in(HOME):
        return list(cases(schema, schemas(), good))
    return list(few_cases(schema, schemas(), good, where={("slot",), ("quantity",), ("price", "amount")}))


def test_a_malformed_purchase_is_refused(door: Door, live_world: World, patient_web: Web) -> None:
    wrong, bought, before = {}, 0, Order.objects.count()
    for case in malformed(live_world):
        status, answer = door.ask(case.body)
        bought += status == 201
        if status >= 500 or (case.is_wrong and (status not in {400, 413} or "code" not in answer)):
            wrong[case.name] = (status, answer)
    for name, body in BODIES.items():
        status, answer = door.ask(body)
        if (status, answer["code"]) not in {(400, "invalid"), (413, "too_large")}:
            wrong[name] = (status, answer)
    assert wrong == {}
    assert Order.objects.count() == before + bought
    assert_works(door, live_world, patient_web)


def assert_works(door: Door, world: World, web: Web) -> None:
    assert door.ask(json.dumps(body_of(world, "POST", "orders")).encode())[0] == 201
    assert web.running
    assert "purchase_failed" not in web.log()


HEADERS: dict[str, tuple[dict[str, str], int]] = {
    "no key": ({"Idempotency-Key": "-"}, 400),
    "an empty key": ({"Idempotency-Key": ""}, 400),
    "a long key": ({"Idempotency-Key": "x" * 256}, 400),
    "a key of bytes": ({"Idempotency-Key": "\xe9"}, 400),
    "a key with a tab": ({"Idempotency-Key": "a\tb"}, 400),
    "a strange request id": ({"X-Request-Id": "\xff" * 300}, 201),
    "a token of nothing": ({"Authorization": "Bearer "}, 401),
    "a token of bytes": ({"Authorization": "Bearer \xff\xfe"}, 401),
    "a long token": ({"Authorization": "Bearer " + "x" * 10_000}, 401),
    "another scheme": ({"Authorization": "Basic eA=="}, 401),
    "no scheme": ({"Authorization": "\xff"}, 401),
}


@pytest.mark.only_in(HOME)
def test_malformed_headers_of_a_purchase_are_refused(live_world: World, patient_web: Web) -> None:
    door = Door(patient_web, headers_of(live_world, "token"))
    good = json.dumps(body_of(live_world, "POST", "orders")).encode()
    with closing(door.connection):
        statuses = {name: door.ask(good, **headers)[0] for name, (headers, _) in HEADERS.items()}
        assert statuses == {name: status for name, (_, status) in HEADERS.items()}
        assert_works(door, live_world, patient_web)


REQUESTS: tuple[bytes, ...] = (
    b"\x00\xff\r\n\r\n",
    b"GET\r\n\r\n",
    b"POST /api/v1/orders HTTP/9.9\r\n\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\n\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: \xff\r\nX\x00: y\r\n\r\n",
    b"GET /" + b"%" * 100 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    b"GET /api/v1/brands?\xff HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)


@pytest.mark.only_in(HOME)
def test_a_request_that_is_none_does_no_harm(live_world: World, patient_web: Web) -> None:
    for request in REQUESTS:
        with closing(socket.create_connection(("127.0.0.1", patient_web.port), timeout=10)) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65_536)
        assert not answer or 200 <= int(answer.split()[1]) < 500, (request[:80], answer)
    door = Door(patient_web, headers_of(live_world, "token"))
    with closing(door.connection):
        assert_works(door, live_world, patient_web)
