"""The room under an ASGI server that does not hand its sockets over: the same, by receive and send."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.lib.frames import PING, close_frame, frame, text_frame, text_payloads
from streams import factlog
from streams.events import SlotUnpinned
from streams.models import Session, Slot
from tests.servers import Web
from tests.streams.seats import Hall, point

pytestmark = pytest.mark.only_in("embedded")


class StockWeb(Web):
    """The same application under uvicorn as it is."""

    name = "stock-web"

    def command(self) -> Sequence[str]:
        """Return uvicorn's own command line."""
        where = ("--host", "127.0.0.1", "--port", str(self.port))
        return [
            sys.executable,
            "-m",
            "uvicorn",
            "marketplace.asgi:application",
            "--ws",
            "websockets-sansio",
            *where,
        ]


@pytest.fixture
def hall() -> Iterator[Hall]:
    with Hall() as opened:
        yield opened


@pytest.fixture(scope="module")  # no longer: its sweeps would touch what tests elsewhere commit
def _stock_process(server_folder: Path, server_environment: Mapping[str, str]) -> Iterator[Web]:
    with StockWeb(server_folder, env=server_environment) as server:
        yield server


@pytest.fixture
def stock(request: pytest.FixtureRequest, _stock_process: Web, transactional_db: None) -> Web:
    request.node.servers = [_stock_process]
    return _stock_process


def test_the_room_works_under_another_server(stock: Web, hall: Hall, scheduled: Session, slot: Slot) -> None:
    seat, other = hall.sit(stock, scheduled.id), hall.sit(stock, scheduled.id)
    snapshot = seat.next("room.snapshot")["data"]
    other.next("room.snapshot")
    with action():
        factlog.append(factlog.lock(scheduled.id), SlotUnpinned(slot=slot.id), now=clock.now())
    for each in (seat, other):
        each.fact(snapshot["seq"] + 1)
    seat.say("ping", id_="7")
    assert seat.next("pong")["re"] == "7"
    hall.sit(stock, scheduled.id, since=point(snapshot)).fact(snapshot["seq"] + 1)
    other.leave()
    while seat.next("room.pulse")["data"]["viewers"] != 2:
        pass


def test_close_codes_are_the_same(stock: Web, hall: Hall, scheduled: Session) -> None:
    binary, large, flood = (hall.sit(stock, scheduled.id) for _ in range(3))
    binary.connection.send(b"\x00")
    assert binary.close_code() == 4400
    large.connection.send("x" * (64 * 1024 + 1))
    assert large.close_code() == 4413
    with suppress(ConnectionClosed):  # the server may hang up before all is sent
        for _ in range(300):
            flood.connection.send('{"id": "1", "type": "ping"}')
    assert flood.close_code() == 4429
    assert hall.sit(stock, "ses_1").close_code() == 4404
    assert hall.sit(stock, scheduled.id, ticket="worthless").close_code() == 4401


@pytest.mark.parametrize("size", (0, 1, 125, 126, 65_535, 65_536, 100_000))
def test_payloads_are_found_among_frames(size: int) -> None:
    text = b"x" * size
    data = text_frame(text) + frame(PING, b"?") + text_frame(b"more") + close_frame(1000, "bye")
    assert text_payloads(data) == [text, b"more"]
