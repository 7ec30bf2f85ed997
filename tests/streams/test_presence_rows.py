"""The rows of presence and attendance: upserts of many, sums that lose nothing, processes that vanish."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from marketplace.models import User
from streams import figures
from streams.actions import presence
from streams.actions.presence import Watched, leave, record_attendance, record_rooms
from streams.models import Attendance, MinuteFigure, RoomPresence, Session
from streams.queries.figures import viewers_now
from tests.streams.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 11, 20, 0, 30, tzinfo=UTC)


@pytest.fixture
def room(host: User) -> Session:
    return make_room(host)


def record(
    room: Session, viewers: int, *, process: str = "web-1", at: datetime = NOW, likes: int = 0
) -> None:
    record_rooms(
        viewers={room.id: viewers},
        likes={room.id: likes} if likes else {},
        counts=[figures.Count(room.id, at, process, likes=likes, peak_viewers=viewers)],
        process=process,
        now=at,
    )


def watched(room: Session, viewer: str, first: int, last: int, *, visits: int = 1) -> Watched:
    came, went = NOW + timedelta(seconds=first), NOW + timedelta(seconds=last)
    return Watched(room.id, viewer, came, went, visits=visits, seconds=last - first)


def test_a_process_overwrites_its_own_count_and_likes_add_up(room: Session) -> None:
    record(room, 5, likes=10)
    record(room, 3, likes=4, at=NOW + timedelta(seconds=2))
    assert list(RoomPresence.objects.values_list("process", "viewers", "at")) == [
        ("web-1", 3, NOW + timedelta(seconds=2))
    ]
    room.refresh_from_db()
    assert room.likes == 14
    minute = MinuteFigure.objects.get()
    assert (minute.likes, minute.peak_viewers) == (14, 5)


def test_viewers_are_those_of_all_processes_heard_of_lately(room: Session, rival: User) -> None:
    other = make_room(rival)
    record(room, 5)
    record(room, 7, process="web-2")
    record(other, 0, process="web-2")
    just_before, at_last = NOW + timedelta(seconds=9), NOW + timedelta(seconds=10)
    rooms = [room.id, other.id]
    assert viewers_now(rooms, now=just_before) == {room.id: 12}
    assert viewers_now(rooms, now=just_before, without="web-1") == {room.id: 7}
    assert viewers_now(rooms, now=at_last) == {}


def test_processes_that_are_gone_are_forgotten(room: Session) -> None:
    record(room, 5, process="killed")
    record(room, 1, process="stopped", at=NOW + timedelta(seconds=59))
    leave(process="stopped")
    record(room, 2, at=NOW + timedelta(seconds=61))
    assert list(RoomPresence.objects.values_list("process", flat=True)) == ["web-1"]


def test_attendance_is_made_once_and_then_added_to(room: Session) -> None:
    record_attendance([watched(room, "usr_b", 0, 10), watched(room, "usr_a", 5, 9)])
    record_attendance([watched(room, "usr_b", 20, 35, visits=0), watched(room, "usr_c", 30, 31)])
    rows = Attendance.objects.order_by("viewer").values_list(
        "viewer", "first_at", "last_at", "visits", "watched_seconds"
    )
    assert list(rows) == [
        ("usr_a", NOW + timedelta(seconds=5), NOW + timedelta(seconds=9), 1, 4),
        ("usr_b", NOW, NOW + timedelta(seconds=35), 1, 25),
        ("usr_c", NOW + timedelta(seconds=30), NOW + timedelta(seconds=31), 1, 1),
    ]


def test_batches_in_the_wrong_order_widen_the_span(room: Session) -> None:
    record_attendance([watched(room, "usr_a", 20, 30)])
    record_attendance([watched(room, "usr_a", 0, 10)])
    row = Attendance.objects.get()
    assert (row.first_at, row.last_at) == (NOW, NOW + timedelta(seconds=30))


def test_more_viewers_than_one_statement_takes(room: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "ROWS_AT_ONCE", 7)
    many = [watched(room, f"usr_{number:03}", 0, 2) for number in range(50)]
    record_attendance(many)
    record_attendance(many)
    assert Attendance.objects.filter(visits=2, watched_seconds=4).count() == 50


def test_two_processes_that_write_the_same_viewers_lose_nothing(room: Session) -> None:
    viewers = [f"usr_{number:03}" for number in range(40)]
    failures: list[BaseException] = []
    start = threading.Barrier(2)

    def write(order: list[str], process: str) -> None:
        try:
            for _ in range(10):
                start.wait(20)
                record_attendance([watched(room, viewer, 0, 1) for viewer in order])
                record(room, 1, process=process, likes=1)
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)
            start.abort()
        finally:
            connection.close()

    in_threads(lambda: write(viewers, "web-1"), lambda: write(viewers[::-1], "web-2"))
    assert failures == []
    assert Attendance.objects.filter(visits=20, watched_seconds=20).count() == 40
    room.refresh_from_db()
    assert room.likes == 20


def in_threads(*functions: Callable[[], None]) -> None:
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
