"""Chat desk and room services without a server: outages of the database, and what thousands of joins cost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, OperationalError, connections

from marketplace import limits
from marketplace.errors import Busy, Invalid, RateLimited, SignInRequired
from marketplace.lib import clock
from marketplace.models import User
from streams import chat, hub, room_services
from streams.actions import moderation, presence
from streams.actions.chat import Outcome
from streams.chat import ChatDesk
from streams.hub import Connection
from streams.hub.database import DatabaseThread
from streams.models import Attendance, ChatMessage, MinuteFigure, RoomPresence, Session
from streams.room_services import RoomServices
from tests.people import sign_up
from tests.streams.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)


class Person:
    """What the desk needs of a connection; keeps the answers."""

    def __init__(self, room: Session, user: User | None, viewer: str = "") -> None:
        self.session_id = room.id
        self.user_id = user.id if user else None
        self.viewer = self.user_id or viewer
        self.answers: list[tuple[str, dict[str, Any], str]] = []
        self.answered = asyncio.Event()

    def reply(self, type_: str, data: dict[str, Any], *, re: str) -> None:
        self.answers.append((type_, data, re))
        self.answered.set()

    @property
    def connection(self) -> Connection:
        return cast("Connection", self)


@pytest.fixture
def room(host: User) -> Session:
    return make_room(host)


@pytest.fixture
async def database() -> AsyncIterator[DatabaseThread]:
    """Yield a thread with a connection to the test's database."""
    thread = DatabaseThread("test")
    yield thread
    thread.close()


@pytest.fixture(autouse=True)
async def leave_nothing_behind(transactional_db: None) -> AsyncIterator[None]:
    """Forget what limits have counted; close the connection of the thread for asynchronous queries."""
    limits.forget_local()
    yield
    await sync_to_async(connections.close_all)()


def say(desk: ChatDesk, person: Person, text: str, command_id: str = "c1") -> None:
    desk.send(person.connection, command_id, {"text": text})


async def count(model: Any) -> int:
    return cast("int", await sync_to_async(model.objects.count)())


async def test_nothing_is_answered_before_it_is_stored(
    room: Session, buyer: User, database: DatabaseThread
) -> None:
    desk, bella = ChatDesk(process="web-1"), Person(room, buyer)
    say(desk, bella, "hello")
    assert desk.something.is_set()
    assert bella.answers == []
    assert await desk.flush(database)
    stored = await ChatMessage.objects.aget()
    assert bella.answers == [("chat.accepted", {"message": stored.id}, "c1")]
    assert not desk.something.is_set()


