"""Buyers over HTTP: one request and its answer, or thousands over some connections at once."""

import contextlib
import http.client
import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.servers import Web
from tests.system.crowd import Person

PATH = "/api/v1/orders"
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str:
        """Return a refusal's code, nothing for a success."""
        return str(self.body.get("code", ""))


@dataclass(frozen=True, slots=True)
class Ask:
    """A request."""

    web: Web
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    path: str = PATH


def purchase(web: Web, person: Person, offer: Mapping[str, Any], key: str, **headers: str) -> Ask:
    """Return the request that buys with a token."""
    sent = {"Authorization": f"Bearer {person.token}", "Idempotency-Key": key, **headers}
    return Ask(web, json.dumps(offer).encode(), {"Content-Type": "application/json", **sent})


def ask(request: Ask) -> Reply:
    """Send one request over a connection of its own and return the answer."""
    with contextlib.closing(_connect(request.web)) as connection:
        return _exchange(connection, request)


def ask_all(requests: Sequence[Ask], *, connections: int = 32) -> list[Reply | None]:
    """Send all requests over so many connections at once; None where the server hung up."""
    kept: dict[tuple[int, int], http.client.HTTPConnection] = {}

    def send(request: Ask) -> Reply | None:
        mine = (threading.get_ident(), request.web.port)
        connection = kept.get(mine) or kept.setdefault(mine, _connect(request.web))
        try:
            return _exchange(connection, request)
        except (OSError, http.client.HTTPException):
            connection.close()
            return None

    try:
        with ThreadPoolExecutor(connections) as pool:
            return list(pool.map(send, requests))
    finally:
        for connection in kept.values():
            connection.close()


def _connect(web: Web) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", web.port, timeout=_SECONDS)


def _exchange(connection: http.client.HTTPConnection, request: Ask) -> Reply:
    connection.request(request.method, request.path, request.body, dict(request.headers))
    answer = connection.getresponse()
    body = answer.read()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Reply(answer.status, headers, json.loads(body) if body else None)
