"""A session in figures: viewers now, its minutes, the last five against the five before, and totals."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, QuerySet, Sum

from marketplace.errors import Forbidden
from marketplace.models import BrandMember
from marketplace.permissions import is_platform_staff
from streams.models import Attendance, MinuteFigure, RoomPresence, Session, Slot
from streams.permissions import Access, Visitor, known, rights
from streams.queries.access import get_session_for

#: A process that has said nothing for so long holds nobody.
FRESH = timedelta(seconds=10)
MINUTE = timedelta(minutes=1)
#: Minutes of a series at most: the latest day.
LONGEST_SERIES = 1_440
SPAN = 5

_SUMMED = ("joins", "leaves", "chats", "likes", "orders", "units", "gross", "given_back")


@dataclass(frozen=True, slots=True)
class Minute:
    """What happened in one minute, in all processes; money in minor units."""

    minute: datetime
    peak_viewers: int = 0
    joins: int = 0
    leaves: int = 0
    chats: int = 0
    likes: int = 0
    orders: int = 0
    units: int = 0
    gross: int = 0
    given_back: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """A whole session: different viewers, and the seconds that all of them watched."""

    unique_viewers: int
    watched_seconds: int
    peak_viewers: int
    joins: int
    chats: int
    likes: int
    orders: int
    units: int
    gross: int
    given_back: int


@dataclass(frozen=True, slots=True)
class Momentum:
    """The five whole minutes that have just gone by, and the five before them, each as one sum."""

    last: Minute
    before: Minute


def get_measured_session(user: Visitor, session_id: str) -> Session:
    """Return a session whose figures this person may see: its streamer, brands shown in it, platform staff.

    Raises NotFound when the session is not to be seen at all, Forbidden when only its figures are not.
    """
    session = get_session_for(user, session_id)
    person = known(user)
    if person is None:
        raise Forbidden
    if Access.HOST in rights(person, session) or is_platform_staff(person):
        return session
    brands = BrandMember.objects.filter(user=person).values("brand_id")
    if not Slot.objects.filter(session=session, variant__brand_id__in=brands).exists():
        raise Forbidden
    return session


def minute_of(moment: datetime) -> datetime:
    """Return the start of the minute that a moment lies in."""
    return moment.replace(second=0, microsecond=0)


def viewers_now(session_ids: Collection[str], *, now: datetime, without: str | None = None) -> dict[str, int]:
    """Return how many watch each of these rooms in all processes but one; empty rooms are left out."""
    rows = RoomPresence.objects.filter(session_id__in=list(session_ids), at__gt=now - FRESH, viewers__gt=0)
    if without is not None:
        rows = rows.exclude(process=without)
    sums = rows.order_by().values("session_id").annotate(total=Sum("viewers"))
    return dict(sums.values_list("session_id", "total"))


def minutes(session: Session, *, now: datetime, most: int = LONGEST_SERIES) -> list[Minute]:
    """Return every minute from the first with figures to the session's last or the present, gaps as zeros.

    Of a session with more than ``most``, the latest; a day when nothing else is asked for.
    """
    figures = MinuteFigure.objects.filter(session=session)
    last = minute_of(min(session.ended_at or now, now))
    last = max(filter(None, [last, figures.aggregate(last=Max("minute"))["last"]]))
    earliest = last - (most - 1) * MINUTE
    by_minute = {minute.minute: minute for minute in _summed(figures.filter(minute__gte=earliest))}
    if not by_minute:
        return []
    first = min(by_minute)
    length = (last - first) // MINUTE + 1
    moments = [first + number * MINUTE for number in range(length)]
    return [by_minute.get(moment) or Minute(moment) for moment in moments]


def momentum(session: Session, *, now: datetime) -> Momentum:
    """Return the last five whole minutes and the five before; the running minute is not whole."""
    end = minute_of(now)
    middle, start = end - SPAN * MINUTE, end - 2 * SPAN * MINUTE
    figures = MinuteFigure.objects.filter(session=session, minute__gte=start, minute__lt=end)
    rows = _summed(figures)
    return Momentum(
        last=_together(middle, [row for row in rows if row.minute >= middle]),
        before=_together(start, [row for row in rows if row.minute < middle]),
    )


def totals(session: Session) -> Totals:
    """Return the figures of the whole session."""
    attended = Attendance.objects.filter(session=session).aggregate(
        viewers=Count("id"), seconds=Sum("watched_seconds", default=0)
    )
    figures = MinuteFigure.objects.filter(session=session)
    whole = _together(session.created_at, _summed(figures))
    return Totals(
        unique_viewers=attended["viewers"],
        watched_seconds=attended["seconds"],
        peak_viewers=whole.peak_viewers,
        joins=whole.joins,
        chats=whole.chats,
        likes=whole.likes,
        orders=whole.orders,
        units=whole.units,
        gross=whole.gross,
        given_back=whole.given_back,
    )


def _summed(figures: QuerySet[MinuteFigure]) -> list[Minute]:
    """Return the sums over processes, by minute."""
    sums = {name: Sum(name) for name in ("peak_viewers", *_SUMMED)}
    rows = figures.order_by("minute").values("minute").annotate(**sums)
    return [Minute(**row) for row in rows]


def _together(start: datetime, rows: list[Minute]) -> Minute:
    """Return several minutes as one: sums, and the highest peak."""
    sums = {name: sum(getattr(row, name) for row in rows) for name in _SUMMED}
    return Minute(start, peak_viewers=max((row.peak_viewers for row in rows), default=0), **sums)
