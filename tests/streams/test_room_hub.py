"""The hub's parts without a network: order of facts, who is written what, and when nothing is sent."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from marketplace.lib import clock
from marketplace.lib.frames import text_frame
from streams import hub
from streams.hub import Hub, messages
from streams.hub.room import KEPT_FACTS, LAZY_BYTES, MOST_BYTES, WRITES_AT_ONCE, NumberedFrame, Room
from streams.models import RoomEvent
from streams.protocol import CloseCode, ResumePoint, fact_frame
from streams.queries.room import Head, RoomState
from tests.streams.fakes import ROOM, FakeSocket, viewer

pytestmark = pytest.mark.only_in("embedded")

SNAPSHOT = {"epoch": "abc", "seq": 0, "likes": 0}


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


@pytest.mark.parametrize(
    ("message", "code"),
    (
        (messages.dismissal("usr_1"), CloseCode.ACCESS_ENDED),
        (messages.expulsion(ROOM, "usr_1"), CloseCode.BANNED),
        (messages.dismissal("usr_2"), None),
    ),
)
async def test_who_is_at_the_door_when_their_access_ends_does_not_come_in(
    monkeypatch: pytest.MonkeyPatch, message: dict[str, object], code: CloseCode | None
) -> None:
    own_hub = Hub(asyncio.get_running_loop())
    try:
        connection, socket = viewer()
        connection.user_id = "usr_1"  # the door has let them through

        async def opened_slowly(_session_id: str) -> Room:
            own_hub.hear(message)
            return make_room()

        monkeypatch.setattr(own_hub, "_open", opened_slowly)
        await own_hub.enter(connection, None)
        assert (socket.code, connection.inside) == (code, code is None)
        again, socket = viewer()
        again.joined_at += 1  # later, and let through again
        again.user_id = "usr_1"
        await own_hub.enter(again, None)
        assert (socket.code, again.inside) == (None, True)
    finally:
        await own_hub.close()


async def test_who_has_all_facts_comes_back_though_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own_hub, room = Hub(asyncio.get_running_loop()), make_room(last_seq=2)
    asked = []

    async def opened(_session_id: str) -> Room:
        return room

    async def away(_room: Room) -> None:
        asked.append("snapshot")
        raise ConnectionError("the database is away")

    try:
        monkeypatch.setattr(own_hub, "_open", opened)
        monkeypatch.setattr(own_hub._reader, "snapshot", away)
        room.distrust_snapshot()
        for _ in range(2):
            connection, socket = viewer()
            await own_hub.enter(connection, ResumePoint("abc", 1))
            assert (socket.seqs, connection.inside) == ([2], True)
        assert asked == ["snapshot"]  # the second one does not wait for what has just failed
        stranger, _ = viewer()
        with pytest.raises(ConnectionError):
            await own_hub.enter(stranger, None)
    finally:
        await own_hub.close()
