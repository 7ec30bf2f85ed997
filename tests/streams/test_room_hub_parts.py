"""The hub's smaller parts: slow viewers, pings, the pulse, and reads that many wait for."""

import asyncio
import json

import pytest

from streams.hub import Connection
from streams.hub.pulse import CHATS_PER_BEAT, Pulse, Said, Tally
from streams.hub.reading import Once
from streams.hub.upkeep import PING_ROUND, SLOW_BYTES, SLOW_SECONDS, PingRing, SlowViewers
from tests.streams.fakes import viewer

pytestmark = pytest.mark.only_in("embedded")


async def test_too_much_for_too_long_is_slow() -> None:
    slow = SlowViewers()
    connection, socket = viewer()
    slow.note(connection, stalled=True)
    socket.waiting = SLOW_BYTES + 1
    assert slow.overdue(10.0) == []
    assert slow.overdue(10.0 + SLOW_SECONDS - 0.1) == []
    assert slow.overdue(10.0 + SLOW_SECONDS) == [connection]
    assert slow.overdue(100.0) == []


async def test_who_catches_up_a_little_only_is_slow() -> None:
    slow = SlowViewers()
    connection, socket = viewer()
    slow.note(connection, stalled=True)
    socket.waiting = SLOW_BYTES + 1
    assert slow.overdue(10.0) == []
    socket.waiting = SLOW_BYTES // 2 + 1
    assert slow.overdue(10.0 + SLOW_SECONDS) == [connection]


async def test_who_has_never_lagged_far_is_not_slow() -> None:
    slow = SlowViewers()
    connection, socket = viewer()
    slow.note(connection, stalled=True)
    socket.waiting = SLOW_BYTES
    assert [slow.overdue(moment) for moment in (10.0, 20.0, 30.0)] == [[], [], []]


async def test_who_catches_up_is_not_slow() -> None:
    slow = SlowViewers()
    connection, socket = viewer()
    slow.note(connection, stalled=True)
    socket.waiting = SLOW_BYTES + 1
    assert slow.overdue(10.0) == []
    socket.waiting = SLOW_BYTES // 2
    assert slow.overdue(14.0) == []
    socket.waiting = SLOW_BYTES + 1
    assert slow.overdue(16.0) == []
    slow.note(connection, stalled=False)
    assert slow.overdue(100.0) == []


async def test_everybody_is_pinged_once_a_round_and_the_dead_are_hung_up_on() -> None:
    ring = PingRing()
    visits = [viewer() for _ in range(PING_ROUND + 5)]
    for connection, _ in visits:
        ring.add(connection)
    silent = visits[3][1]
    silent.hears = False
    for _ in range(PING_ROUND):
        ring.ping_next()
    assert silent.code == 1006
    assert [socket.code for _, socket in visits if socket is not silent] == [None] * (len(visits) - 1)


def said(number: int, *, keep: bool = False, author: Connection | None = None) -> Said:
    return Said({"id": number}, keep, author)


def test_a_pulse_tells_what_changed_and_nothing_else() -> None:
    pulse = Pulse()
    assert pulse.beat(seq=5, viewers=1).pulse == {"seq": 5, "viewers": 1, "likes": 0, "sold": 0}
    assert pulse.beat(seq=5, viewers=1).pulse is None
    pulse.add(Tally(likes=3))
    pulse.add_foreign(Tally(likes=4, sold=1))
    beat = pulse.beat(seq=5, viewers=1)
    assert beat.pulse == {"seq": 5, "viewers": 1, "likes": 7, "sold": 1}
    assert (beat.own.likes, beat.own.sold) == (3, 0)
    assert pulse.beat(seq=5, viewers=1).pulse is None
    assert pulse.beat(seq=5, viewers=2).pulse is not None


def test_a_pulse_tells_where_the_log_is_once_facts_have_paused() -> None:
    pulse = Pulse()
    assert pulse.beat(seq=5, viewers=1).pulse is not None
    assert [pulse.beat(seq=seq, viewers=1).pulse for seq in (6, 7, 8)] == [None] * 3
    told = pulse.beat(seq=8, viewers=1).pulse
    assert told is not None
    assert told["seq"] == 8
    assert pulse.beat(seq=8, viewers=1).pulse is None


def test_a_tally_survives_the_way_to_another_process() -> None:
    tally = Tally(likes=1, sold=2, chats=[said(1, keep=True)])
    assert Tally.from_layer(json.loads(json.dumps(tally.to_layer()))) == tally


async def test_a_busy_chat_is_sampled_and_authors_see_their_own() -> None:
    author, _ = viewer()
    pulse = Pulse()
    pulse.add(Tally(chats=[said(number, author=author) for number in range(30)]))
    pulse.add(Tally(chats=[said(100, keep=True)]))
    pulse.add_foreign(Tally(chats=[said(200)]))
    beat = pulse.beat(seq=0, viewers=1)
    assert len(beat.shown) == CHATS_PER_BEAT
    assert 100 in [each.chat["id"] for each in beat.shown]
    own = [each.chat["id"] for each in [*beat.shown, *beat.missed] if each.author is author]
    assert sorted(own) == list(range(30))
    assert [each.chat["id"] for each in beat.own.chats] == [*range(30), 100]


async def test_one_task_serves_all_who_wait() -> None:
    once, runs = Once(), 0

    async def read() -> int:
        nonlocal runs
        runs += 1
        await asyncio.sleep(0)
        return runs

    assert await asyncio.gather(*(once.run("a", read) for _ in range(100))) == [1] * 100
    assert await once.run("a", read) == 2


async def test_a_failure_reaches_all_who_wait_and_is_not_remembered() -> None:
    once = Once()

    async def fail() -> None:
        raise OSError("away")

    async def work() -> str:
        return "done"

    results = await asyncio.gather(*(once.run("a", fail) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [OSError] * 3
    assert await once.run("a", work) == "done"
