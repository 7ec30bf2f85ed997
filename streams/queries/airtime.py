"""For how long a slot was explained before people: from the fact log and from who attended. Only reads."""

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from streams.events import (
    SessionEnded,
    SessionPaused,
    SessionResumed,
    SessionStarted,
    SlotPinned,
    SlotUnpinned,
)
from streams.models import Attendance, RoomEvent, Session

_GOES_LIVE = frozenset({SessionStarted.type, SessionResumed.type})
_STOPS = frozenset({SessionPaused.type, SessionEnded.type})
_PINS = frozenset({SlotPinned.type, SlotUnpinned.type})

SECONDS = 60


class Span(NamedTuple):
    """A stretch of time."""

    start: datetime
    end: datetime


def minutes_before(session: Session, slot_id: str, *, witnesses: Collection[str]) -> int:
    """Return the whole minutes in which a slot was explained on air while a witness attended.

    Together they are at most what the witnesses watched of the show: the time between somebody's first and
    last visit says only when they can have been there.

    Args:
        session: a show that is over.
        slot_id: one of its slots.
        witnesses: ids of the viewers that count.
    """
    came = Attendance.objects.filter(session=session, viewer__in=list(witnesses))
    visits = list(came.values_list("first_at", "last_at", "watched_seconds"))
    attended = merged(Span(first, last) for first, last, _ in visits)
    seconds = sum(
        max(0.0, (min(mine.end, theirs.end) - max(mine.start, theirs.start)).total_seconds())
        for mine in explained(session, slot_id)
        for theirs in attended
    )
    return int(min(seconds, sum(watched for *_, watched in visits)) // SECONDS)


def explained(session: Session, slot_id: str) -> list[Span]:
    """Return when the show was live with the slot pinned; breaks and rehearsals are neither."""
    types = _GOES_LIVE | _STOPS | _PINS
    log = RoomEvent.objects.filter(session=session, type__in=types).order_by("seq")
    live, pinned, states = False, None, []
    for type_, payload, at in log.values_list("type", "payload", "at"):
        if type_ in _PINS:
            pinned = payload["slot"] if type_ == SlotPinned.type else None
        else:
            live = type_ in _GOES_LIVE
        states.append((at, live and pinned == slot_id))
    return [Span(at, until) for (at, on), (until, _) in pairwise(states) if on]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same time in stretches that do not touch, in their order."""
    whole: list[Span] = []
    for span in sorted(spans):
        if whole and span.start <= whole[-1].end:
            whole[-1] = Span(whole[-1].start, max(whole[-1].end, span.end))
        else:
            whole.append(span)
    return whole
