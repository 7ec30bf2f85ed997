"""The web server's WebSocket: frames good and bad, limits, close codes, ports that processes share."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import pytest

from marketplace.lib import clock
from marketplace.server import _listen
from streams.models import Session
from tests.conftest import Launch
from tests.people import sign_up
from tests.raw_socket import BINARY, CLOSE, PING, PONG, TEXT, RawSocket, client_frame
from tests.servers import Web, wait_until
from tests.streams.rooms import make_room

pytestmark = pytest.mark.only_in("embedded")

PING_COMMAND = b'{"id": "1", "type": "ping"}'


@pytest.fixture
def room(web: Web) -> Session:
    return make_room(sign_up("hana"), now=clock.now())


@pytest.fixture
def raw(web: Web, room: Session) -> Iterator[RawSocket]:
    """Return a connection to Hana's room whose snapshot has been read."""
    with RawSocket(web.port, f"/ws/v1/rooms/{room.id}") as connection:
        snapshot = connection.frame()
        assert snapshot is not None
        assert json.loads(snapshot.payload)["type"] == "room.snapshot"
        yield connection


def answer(raw: RawSocket) -> dict[str, object]:
    """Return the next message that is not a pulse."""
    while True:
        message: dict[str, object] = json.loads(raw.frame_of(TEXT).payload)
        if message["type"] != "room.pulse":
            return message


def test_a_text_message_is_answered(raw: RawSocket) -> None:
    raw.send(client_frame(PING_COMMAND))
    assert answer(raw)["re"] == "1"


def test_a_message_may_come_byte_by_byte(raw: RawSocket) -> None:
    for byte in client_frame(PING_COMMAND):
        raw.send(bytes([byte]))
    assert answer(raw)["re"] == "1"


def test_a_message_may_come_in_fragments_with_a_ping_between(raw: RawSocket) -> None:
    raw.send(client_frame(PING_COMMAND[:5], final=False))
    raw.send(client_frame(b"hello", opcode=PING))
    raw.send(client_frame(b"", opcode=0x0, final=False))
    raw.send(client_frame(PING_COMMAND[5:], opcode=0x0))
    assert raw.frame_of(PONG).payload == b"hello"
    assert answer(raw)["re"] == "1"


def test_several_messages_may_come_at_once(raw: RawSocket) -> None:
    raw.send(client_frame(b'{"id": "a", "type": "ping"}') + client_frame(b'{"id": "b", "type": "ping"}'))
    assert [answer(raw)["re"], answer(raw)["re"]] == ["a", "b"]


def test_a_message_of_64_kb_is_read(raw: RawSocket) -> None:
    padding = 64 * 1024 - len('{"id": "1", "type": "ping", "data": {"x": ""}}')
    raw.send(client_frame(b'{"id": "1", "type": "ping", "data": {"x": "%s"}}' % (b"x" * padding)))
    assert answer(raw)["re"] == "1"


BAD_FRAMES = (
    ("binary", client_frame(b"\x00\x01", opcode=BINARY), 4400),
    ("not UTF-8", client_frame(b'{"id": "1", "type": "\xff"}'), 4400),
    ("unmasked", client_frame(PING_COMMAND, masked=False), 4400),
    ("reserved bit", client_frame(PING_COMMAND, opcode=TEXT | 0x40), 4400),
    ("continuation of nothing", client_frame(PING_COMMAND, opcode=0x0), 4400),
    ("unknown opcode", client_frame(PING_COMMAND, opcode=0x3), 4400),
    ("long ping", client_frame(b"x" * 126, opcode=PING), 4400),
    ("ping in fragments", client_frame(b"x", opcode=PING, final=False), 4400),
    ("unknown control frame", client_frame(b"x", opcode=0xB), 4400),
    ("fragments interrupted", client_frame(b"x", final=False) + client_frame(b"y"), 4400),
    ("over 64 KB", client_frame(b"x" * (64 * 1024 + 1)), 4413),
    (
        "fragments over 64 KB",
        client_frame(b"x" * 40_000, final=False) + client_frame(b"x" * 40_000, opcode=0x0),
        4413,
    ),
    ("8 exabytes announced", b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 4413),
)


def test_bad_frames_close_with_a_code(web: Web, room: Session) -> None:
    for name, sent, code in BAD_FRAMES:
        with RawSocket(web.port, f"/ws/v1/rooms/{room.id}") as raw:
            raw.send(sent)
            assert raw.frame_of(CLOSE).close_code == code, name
            assert raw.frame() is None, name


def test_a_close_is_echoed(raw: RawSocket) -> None:
    raw.send(client_frame(b"\x03\xe8bye", opcode=CLOSE))
    assert raw.frame_of(CLOSE).close_code == 1000
    assert raw.frame() is None


def test_a_flood_of_messages_closes(raw: RawSocket) -> None:
    raw.send(client_frame(PING_COMMAND) * 500)
    assert raw.frame_of(CLOSE).close_code == 4429


def test_a_flood_of_pings_closes(raw: RawSocket) -> None:
    raw.send(client_frame(b"", opcode=PING) * 500)
    assert raw.frame_of(CLOSE).close_code == 4429


def test_large_messages_count_for_more(raw: RawSocket) -> None:
    raw.send(client_frame(b"x" * 60_000) * 5)
    assert raw.frame_of(CLOSE).close_code == 4429


def test_compression_is_not_offered(web: Web, room: Session) -> None:
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
    with RawSocket(web.port, f"/ws/v1/rooms/{room.id}", headers=offer) as raw:
        assert raw.status == 101
        assert "sec-websocket-extensions" not in raw.headers


def test_going_down_says_so(launch_web: Launch, room: Session) -> None:
    server = launch_web()
    with RawSocket(server.port, f"/ws/v1/rooms/{room.id}") as raw:
        assert raw.frame_of(TEXT)
        server.stop()
        assert raw.frame_of(CLOSE).close_code == 4503


def test_two_processes_share_a_port(launch_web: Launch) -> None:
    first = launch_web()
    second = launch_web(port=first.port)
    first.stop()
    wait_until(second.is_ready, seconds=10, what="the second process answers")


def test_a_listening_socket_can_be_handed_over(web: Web) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        heir = Web(web.folder, port=port, env=web.env)
        process = subprocess.Popen(
            [sys.executable, "-m", "marketplace.server", "--fd", str(listener.fileno())],
            env=dict(heir.environment()),
            pass_fds=[listener.fileno()],
        )
    try:
        wait_until(heir.is_ready, seconds=10, what="the heir answers")
    finally:
        process.terminate()
        process.wait(10)


def test_an_answer_waits_for_no_acknowledgement() -> None:
    """A socket that names its protocol is one on which asyncio turns Nagle's algorithm off."""
    with _listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_only_a_trusted_proxy_says_whose_request_it_is(launch_web: Launch) -> None:
    server = launch_web(TRUSTED_PROXIES="127.0.0.2", RATE_LIMIT_ANONYMOUS="1/h")

    def ask(via: str, client: str) -> int:
        with closing(HTTPConnection("127.0.0.1", server.port, source_address=(via, 0))) as connection:
            connection.request("GET", "/api/v1/sessions", headers={"X-Forwarded-For": client})
            return connection.getresponse().status

    assert [ask("127.0.0.2", "203.0.113.4"), ask("127.0.0.2", "203.0.113.5")] == [200, 200]
    assert ask("127.0.0.2", "203.0.113.4") == 429
    assert [ask("127.0.0.3", "203.0.113.6"), ask("127.0.0.3", "203.0.113.7")] == [200, 429]
