"""Connections without a network."""

import json
from typing import Any

from marketplace.lib.frames import text_payloads
from streams.hub import Connection

ROOM = "ses_019ab3c4d5e67f8091a2b3c4d5e6f708"


class FakeSocket:
    """Keeps what is written to it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.waiting = 0
        self.closing = False
        self.code: int | None = None
        self.hears = True

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def buffered(self) -> int:
        return self.waiting

    def close(self, code: int, reason: str = "") -> None:
        self.closing, self.code = True, code

    def abort(self) -> None:
        self.closing, self.code = True, 1006

    def ping(self) -> bool:
        return self.hears

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(text) for data in self.written for text in text_payloads(data)]

    @property
    def seqs(self) -> list[int]:
        return [message["seq"] for message in self.messages if "seq" in message]


class Nobody:
    def heard(self, connection: Connection, payload: bytes) -> None: ...

    def stalled(self, connection: Connection, stalled: bool) -> None: ...

    def lost(self, connection: Connection) -> None: ...


def viewer() -> tuple[Connection, FakeSocket]:
    connection, socket = Connection(ROOM, Nobody()), FakeSocket()
    connection.socket = socket
    return connection, socket
