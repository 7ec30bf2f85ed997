"""Who watches in this process, counted without a task, a query or a row for each who comes and goes.

Joins, leaves and likes change numbers in memory. What is to be written gathers by viewer and by minute until
it has been; a write that fails is merged with what comes after. Only a show counts: before, after, and in a
rehearsal, viewers are there and figures are not. Moments are monotonic seconds, so that a clock set ahead
lengthens no visit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from streams.actions.presence import Watched
from streams.figures import Count
from streams.queries.figures import MINUTE, minute_of

logger = structlog.get_logger(__name__)

#: Seconds after which what somebody has watched is written.
WRITE_EVERY = 10.0
#: Viewers whose attendance may wait for a database that is away.
MOST_WAITING = 200_000

ViewerKey = tuple[str, str]


class _Viewer:
    """One viewer of one room: connections in this process, and what has not been written of them."""

    __slots__ = ("connections", "since", "visits", "written")

    def __init__(self, tick: float) -> None:
        self.connections = 1
        self.since = tick
        self.written = tick
        self.visits = 1


@dataclass(slots=True)
class _Audience:
    """A room: how many watch, whether it counts, and the highest number already told of a minute."""

    viewers: int = 0
    viewers_taken: int = -1
    counts: bool = False
    peak: int = 0
    peak_of: datetime | None = None


class Presence:
    """The viewers of this process's rooms. Every method is called on the event loop."""

    def __init__(self, *, process: str, tick: float, now: datetime) -> None:
        self._process = process
        self._set_clock(tick, now)
        self._rooms: dict[str, _Audience] = {}
        #: Whoever was written longest ago stands first.
        self._viewers: dict[ViewerKey, _Viewer] = {}
        self._waiting: dict[ViewerKey, Watched] = {}
        self._counts: dict[tuple[str, datetime], Count] = {}
        self._likes: dict[str, int] = {}

    def joined(self, session_id: str, viewer: str, *, tick: float) -> bool:
        """Count a connection of a viewer; a second one of the same viewer is no second viewer.

        Returns whether the room is new here, so that whether its show is on has yet to be found out.
        """
        known = self._viewers.get((session_id, viewer))
        if known is not None:
            known.connections += 1
            return False
        self._viewers[session_id, viewer] = _Viewer(tick)
        room = self._rooms.get(session_id)
        is_new = room is None
        if room is None:
            room = self._rooms[session_id] = _Audience()
        room.viewers += 1
        if room.counts:
            self._add(session_id, tick, joins=1)
            self._note_peak(session_id, room, tick)
        return is_new

    def left(self, session_id: str, viewer: str, *, tick: float, now: datetime) -> None:
        """Count a connection of a viewer as gone; with the last one goes the viewer."""
        known = self._viewers.get((session_id, viewer))
        if known is None:
            return
        known.connections -= 1
        if known.connections:
            return
        del self._viewers[session_id, viewer]
        room = self._rooms[session_id]
        if room.counts:
            self._gather((session_id, viewer), known, round(tick - known.since), tick=tick, now=now)
            self._note_peak(session_id, room, tick)
            self._add(session_id, tick, leaves=1)
        room.viewers -= 1
        if not room.viewers and not room.counts:
            del self._rooms[session_id]

    def leave_all(self, *, tick: float, now: datetime) -> None:
        """Count everybody as gone: the process goes down."""
        for (session_id, viewer), known in list(self._viewers.items()):
            known.connections = 1
            self.left(session_id, viewer, tick=tick, now=now)

    def liked(self, session_id: str, count: int, *, tick: float) -> None:
        """Count likes; those given outside a show are shown and not counted."""
        room = self._rooms.get(session_id)
        if room is not None and room.counts:
            self._add(session_id, tick, likes=count)
            self._likes[session_id] = self._likes.get(session_id, 0) + count

    def set_counting(
        self, session_id: str, counts: bool, *, late: float = 0.0, tick: float, now: datetime
    ) -> None:
        """Begin or end counting a room's viewers, with the show; all who are there come or go at that moment.

        Args:
            session_id: the room.
            counts: whether the show is on.
            late: seconds since it has been so.
            tick: monotonic time.
            now: the marketplace's time.
        """
        room = self._rooms.get(session_id)
        if room is None or room.counts == counts:
            return
        room.counts = counts
        here = [(key, viewer) for key, viewer in self._viewers.items() if key[0] == session_id]
        for key, viewer in here:
            if counts:
                viewer.since, viewer.visits = max(viewer.since, tick - late), 1
            else:
                end = tick - late
                seconds = max(0, round(end - viewer.since))
                self._gather(key, viewer, seconds, tick=end, now=now - timedelta(seconds=late))
        if counts:
            self._add(session_id, tick, joins=room.viewers)
            self._note_peak(session_id, room, tick)
        else:
            self._add(session_id, tick, leaves=room.viewers)
            if not room.viewers:
                del self._rooms[session_id]

    def advance(self, *, tick: float, now: datetime) -> None:
        """Set the clock, note how many are there, gather the attendance of those not written lately."""
        self._set_clock(tick, now)
        for session_id, room in self._rooms.items():
            if room.counts and room.viewers:
                self._note_peak(session_id, room, tick)
        due = []
        for key, viewer in self._viewers.items():
            if tick - viewer.written < WRITE_EVERY:
                break
            due.append(key)
        for key in due:
            viewer = self._viewers[key] = self._viewers.pop(key)
            if self._rooms[key[0]].counts:
                self._gather(key, viewer, int(tick - viewer.since), tick=tick, now=now)
            viewer.written = tick

    def rooms(self) -> list[str]:
        """Return the rooms that have viewers here, or whose show still counts."""
        return list(self._rooms)

    def viewers(self) -> dict[str, int]:
        """Return how many viewers each room has in this process; somebody with two windows is one."""
        return {session_id: room.viewers for session_id, room in self._rooms.items()}

    def take_viewers(self) -> dict[str, int]:
        """Return ``viewers`` without the rooms that were empty at the last call and still are."""
        taken = {}
        for session_id, room in self._rooms.items():
            if room.viewers or room.viewers_taken:
                taken[session_id] = room.viewers
            room.viewers_taken = room.viewers
        return taken

    def take_attendance(self) -> list[Watched]:
        """Hand over what is to be added to attendance; ``keep_attendance`` takes it back."""
        taken, self._waiting = self._waiting, {}
        return list(taken.values())

    def keep_attendance(self, watched: Iterable[Watched]) -> None:
        """Take back what could not be written."""
        for one in watched:
            self._wait(one)

    def take_figures(self) -> tuple[list[Count], dict[str, int]]:
        """Hand over minute figures and likes that are to be added; ``keep_figures`` takes them back."""
        counts, self._counts = self._counts, {}
        likes, self._likes = self._likes, {}
        return list(counts.values()), likes

    def keep_figures(self, counts: Iterable[Count], likes: dict[str, int]) -> None:
        """Take back what could not be written."""
        for count in counts:
            self._merge(count)
        for session_id, given in likes.items():
            self._likes[session_id] = self._likes.get(session_id, 0) + given

    def _gather(self, key: ViewerKey, viewer: _Viewer, seconds: int, *, tick: float, now: datetime) -> None:
        """Put what a viewer has watched with what is to be written."""
        came = now - timedelta(seconds=max(0.0, tick - viewer.since))
        self._wait(Watched(*key, first_at=came, last_at=now, visits=viewer.visits, seconds=seconds))
        viewer.since += seconds
        viewer.visits = 0

    def _wait(self, new: Watched) -> None:
        key = (new.session_id, new.viewer)
        old = self._waiting.get(key)
        if old is not None:
            new = replace(
                new,
                first_at=min(old.first_at, new.first_at),
                last_at=max(old.last_at, new.last_at),
                visits=old.visits + new.visits,
                seconds=old.seconds + new.seconds,
            )
        elif len(self._waiting) >= MOST_WAITING:
            logger.error("attendance_dropped", session=new.session_id, viewer=new.viewer, seconds=new.seconds)
            return
        self._waiting[key] = new

    def _note_peak(self, session_id: str, room: _Audience, tick: float) -> None:
        minute = self._minute_at(tick)
        if room.peak_of != minute or room.viewers > room.peak:
            room.peak, room.peak_of = room.viewers, minute
            self._add(session_id, tick, peak_viewers=room.viewers)

    def _add(self, session_id: str, tick: float, **counted: int) -> None:
        if any(counted.values()):
            self._merge(Count(session_id, self._minute_at(tick), self._process, **counted))

    def _merge(self, new: Count) -> None:
        key = (new.session_id, new.minute)
        old = self._counts.get(key)
        self._counts[key] = new if old is None else old.plus(new)

    def _set_clock(self, tick: float, now: datetime) -> None:
        self._minute = minute_of(now)
        self._minute_ends = tick + (self._minute + MINUTE - now).total_seconds()

    def _minute_at(self, tick: float) -> datetime:
        """Return the minute of a moment, which is not before the last one asked for."""
        while tick >= self._minute_ends:
            self._minute += MINUTE
            self._minute_ends += MINUTE.total_seconds()
        return self._minute
