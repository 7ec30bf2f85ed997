"""A crowd in a marketplace whose clock is moved while it watches."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from streams.simulator.room import Room
from streams.simulator.script import read_script
from streams.simulator.timeline import Timeline

pytestmark = pytest.mark.only_in("embedded")

SCRIPT = Path(__file__).with_name("show.toml")
WEEK = 7 * 86_400.0


@pytest.fixture
def room() -> Room:
    script = read_script(SCRIPT.read_text(), name=SCRIPT.name)
    return Room(script, Timeline(time.time(), 1.0, 0.0))


def in_wire(ahead: float) -> str:
    return datetime.fromtimestamp(time.time() + ahead, UTC).isoformat(timespec="milliseconds")


def text(type_: str, ahead: float, *, seq: int | None = None, **data: Any) -> bytes:
    """Return a message of a marketplace that is so many seconds ahead of this machine."""
    message = {"type": type_, "at": in_wire(ahead), "data": data}
    return json.dumps(message if seq is None else {**message, "seq": seq}).encode()


def deal(ahead: float, seconds: float) -> dict[str, Any]:
    moments = {"opens_at": in_wire(ahead), "closes_at": in_wire(ahead + seconds)}
    return {"id": "dl_1", "slot": "slt_1", "price": {}, "left": 1, "sold": 0, "quota": 1, **moments}


@pytest.mark.parametrize("first", ("room.pulse", "deal.opened"))
def test_a_deal_ends_when_the_moved_clock_says_so(room: Room, first: str) -> None:
    if first == "room.pulse":
        room.read(text("room.pulse", WEEK))
    opened = room.read(text("deal.opened", WEEK, seq=1, deal=deal(WEEK, 30)))
    assert abs(time.time() - opened.at) < 2
    assert room.deals["dl_1"].is_open
    assert abs(room.deals["dl_1"].closes_at - time.time() - 30) < 2
    assert not room.read(text("host.said", WEEK - 600, seq=2)).at > time.time() - 500


def test_what_the_network_delays_is_no_moved_clock(room: Room) -> None:
    assert abs(room.read(text("room.pulse", -3)).at - (time.time() - 3)) < 1
    assert room.ahead == 0
