"""Who watches through real sockets: attendance, figures and viewer counts, exact after a scripted show."""

import time
from collections.abc import Callable

import pytest
from django.db.models import Sum

from marketplace.lib import clock
from marketplace.models import User
from streams.models import Attendance, ChatMessage, MinuteFigure, RoomPresence, Session
from streams.queries.figures import totals, viewers_now
from tests.conftest import Launch
from tests.servers import Web, wait_until
from tests.streams.rooms import make_room, move
from tests.streams.viewers import Message, Viewer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(host: User) -> Session:
    return make_room(host)


def watching(viewers: int) -> Callable[[Message], bool]:
    """Return what is waited for: a pulse that tells so many viewers."""
    return lambda message: message["type"] == "room.pulse" and message["data"]["viewers"] == viewers


def figures(room: Session) -> dict[str, int]:
    names = ("joins", "leaves", "chats", "likes", "peak_viewers")
    sums: dict[str, int] = MinuteFigure.objects.filter(session=room).aggregate(
        **{name: Sum(name, default=0) for name in names}
    )
    return sums


def test_a_scripted_show_leaves_exact_figures(
    launch_web: Launch, room: Session, buyer: User, outsider: User
) -> None:
    web = launch_web()
    bella, second_window = Viewer(web, room, buyer).enter(), Viewer(web, room, buyer).enter()
    came = time.monotonic()
    otto, nobody = Viewer(web, room, outsider).enter(), Viewer(web, room).enter()
    wait_until(lambda: viewers_now([room.id], now=clock.now()) == {room.id: 3}, seconds=10, what="presence")
    bella.send("like", count=5)
    nobody.send("like", count=7)
    assert bella.say("how much?")["type"] == "chat.accepted"
    assert otto.say("nice")["type"] == "chat.accepted"
    second_window.close()
    bella.close()
    went = time.monotonic()
    attended = Attendance.objects.filter(session=room)
    wait_until(lambda: attended.filter(viewer=buyer.id).exists(), seconds=10, what="attendance")
    with Viewer(web, room, buyer) as back:
        back.ask("ping")
    web.stop()

    by_minute = figures(room)
    peak = by_minute.pop("peak_viewers")
    assert by_minute == {"joins": 4, "leaves": 4, "chats": 2, "likes": 12}
    assert peak >= 3
    assert max(MinuteFigure.objects.values_list("peak_viewers", flat=True)) == 3
    room.refresh_from_db()
    assert room.likes == 12
    visits = dict(attended.values_list("viewer", "visits"))
    anonymous = next(viewer for viewer in visits if viewer.startswith("anon_"))
    assert visits == {buyer.id: 2, outsider.id: 1, anonymous: 1}
    watched = attended.get(viewer=buyer.id).watched_seconds
    assert abs(watched - (went - came)) <= 2
    assert attended.get(viewer=outsider.id).watched_seconds >= watched
    whole = totals(room)
    assert (whole.unique_viewers, whole.joins, whole.likes, whole.chats) == (3, 4, 12, 2)
    assert not RoomPresence.objects.exists()
    for viewer in (otto, nobody):
        viewer.close()


def test_a_rehearsal_counts_nowhere(launch_web: Launch, host: User, buyer: User) -> None:
    web, room = launch_web(), make_room(host, "rehearsal")
    with Viewer(web, room, host) as hana, Viewer(web, room, buyer) as bella:
        hana.wait_for(watching(2))
        bella.send("like", count=9)
        assert bella.say("is it on?")["type"] == "chat.accepted"
        wait_until(lambda: RoomPresence.objects.filter(viewers=2).exists(), seconds=10, what="presence")
    web.stop()
    room.refresh_from_db()
    assert (room.likes, ChatMessage.objects.count()) == (0, 1)
    assert not Attendance.objects.exists()
    assert not MinuteFigure.objects.exists()


def test_who_waits_counts_from_the_start_of_the_show_to_its_end(
    launch_web: Launch, host: User, buyer: User
) -> None:
    web, room = launch_web(), make_room(host, "scheduled")
    with Viewer(web, room, buyer):
        wait_until(RoomPresence.objects.exists, seconds=10, what="presence")
        assert not MinuteFigure.objects.exists()
        move(room, "live", now=clock.now())
        wait_until(lambda: figures(room)["joins"] == 1, seconds=10, what="the show's first viewer")
        move(room, "ended", now=clock.now())
        wait_until(lambda: figures(room)["leaves"] == 1, seconds=10, what="the show's last viewer")
        wait_until(Attendance.objects.exists, seconds=10, what="attendance")
    web.stop()
    row = Attendance.objects.get()
    assert room.started_at is not None
    assert room.ended_at is not None
    assert abs(row.watched_seconds - (room.ended_at - room.started_at).total_seconds()) <= 1
    assert abs((row.first_at - room.started_at).total_seconds()) < 0.5
    assert abs((row.last_at - room.ended_at).total_seconds()) < 0.5
    assert figures(room) == {"joins": 1, "leaves": 1, "chats": 0, "likes": 0, "peak_viewers": 1}


def test_every_process_shows_the_viewers_of_all(
    web: Web, second_web: Web, room: Session, buyer: User, outsider: User
) -> None:
    with Viewer(web, room, buyer) as here, Viewer(second_web, room, outsider) as there:
        with Viewer(second_web, room) as nobody:
            for viewer in (here, there, nobody):
                viewer.wait_for(watching(3))
        for viewer in (here, there):
            viewer.heard.clear()
            viewer.wait_for(watching(2))
