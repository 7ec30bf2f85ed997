"""The hub's parts without a network: order of facts, who is written what, and when nothing is sent."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.lib.frames import text_frame, text_payloads
from streams import hub
from streams.hub import Connection, Hub
from streams.hub.pulse import CHATS_PER_BEAT, Pulse, Said, Tally
from streams.hub.reading import Once
from streams.hub.room import KEPT_FACTS, LAZY_BYTES, MOST_BYTES, WRITES_AT_ONCE, NumberedFrame, Room
from streams.hub.upkeep import PING_ROUND, SLOW_BYTES, SLOW_SECONDS, PingRing, SlowViewers
from streams.models import RoomEvent
from streams.protocol import ResumePoint, fact_frame
from streams.queries.room import Head, RoomState

ROOM = "ses_019ab3c4d5e67f8091a2b3c4d5e6f708"
SNAPSHOT = {"epoch": "abc", "seq": 0, "likes": 0}


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


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until a condition holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nothing tells when a write happens
            await asyncio.sleep(0)


async def sent(room: Room) -> None:
    """Let the loop run until a room has written all that it has to say."""
    await until(lambda: not room._writing)


def fact(seq: int) -> NumberedFrame:
    return NumberedFrame(seq, fact_frame(ROOM, seq, "slot.unpinned", clock.now(), {"slot": "slt_1"}))


def facts(*seqs: int) -> list[NumberedFrame]:
    return [fact(seq) for seq in seqs]


def event(seq: int) -> RoomEvent:
    return RoomEvent(
        session_id=ROOM, seq=seq, type="slot.unpinned", payload={"slot": "slt_1"}, at=clock.now()
    )


def make_room(*, last_seq: int = 0) -> Room:
    room = Room(ROOM, asyncio.get_running_loop())
    room.load(RoomState(Head("abc", last_seq, True), [event(seq) for seq in range(1, last_seq + 1)]))
    room.set_snapshot({**SNAPSHOT, "seq": last_seq})
    return room


def admit(room: Room, since: ResumePoint | None = None) -> FakeSocket:
    connection, socket = viewer()
    room.admit(connection, since)
    return socket


async def test_facts_are_told_in_order_and_once() -> None:
    room = make_room()
    socket = admit(room)
    room.take(facts(2, 3))
    assert socket.seqs == []
    assert room.has_gap
    room.take(facts(1))
    room.take(facts(3, 2, 1, 4))
    await sent(room)
    assert socket.seqs == [1, 2, 3, 4]
    assert not room.has_gap


async def test_facts_that_come_while_a_room_is_read_follow_what_was_read() -> None:
    room = Room(ROOM, asyncio.get_running_loop())
    room.take(facts(2, 3, 4))
    room.load(RoomState(Head("abc", 2, True), [event(1), event(2)]))
    assert room.last_seq == 4
    assert room.covers(ResumePoint("abc", 0))


async def test_a_room_keeps_the_last_facts_only() -> None:
    room = make_room()
    room.take([fact(seq) for seq in range(1, KEPT_FACTS + 11)])
    assert not room.covers(ResumePoint("abc", 9))
    socket = admit(room, ResumePoint("abc", 10))
    assert socket.seqs == list(range(11, KEPT_FACTS + 11))


async def test_a_new_viewer_gets_the_snapshot_and_the_facts_after_it() -> None:
    room = make_room()
    room.take(facts(1, 2))
    socket = admit(room)
    assert [message["type"] for message in socket.messages] == ["room.snapshot"] + ["slot.unpinned"] * 2
    room.take(facts(3))
    await sent(room)
    assert socket.seqs == [1, 2, 3]


async def test_a_snapshot_is_read_again_when_it_has_become_old() -> None:
    room = make_room()
    assert not room.needs_snapshot()
    room.take([fact(seq) for seq in range(1, 18)])
    assert room.needs_snapshot()


async def test_who_comes_while_facts_are_being_written_gets_each_once() -> None:
    room = make_room()
    early = [admit(room) for _ in range(2 * WRITES_AT_ONCE + 10)]
    room.take(facts(1))
    room.take(facts(2))
    late = admit(room)
    room.take(facts(3))
    assert early[-1].seqs == []
    await until(lambda: early[-1].seqs == [1, 2, 3])
    assert late.seqs == [1, 2, 3]
    assert all(socket.seqs == [1, 2, 3] for socket in early)


async def test_who_has_left_is_written_nothing() -> None:
    room = make_room()
    connection, socket = viewer()
    room.admit(connection, None)
    room.dismiss(connection)
    room.take(facts(1))
    await sent(room)
    assert socket.seqs == []
    assert room.is_empty


async def test_who_lags_behind_goes_without_ambient_messages_but_not_without_facts() -> None:
    room = make_room()
    connection, socket = viewer()
    room.admit(connection, None)
    connection.on_stalled(True)
    socket.waiting = LAZY_BYTES + 1
    before = len(socket.written)
    room.tell(b"ambient")
    room.take(facts(1))
    await sent(room)
    assert socket.seqs == [1]
    assert len(socket.written) == before + 1
    socket.waiting = LAZY_BYTES
    room.tell(text_frame(b'{"ambient": true}'))
    await sent(room)
    assert len(socket.written) == before + 2


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


async def test_for_whom_far_too_much_waits_a_fact_is_the_last_straw() -> None:
    room = make_room()
    connection, socket = viewer()
    room.admit(connection, None)
    connection.on_stalled(True)
    socket.waiting = MOST_BYTES
    room.take(facts(1))
    await sent(room)
    assert (socket.seqs, socket.code) == ([1], None)
    socket.waiting = MOST_BYTES + 1
    room.take(facts(2))
    await sent(room)
    assert (socket.seqs, socket.code) == ([1], 4408)


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


async def test_a_single_fact_goes_out_at_once_and_a_burst_after_it_in_one_write() -> None:
    room = make_room()
    socket = admit(room)
    room.take(facts(1))
    assert socket.seqs == [1]
    room.take(facts(2))
    room.take(facts(3))
    assert socket.seqs == [1]
    await sent(room)
    assert socket.seqs == [1, 2, 3]
    assert len(socket.written) == 3


async def test_facts_that_wait_for_their_turn_go_out_in_one_write() -> None:
    room = make_room()
    sockets = [admit(room) for _ in range(WRITES_AT_ONCE + 1)]
    room.take(facts(1))
    room.take(facts(2))
    room.tell(text_frame(b'{"ambient": true}'))
    room.take(facts(3))
    room.take(facts(4))
    await until(lambda: sockets[-1].seqs == [1, 2, 3, 4])
    assert len(sockets[-1].written) == len(sockets[0].written) == 1 + 4


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


@pytest.fixture
def no_hub() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub, "_hub", None)
        yield


async def test_publishing_works_from_any_thread(no_hub: None) -> None:
    own = hub.running()
    room = make_room()
    own._rooms[ROOM] = room
    socket = admit(room)
    await asyncio.gather(*(asyncio.to_thread(hub.publish, ROOM, [event(seq)]) for seq in range(1, 21)))
    await until(lambda: len(socket.seqs) == 20)
    assert socket.seqs == list(range(1, 21))
    await hub.stop()


async def test_a_person_is_told_on_all_their_connections_and_others_are_not(no_hub: None) -> None:
    own = hub.running()
    own._rooms[ROOM] = make_room()
    sockets = []
    for user_id in ("usr_bella", "usr_bella", "usr_otto", None):
        connection, socket = viewer()
        connection.user_id = user_id
        await own.enter(connection, None)
        sockets.append(socket)
    hub.tell("usr_bella", "order.updated", {"order": "ord_1"})
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    told = [[m for m in socket.messages if m["type"] == "order.updated"] for socket in sockets]
    assert [len(each) for each in told] == [1, 1, 0, 0]
    assert told[0][0]["data"] == {"order": "ord_1"}
    await hub.stop()


async def test_viewers_are_counted_in_and_out(no_hub: None) -> None:
    own: Hub = hub.running()
    room = own._rooms[ROOM] = make_room()
    connection, _ = viewer()
    await own.enter(connection, None)
    assert (room.viewers, connection.inside) == (1, True)
    own.lost(connection)
    own.lost(connection)
    assert (room.viewers, connection.inside) == (0, False)
    await hub.stop()


def test_a_publisher_never_hears_of_a_hub_that_fails(no_hub: None) -> None:
    class Broken:
        @property
        def loop(self) -> asyncio.AbstractEventLoop:
            raise OSError("broken")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub, "_hub", Broken())
        hub.publish(ROOM, [event(1)])
        hub.publish_ambient(ROOM, "chat.deleted", {})
        hub.tell("usr_bella", "order.updated", {})
        hub.add_to_pulse(ROOM, likes=1)


def test_publishing_after_the_loop_has_ended_is_harmless(no_hub: None) -> None:
    async def begin() -> Hub:
        return hub.running()

    ended = asyncio.run(begin())
    assert ended.loop.is_closed()
    hub.publish(ROOM, [event(1)])
