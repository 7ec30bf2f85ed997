"""Who watches, counted in memory: visits, seconds, joins, leaves, peaks; exact, and kept until written."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import presence as module
from streams.actions.presence import Watched
from streams.figures import Count
from streams.presence import Presence

pytestmark = pytest.mark.only_in("embedded")

ROOM = "ses_" + "a" * 32
OTHER = "ses_" + "b" * 32
NOW = datetime(2026, 11, 11, 20, 0, 30, tzinfo=UTC)
MINUTE = NOW.replace(second=0)
T = 1000.0


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class Film:
    """Runs a Presence along a script: every call at a second after the start."""

    def __init__(self) -> None:
        self.presence = Presence(process="web-1", tick=T, now=NOW)

    def join(self, viewer: str, second: float, room: str = ROOM) -> bool:
        return self.presence.joined(room, viewer, tick=T + second)

    def leave(self, viewer: str, second: float, room: str = ROOM) -> None:
        self.presence.left(room, viewer, tick=T + second, now=at(second))

    def count(self, counts: bool, second: float, *, late: float = 0.0) -> None:
        self.presence.set_counting(ROOM, counts, late=late, tick=T + second, now=at(second))

    def advance(self, second: float) -> None:
        self.presence.advance(tick=T + second, now=at(second))

    def attendance(self) -> list[Watched]:
        return sorted(self.presence.take_attendance(), key=lambda one: one.viewer)

    def figures(self) -> list[Count]:
        return sorted(self.presence.take_figures()[0], key=lambda one: (one.session_id, one.minute))


def figure(minute: int = 0, **counted: int) -> Count:
    return Count(ROOM, MINUTE + timedelta(minutes=minute), "web-1", **counted)


def test_a_visit_is_written_when_it_ends() -> None:
    film = Film()
    assert film.join("usr_bella", 0) is True
    film.count(True, 0)
    assert film.join("usr_otto", 2) is False
    film.leave("usr_bella", 7.4)
    film.advance(8)
    assert film.attendance() == [Watched(ROOM, "usr_bella", at(0), at(7.4), visits=1, seconds=7)]
    assert film.presence.viewers() == {ROOM: 1}
    assert film.figures() == [figure(joins=2, leaves=1, peak_viewers=2)]


def test_a_long_visit_is_written_every_ten_seconds_and_adds_up() -> None:
    film = Film()
    film.join("usr_bella", 0)
    film.count(True, 0)
    seconds, visits, firsts = 0, 0, []
    for second in range(2, 61, 2):
        film.advance(second)
        for one in film.attendance():
            seconds, visits = seconds + one.seconds, visits + one.visits
            firsts.append(one.first_at)
    assert (seconds, visits, firsts[0], len(firsts)) == (60, 1, at(0), 6)
    film.leave("usr_bella", 61.6)
    assert film.attendance() == [Watched(ROOM, "usr_bella", at(60), at(61.6), visits=0, seconds=2)]


def test_two_windows_are_one_viewer() -> None:
    film = Film()
    film.join("usr_bella", 0)
    film.count(True, 0)
    film.join("usr_bella", 3)
    assert film.presence.viewers() == {ROOM: 1}
    film.leave("usr_bella", 5)
    assert film.attendance() == []
    film.leave("usr_bella", 10)
    assert film.attendance() == [Watched(ROOM, "usr_bella", at(0), at(10), visits=1, seconds=10)]
    assert film.figures() == [figure(joins=1, leaves=1, peak_viewers=1)]


def test_who_comes_back_has_two_visits() -> None:
    film = Film()
    film.join("usr_bella", 0)
    film.count(True, 0)
    film.leave("usr_bella", 4)
    film.join("usr_bella", 6)
    film.leave("usr_bella", 9)
    assert film.attendance() == [Watched(ROOM, "usr_bella", at(0), at(9), visits=2, seconds=7)]


def test_counting_begins_and_ends_with_the_show() -> None:
    film = Film()
    film.join("usr_bella", 0)
    film.join("usr_otto", 12)
    film.advance(14)
    film.presence.liked(ROOM, 5, tick=T + 14)
    assert film.attendance() == []
    assert film.figures() == []
    film.count(True, 16, late=6)  # the show began at second 10, this process heard at 16
    film.presence.liked(ROOM, 7, tick=T + 17)
    film.count(False, 21, late=1)  # it ended at second 20
    film.presence.liked(ROOM, 9, tick=T + 22)
    film.leave("usr_bella", 40)
    assert film.attendance() == [
        Watched(ROOM, "usr_bella", at(10), at(20), visits=1, seconds=10),
        Watched(ROOM, "usr_otto", at(12), at(20), visits=1, seconds=8),
    ]
    counts, likes = film.presence.take_figures()
    assert counts == [figure(joins=2, leaves=2, peak_viewers=2, likes=7)]
    assert likes == {ROOM: 7}
    assert film.presence.viewers() == {ROOM: 1}


def test_a_rehearsal_counts_nowhere() -> None:
    film = Film()
    film.join("usr_bella", 0)
    film.count(False, 0)
    film.presence.liked(ROOM, 50, tick=T)
    for second in (10, 20, 30):
        film.advance(second)
    film.leave("usr_bella", 31)
    assert film.presence.take_attendance() == []
    assert film.presence.take_figures() == ([], {})
    assert film.presence.rooms() == []


def test_minutes_have_their_own_figures() -> None:
    film = Film()
    film.join("usr_bella", 0)
    film.count(True, 0)
    film.join("usr_otto", 10)
    film.leave("usr_otto", 20)
    film.join("usr_stan", 29.9)
    film.join("usr_rico", 30)  # 20:01:00
    film.presence.liked(ROOM, 3, tick=T + 31)
    film.leave("usr_bella", 95)  # 20:02:05
    film.leave("usr_stan", 95)
    assert film.figures() == [
        figure(0, joins=3, leaves=1, peak_viewers=2),
        figure(1, joins=1, likes=3, peak_viewers=3),
        figure(2, leaves=2, peak_viewers=3),
    ]


def test_a_clock_that_jumps_moves_minutes_and_lengthens_no_visit() -> None:
    film = Film()
    film.join("usr_bella", 0)
    film.count(True, 0)
    later = at(5) + timedelta(days=30)
    film.presence.advance(tick=T + 5, now=later)
    film.presence.left(ROOM, "usr_bella", tick=T + 6, now=later + timedelta(seconds=1))
    (watched,) = film.attendance()
    assert (watched.seconds, watched.visits) == (6, 1)
    assert [count.minute for count in film.figures()] == [
        MINUTE,
        (later + timedelta(seconds=1)).replace(second=0),
    ]


def test_what_could_not_be_written_is_kept_and_merged() -> None:
    film = Film()
    film.join("usr_bella", 0)
    film.count(True, 0)
    film.presence.liked(ROOM, 2, tick=T)
    film.leave("usr_bella", 3)
    attendance, (counts, likes) = film.presence.take_attendance(), film.presence.take_figures()
    film.join("usr_bella", 5)
    film.presence.liked(ROOM, 4, tick=T + 6)
    film.leave("usr_bella", 9)
    film.presence.keep_attendance(attendance)
    film.presence.keep_figures(counts, likes)
    assert film.attendance() == [Watched(ROOM, "usr_bella", at(0), at(9), visits=2, seconds=7)]
    assert film.presence.take_figures() == (
        [figure(joins=2, leaves=2, peak_viewers=1, likes=6)],
        {ROOM: 6},
    )


def test_attendance_that_waits_is_bounded() -> None:
    film = Film()
    film.join("usr_0", 0)
    film.count(True, 0)
    watched = Watched(ROOM, "usr_x", at(0), at(1), visits=1, seconds=1)
    many = [replace(watched, viewer=f"usr_{number}") for number in range(module.MOST_WAITING + 10)]
    film.presence.keep_attendance(many)
    assert len(film.presence.take_attendance()) == module.MOST_WAITING


def test_an_empty_room_is_written_once() -> None:
    film = Film()
    film.join("usr_bella", 0)
    film.count(True, 0)
    assert [film.presence.take_viewers() for _ in range(2)] == [{ROOM: 1}, {ROOM: 1}]
    film.leave("usr_bella", 1)
    assert [film.presence.take_viewers() for _ in range(2)] == [{ROOM: 0}, {}]
    film.join("usr_bella", 2)
    assert film.presence.take_viewers() == {ROOM: 1}


def test_leaving_twice_or_unseen_changes_nothing() -> None:
    film = Film()
    film.leave("usr_bella", 0)
    film.join("usr_bella", 1)
    film.leave("usr_bella", 2)
    film.leave("usr_bella", 3)
    assert film.presence.viewers() == {}


def test_everybody_leaves_when_the_process_goes_down() -> None:
    film = Film()
    film.join("usr_bella", 0)
    film.join("usr_bella", 0)
    film.join("usr_otto", 0)
    film.join("usr_otto", 0, room=OTHER)
    film.count(True, 0)
    film.presence.leave_all(tick=T + 4, now=at(4))
    assert [(one.viewer, one.seconds) for one in film.attendance()] == [("usr_bella", 4), ("usr_otto", 4)]
    assert film.figures() == [figure(joins=2, leaves=2, peak_viewers=2)]
    assert film.presence.viewers() == {ROOM: 0}


STEPS = st.lists(
    st.tuples(st.sampled_from(["join", "leave", "advance"]), st.sampled_from("abc"), st.integers(1, 15)),
    max_size=60,
)


@given(STEPS)
def test_the_sums_are_those_of_the_script_whatever_it_is(steps: list[tuple[str, str, int]]) -> None:
    film = Film()
    film.join("first", 0)
    film.count(True, 0)
    film.leave("first", 0)
    film.presence.take_attendance()
    film.presence.take_figures()
    second, here = 0, dict[str, int]()
    began, expected, visits = dict[str, int](), dict[str, int](), dict[str, int]()
    attended = list[Watched]()
    for step, viewer, seconds in [*steps, *(("leave", viewer, 1) for viewer in "abc" * 60)]:
        second += seconds
        if step == "join":
            film.join(viewer, second)
            if not here.get(viewer):
                began[viewer], visits[viewer] = second, visits.get(viewer, 0) + 1
            here[viewer] = here.get(viewer, 0) + 1
        elif step == "leave" and here.get(viewer):
            film.leave(viewer, second)
            here[viewer] -= 1
            if not here[viewer]:
                expected[viewer] = expected.get(viewer, 0) + second - began[viewer]
        elif step == "advance":
            film.advance(second)
            attended += film.presence.take_attendance()
    attended += film.presence.take_attendance()
    summed = {
        viewer: sum(one.seconds for one in attended if one.viewer == viewer)
        for viewer in {one.viewer for one in attended}
    }
    assert summed == expected
    assert {v: sum(one.visits for one in attended if one.viewer == v) for v in summed} == visits
    counts = film.figures()
    assert sum(count.joins for count in counts) == sum(visits.values())
    assert sum(count.leaves for count in counts) == sum(visits.values())
