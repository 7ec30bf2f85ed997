"""Time that passes at once: the clock goes from one moment at which something is due to the next."""

import time
from bisect import bisect_right
from collections import Counter
from datetime import datetime, timedelta

import structlog
from celery import Task

from marketplace import clock_follower
from marketplace.actions.move_clock import (
    Happening,
    Move,
    abandon_clock,
    claim_clock,
    move_clock,
    release_clock,
)
from marketplace.lib import clock
from marketplace.lib.ids import new_id
from marketplace.models import Fact
from marketplace.sandbox.due import AT_THE_END, coming, next_stop

log = structlog.get_logger(__name__)

MOST_SECONDS = 400 * 86_400
#: Seconds of work after which a move stops where it is and says how far it came.
PATIENCE = 20.0
#: A way has at most so many stops: 30 days go by the minute, an hour by tenths of a second.
MOST_STOPS = 43_200
#: Rounds of sweeps at one stop; what is due even then, because a company is away, waits for the next one.
ROUNDS = 5
#: Lines of a report; of more, those of one day are counted together.
MOST_LINES = 500
TELL_SECONDS = 0.1


def advance(*, seconds: int, actor: str, patience: float = PATIENCE) -> Move:
    """Move the marketplace's clock and do everything that becomes due on the way, in the order of time.

    Args:
        seconds: how far, 1 to ``MOST_SECONDS``.
        actor: who wants it, for the fact ``clock.moved``.
        patience: seconds of work after which it stops on the way; ``left_seconds`` of the answer says so.

    Raises ClockIsMoving when somebody else is moving it. Two that sweep at once are harmless.
    """
    holder = new_id("clk")
    stood = claim_clock(holder=holder)
    try:
        way = _Way(holder, timedelta(seconds=seconds), stood, patience)
        way.go()
        move = way.report()
        release_clock(holder=holder, move=move, actor=actor)
    except BaseException:
        abandon_clock(holder=holder)
        raise
    return move


class _Way:
    """One move of the clock, from where it stood."""

    def __init__(self, holder: str, length: timedelta, stood: timedelta, patience: float) -> None:
        self._holder = holder
        self._length = length
        self._stood = self._ahead = stood
        self._deadline = time.monotonic() + patience
        self._told = 0.0
        self._failed: set[str] = set()
        clock_follower.follow()
        self._began = self._settled = clock.now()
        self._stops = [self._began]
        self._first_fact = new_id("evt")

    def go(self) -> None:
        """Go to the end, or until patience is over; at least one stop."""
        known = self._sweep(coming())
        shortest = self._length / MOST_STOPS
        while not self._is_at_end:
            stop = self._next(known)
            self._move_to(None if stop is None else max(stop, clock.now() + shortest))
            known = self._sweep(coming() if self._is_at_end else known)
            if self._is_late:
                return
        for sweep in AT_THE_END:
            self._run(sweep)

    def report(self) -> Move:
        """Return what happened, from the facts that were written meanwhile."""
        moved = self._ahead - self._stood
        left = self._length - moved
        facts = Fact.objects.filter(id__gt=self._first_fact).order_by("id").values_list("at", "type")
        counted = Counter((self._stop_of(at), type_) for at, type_ in facts.iterator())
        if len(counted) > MOST_LINES:
            counted = _by_day(counted)
        lines = [Happening(at, what, count) for (at, what), count in counted.items()]
        left_seconds = -(-left // timedelta(seconds=1))
        return Move(
            began=self._began,
            now=clock.now(),
            moved_seconds=self._length // timedelta(seconds=1) - left_seconds,
            left_seconds=left_seconds,
            ran=sorted(lines, key=lambda line: line.at),
            failed=sorted(self._failed),
        )

    @property
    def _is_at_end(self) -> bool:
        return self._ahead >= self._stood + self._length

    @property
    def _is_late(self) -> bool:
        return time.monotonic() >= self._deadline

    def _move_to(self, stop: datetime | None) -> None:
        """Set the clock to a stop, or to the end of the way when that comes first."""
        end = self._stood + self._length
        ahead = end if stop is None else min(end, stop - clock.machine_now())
        self._ahead = max(self._ahead, ahead)
        move_clock(holder=self._holder, ahead=self._ahead)
        self._stops.append(clock.now() if stop is None else min(stop, clock.now()))
        if time.monotonic() - self._told >= TELL_SECONDS:
            clock_follower.tell()
            self._told = time.monotonic()

    def _sweep(self, known: list[tuple[Task, datetime]]) -> list[tuple[Task, datetime]]:
        """Do what is due, and what becomes due by that; return what there is to do then.

        To ask every sweep costs more than most of them do at one stop: ``known`` is what the last answer was.
        """
        for _ in range(ROUNDS):
            self._settled = clock.now()
            due = [sweep for sweep, at in known if at <= self._settled]
            for sweep in due:
                self._run(sweep)
            if not due or self._is_late:
                break
            known = coming()
        return known

    def _next(self, known: list[tuple[Task, datetime]]) -> datetime | None:
        """Return the first moment at which there is something to do that is not due already."""
        if any(at <= self._settled for _, at in known):  # a company is away: what comes after it is not known
            return next_stop(self._settled)
        return min((at for _, at in known), default=None)

    def _run(self, sweep: Task) -> None:
        """Run a sweep in this process; one that breaks down stops no other, and is due again at once."""
        try:
            sweep()
        except Exception:
            log.exception("sweep_failed", sweep=sweep.name)
            self._failed.add(sweep.name)

    def _stop_of(self, at: datetime) -> datetime:
        return self._stops[max(0, bisect_right(self._stops, at) - 1)]


def _by_day(counted: Counter[tuple[datetime, str]]) -> Counter[tuple[datetime, str]]:
    days: Counter[tuple[datetime, str]] = Counter()
    for (at, what), count in counted.items():
        days[at.replace(hour=0, minute=0, second=0, microsecond=0), what] += count
    return days