async def test_messages_wait_for_a_database_that_is_away_and_are_stored_once(
    room: Session, buyer: User, database: DatabaseThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, bella = ChatDesk(process="web-1"), Person(room, buyer)
    stored_then_lost = iter([False, True])
    actual = chat.decide

    def away(*args: Any, **kwargs: Any) -> list[Outcome]:
        """Fail before the first commit, and after the second: its news is lost with the connection."""
        if next(stored_then_lost):
            actual(*args, **kwargs)
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(chat, "decide", away)
    say(desk, bella, "one")
    assert not await desk.flush(database)
    assert await count(ChatMessage) == 0
    assert not await desk.flush(database)
    assert (await count(ChatMessage), bella.answers) == (1, [])
    monkeypatch.setattr(chat, "decide", actual)
    say(desk, bella, "two", "c2")
    assert await desk.flush(database)
    assert [(type_, re) for type_, _, re in bella.answers] == [
        ("chat.accepted", "c1"),
        ("chat.accepted", "c2"),
    ]
    assert [stored.text async for stored in ChatMessage.objects.all()] == ["one", "two"]
    assert (await MinuteFigure.objects.aget()).chats == 2


async def test_a_desk_that_is_full_or_closed_is_busy(
    room: Session, buyer: User, outsider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "MOST_WAITING", 1)
    desk = ChatDesk(process="web-1")
    say(desk, Person(room, buyer), "one")
    with pytest.raises(Busy):
        say(desk, Person(room, outsider), "two")
    closed = ChatDesk(process="web-1")
    closed.close()
    with pytest.raises(Busy):
        say(closed, Person(room, outsider), "three")


async def test_what_is_refused_without_the_database(room: Session, buyer: User) -> None:
    desk = ChatDesk(process="web-1")
    with pytest.raises(SignInRequired):
        say(desk, Person(room, None), "hello")
    with pytest.raises(Invalid):
        say(desk, Person(room, buyer), "x" * 201)
    bella = Person(room, buyer)
    say(desk, bella, "one")
    with pytest.raises(RateLimited):
        say(desk, bella, "three within a second")


async def test_a_room_takes_so_many_messages_a_second(
    room: Session, buyer: User, outsider: User, settings: Any
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "chat_room": "1/m"}
    desk = ChatDesk(process="web-1")
    say(desk, Person(room, buyer), "one")
    with pytest.raises(RateLimited):
        say(desk, Person(room, outsider), "two")


async def test_a_defect_of_one_batch_does_not_stop_the_desk(
    room: Session, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "GATHER_SECONDS", 0.01)
    monkeypatch.setattr(chat, "RETRY_SECONDS", 0.01)
    failures = iter([ZeroDivisionError, None])
    actual = chat.decide

    def fails_once(*args: Any, **kwargs: Any) -> list[Outcome]:
        error = next(failures, None)
        if error is not None:
            raise error
        return actual(*args, **kwargs)

    monkeypatch.setattr(chat, "decide", fails_once)
    services, bella = room_services.running(), Person(room, buyer)
    try:
        say(services.chat, bella, "hello")
        async with asyncio.timeout(10):
            await bella.answered.wait()
        assert bella.answers[0][0] == "chat.accepted"
    finally:
        await room_services.stop()
        await hub.stop()


async def test_thousands_of_joins_cost_no_task_and_no_query(room: Session) -> None:
    services = room_services.running()
    try:
        crowd = [Person(room, None, viewer=f"anon_{number:024x}") for number in range(5_000)]
        tasks = len(asyncio.all_tasks())
        for person in crowd:  # a query here, on the event loop, would raise SynchronousOnlyOperation
            services.joined(person.connection)
        for person in crowd[:2_000]:
            services.left(person.connection)
        assert len(asyncio.all_tasks()) == tasks
        assert services.presence.viewers() == {room.id: 3_000}
        await services.look()
        services.presence.advance(tick=services.loop.time() + 11, now=clock.now() + timedelta(seconds=11))
    finally:
        await room_services.stop()
        await hub.stop()
    assert await count(Attendance) == 3_000
    minute = await MinuteFigure.objects.order_by("minute").afirst()
    assert minute is not None
    assert (minute.joins, minute.peak_viewers) == (3_000, 3_000)
    assert await count(RoomPresence) == 0


async def test_figures_wait_for_a_database_that_is_away(
    room: Session, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = RoomServices(asyncio.get_running_loop())
    actual = presence.record_attendance
    away = True

    def record(*args: Any, **kwargs: Any) -> None:
        if away:
            raise OperationalError("the database is away")
        actual(*args, **kwargs)

    try:
        monkeypatch.setattr(room_services, "record_attendance", record)
        services.joined(Person(room, buyer).connection)
        await services.look()
        services.presence.liked(room.id, 3, tick=services.loop.time())
        services.left(Person(room, buyer).connection)
        with pytest.raises(OperationalError):
            await services.write()
        assert await count(Attendance) == 0
        away = False
        await services.write()
        assert (await Attendance.objects.aget()).visits == 1
        minute = await MinuteFigure.objects.aget()
        assert (minute.joins, minute.leaves, minute.likes) == (1, 1, 3)
    finally:
        await services.close()
        await hub.stop()


async def test_figures_of_a_session_that_is_gone_do_not_block_those_of_others(
    room: Session, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = RoomServices(asyncio.get_running_loop())
    actual = presence.record_rooms
    failures = iter([True, False])

    def record(*args: Any, **kwargs: Any) -> None:
        if next(failures, False):
            raise IntegrityError("insert or update violates foreign key constraint")
        actual(*args, **kwargs)

    try:
        monkeypatch.setattr(room_services, "record_rooms", record)
        services.joined(Person(room, buyer).connection)
        await services.look()
        with pytest.raises(IntegrityError):
            await services.write()
        services.presence.liked(room.id, 2, tick=services.loop.time())
        await services.write()
        assert (await MinuteFigure.objects.aget()).likes == 2
    finally:
        await services.close()
        await hub.stop()


async def test_people_of_one_room_only_are_told_and_turned_out(
    room: Session, host: User, buyer: User
) -> None:
    other = await sync_to_async(lambda: make_room(sign_up("rosa")))()
    now = clock.now()
    await sync_to_async(moderation.ban)(session_id=room.id, user_id=buyer.id, actor=host, now=now)
    found = await sync_to_async(room_services.read_rooms)(
        [room.id, other.id], process="web-1", now=now, deleted_after=now
    )
    assert found.rules[room.id].is_banned(buyer.id, at=now)
    assert not found.rules[other.id].is_banned(buyer.id, at=now)
    assert found.elsewhere == {}
