"""Viewers who do not read: they are closed, and nobody else notices."""

import time
from collections.abc import Iterator

import psutil
import pytest

from marketplace.lib import clock
from marketplace.lib.atomic import action
from streams import factlog
from streams.events import SlotUpdated
from streams.models import Session, Slot
from tests.conftest import Launch
from tests.raw_socket import CLOSE, RawSocket
from tests.servers import Web
from tests.streams.seats import Hall

pytestmark = pytest.mark.only_in("embedded")

#: Enough to fill the kernel's buffers on both sides and 64 KB of the server's, not enough for its hard limit.
FACTS = 100
FACT_BYTES = 4_000


@pytest.fixture
def hall() -> Iterator[Hall]:
    with Hall() as opened:
        yield opened


def say_much(session: Session, *, facts: int = FACTS) -> None:
    """Append long facts to a session's log."""
    now = clock.now()
    with action():
        locked = factlog.lock(session.id)
        for _ in range(facts):
            factlog.append(locked, SlotUpdated(slot={"id": "slt_1", "title": "x" * FACT_BYTES}), now=now)


def freeze(web: Web, session: Session) -> RawSocket:
    """Return a viewer who has read the snapshot's beginning and reads no more."""
    return RawSocket(web.port, f"/ws/v1/rooms/{session.id}", receive_buffer=4096)


def test_who_does_not_read_is_closed_and_the_others_hear_on(web: Web, hall: Hall, scheduled: Session) -> None:
    reader = hall.sit(web, scheduled.id)
    seq = reader.next("room.snapshot")["data"]["seq"]
    with freeze(web, scheduled) as frozen:
        began = time.monotonic()
        say_much(scheduled)
        for number in range(1, FACTS + 1):
            reader.fact(seq + number)
        assert time.monotonic() - began < 5
        while (pulse := reader.next("room.pulse", seconds=15))["data"]["viewers"] != 1:
            pass
        assert 5 <= time.monotonic() - began < 10
        assert pulse["data"]["seq"] == seq + FACTS
        frames = []
        while (frame := frozen.frame()) is not None:
            frames.append(frame)
        assert len(frames) < FACTS


def test_who_reads_again_in_time_stays(web: Web, hall: Hall, scheduled: Session) -> None:
    reader = hall.sit(web, scheduled.id)
    seq = reader.next("room.snapshot")["data"]["seq"]
    with freeze(web, scheduled) as thawed:
        say_much(scheduled)
        for number in range(1, FACTS + 1):
            reader.fact(seq + number)
        heard = b""
        while f'"seq":{seq + FACTS},'.encode() not in heard:
            frame = thawed.frame()
            assert frame is not None
            assert frame.opcode != CLOSE
            heard = frame.payload


def test_what_waits_for_the_frozen_is_bounded(launch_web: Launch, hall: Hall, scheduled: Session) -> None:
    server = launch_web()
    reader = hall.sit(server, scheduled.id)
    seq = reader.next("room.snapshot")["data"]["seq"]
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    frozen = [freeze(server, scheduled) for _ in range(40)]
    for portion in range(4):
        say_much(scheduled, facts=250)
        for number in range(1, 251):
            reader.fact(seq + portion * 250 + number)
    grown = process.memory_info().rss - before
    assert grown < 40 * 3 * 1024 * 1024  # the facts are 4 MB
    server.stop()
    for viewer in frozen:
        viewer.__exit__(None, None, None)


def test_the_server_goes_down_though_viewers_are_frozen(
    launch_web: Launch, hall: Hall, scheduled: Session, slot: Slot
) -> None:
    server = launch_web()
    reader = hall.sit(server, scheduled.id)
    seq = reader.next("room.snapshot")["data"]["seq"]
    with freeze(server, scheduled):
        say_much(scheduled)
        for number in range(1, FACTS + 1):
            reader.fact(seq + number)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 10
