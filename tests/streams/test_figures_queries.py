"""A session in figures: minutes summed over processes, gaps filled, five minutes against five, totals."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.errors import Forbidden, NotFound
from marketplace.lib.atomic import action
from marketplace.models import User
from marketplace.reports.queries.sales import kept
from streams import figures
from streams.actions.presence import Watched, record_attendance
from streams.models import Session
from streams.queries.figures import (
    LONGEST_SERIES,
    Minute,
    get_measured_session,
    minutes,
    momentum,
    totals,
)
from tests.streams.rooms import make_moderator, make_room, move

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 11, 20, 0, 30, tzinfo=UTC)
START = NOW.replace(second=0)


@pytest.fixture
def room(host: User) -> Session:
    return make_room(host, now=NOW)


def count(room: Session, minute: int, process: str = "web-1", **counted: int) -> None:
    with action():
        figures.add(room.id, now=NOW + timedelta(minutes=minute), process=process, **counted)


def test_minutes_are_sums_over_processes_without_gaps(room: Session) -> None:
    count(room, 0, peak_viewers=40, joins=45, gross=39_900, orders=1, units=10)
    count(room, 0, "web-2", peak_viewers=30, joins=31, gross=3_990, orders=1, units=1)
    count(room, 3, "worker-1", given_back=3_990)
    series = minutes(room, now=NOW + timedelta(minutes=4))
    assert series == [
        Minute(START, peak_viewers=70, joins=76, orders=2, units=11, gross=43_890),
        Minute(START + timedelta(minutes=1)),
        Minute(START + timedelta(minutes=2)),
        Minute(START + timedelta(minutes=3), given_back=3_990),
        Minute(START + timedelta(minutes=4)),
    ]
    assert [kept(minute) for minute in series] == [43_890, 0, 0, -3_990, 0]


def test_the_series_ends_with_the_session_or_with_what_came_after(room: Session) -> None:
    count(room, 0, joins=1)
    move(room, "ended", now=NOW + timedelta(minutes=2))
    assert len(minutes(room, now=NOW + timedelta(days=3))) == 3
    count(room, 5, given_back=1)
    assert len(minutes(room, now=NOW + timedelta(days=3))) == 6


def test_a_session_without_figures_has_no_minutes(room: Session) -> None:
    assert minutes(room, now=NOW) == []


def test_of_a_very_long_session_the_latest_day_is_shown(room: Session) -> None:
    count(room, 0, joins=1)
    count(room, LONGEST_SERIES + 5, joins=2)
    series = minutes(room, now=NOW + timedelta(minutes=LONGEST_SERIES + 6))
    assert len(series) <= LONGEST_SERIES
    assert series[-2] == Minute(START + timedelta(minutes=LONGEST_SERIES + 5), joins=2)


def test_five_minutes_against_the_five_before(room: Session) -> None:
    for minute in range(12):
        count(room, minute, orders=1, likes=minute, peak_viewers=10 + minute)
    compared = momentum(room, now=NOW + timedelta(minutes=11))
    assert compared.last == Minute(
        START + timedelta(minutes=6), orders=5, likes=6 + 7 + 8 + 9 + 10, peak_viewers=20
    )
    assert compared.before == Minute(
        START + timedelta(minutes=1), orders=5, likes=1 + 2 + 3 + 4 + 5, peak_viewers=15
    )


def test_totals_count_each_viewer_once(room: Session) -> None:
    for viewer, seconds in (("usr_a", 600), ("usr_b", 60), ("usr_a", 30)):
        record_attendance([Watched(room.id, viewer, NOW, NOW, visits=1, seconds=seconds)])
    count(room, 0, peak_viewers=2, joins=3, chats=4, likes=5, orders=6, units=7, gross=800, given_back=90)
    count(room, 1, peak_viewers=1)
    whole = totals(room)
    assert (whole.unique_viewers, whole.watched_seconds, whole.peak_viewers) == (2, 690, 2)
    assert (whole.joins, whole.chats, whole.likes, whole.orders, whole.units) == (3, 4, 5, 6, 7)
    assert (whole.gross, whole.given_back, kept(whole)) == (800, 90, 710)


def test_totals_of_a_session_that_nobody_watched(room: Session) -> None:
    whole = totals(room)
    assert (whole.unique_viewers, whole.watched_seconds, whole.peak_viewers, kept(whole)) == (0, 0, 0, 0)


def test_who_may_see_the_figures(
    room: Session, host: User, rival: User, buyer: User, outsider: User, admin: User
) -> None:
    make_moderator(outsider, room, host)
    assert get_measured_session(host, room.id) == room
    assert get_measured_session(admin, room.id) == room
    for person in (rival, buyer, outsider, None):
        with pytest.raises(Forbidden):
            get_measured_session(person, room.id)


def test_figures_of_what_may_not_be_seen_are_not_there(host: User, buyer: User) -> None:
    hidden = make_room(host)
    Session.objects.filter(id=hidden.id).update(state="draft", scheduled_at=None)
    with pytest.raises(NotFound):
        get_measured_session(buyer, hidden.id)
