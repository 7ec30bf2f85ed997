"""Line-ups, deals and fact logs, loaded with all that their wire forms show."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from streams.models import Deal, RoomEvent, Slot


@dataclass(frozen=True, slots=True)
class LogPage:
    """Facts of one session in their order, and whether more follow."""

    data: list[RoomEvent]
    has_more: bool


def line_up() -> QuerySet[Slot]:
    """Return slots in their order."""
    return Slot.objects.select_related("variant__product__brand", "variant__stock")


def deals() -> QuerySet[Deal]:
    """Return deals."""
    return Deal.objects.select_related("slot__variant__stock")


def open_at(moment: datetime) -> Q:
    """Return the condition that a deal can be bought at this moment; see ``Deal.is_open``."""
    return Q(closed_at=None, opens_at__lte=moment, closes_at__gt=moment)


def log_page(session_id: str, *, after: int, limit: int) -> LogPage:
    """Return the facts of a session that follow ``after``."""
    found = RoomEvent.objects.filter(session_id=session_id, seq__gt=after).order_by("seq")[: limit + 1]
    events = list(found)
    return LogPage(events[:limit], has_more=len(events) > limit)
