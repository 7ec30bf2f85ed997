"""What benches of the room share: who connects where, and a host who does something."""

import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

from tests.benchmarks.generator import Generator
from tests.servers import Web

SUBPROTOCOL = "room.v1"


def path(session_id: str) -> str:
    """Return the address of a room's socket."""
    return f"/ws/v1/rooms/{session_id}"


def anonymous(session_id: str, count: int) -> list[dict[str, Any]]:
    """Return viewers who have not signed in."""
    return [{"path": path(session_id)}] * count


def signed_in(session_id: str, buyers: list[dict[str, str]], web: Web) -> list[dict[str, Any]]:
    """Return viewers with the session cookie of a browser."""
    headers = [{"Cookie": buyer["cookie"], "Origin": web.url} for buyer in buyers]
    return [{"path": path(session_id), "headers": own} for own in headers]


def enter(generator: Generator, web: Web, viewers: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    """Let viewers in and wait until each has its snapshot; return how long that took."""
    return generator.open(
        ("127.0.0.1", web.port), viewers, subprotocol=SUBPROTOCOL, greeted=True, seconds=120, **options
    )


class Host:
    """A streamer at the console: each call is one request of the public API and makes one fact."""

    def __init__(self, web: Web, show: dict[str, Any]) -> None:
        self._port = web.port
        self._base = f"/api/v1/sessions/{show['session']}"
        self._token = show["host_token"]
        slots = [offer["slot"] for offer in show["offers"]]
        self._first = slots[0]
        self._next: Iterator[str] = itertools.cycle([*slots[1:], slots[0]])
        self._prices = itertools.cycle((5_990, 5_890))
        self._calls = itertools.count()

    def pin(self) -> None:
        """Pin the next slot: the fact ``slot.pinned``, some 200 bytes."""
        self._ask("POST", f"lineup/{next(self._next)}/pin", {})

    def change_price(self) -> None:
        """Change the first slot's live price: the fact ``slot.updated``, some 1,500 bytes."""
        price = {"amount": next(self._prices), "currency": "CNY"}
        self._ask("PATCH", f"lineup/{self._first}", {"live_price": price})

    def _ask(self, method: str, path_: str, body: dict[str, Any]) -> None:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"bench-{id(self)}-{next(self._calls)}",
        }
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=30)) as connection:
            connection.request(method, f"{self._base}/{path_}", json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        assert answer.status < 300, f"{path_}: {answer.status} {text[:500]!r}"


def last_seq(web: Web, session_id: str) -> int:
    """Return the number of the room's last fact, as a session's own address tells it."""
    with closing(HTTPConnection("127.0.0.1", web.port, timeout=30)) as connection:
        connection.request("GET", f"/api/v1/sessions/{session_id}")
        document = json.loads(connection.getresponse().read())
    return int(document["last_seq"])
