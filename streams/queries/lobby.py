"""What the lobby lists: live, upcoming and past sessions, filtered and in the order people look for."""

from collections import Counter
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from streams.models import Session, Slot
from streams.permissions import Visitor, known
from streams.queries.access import readable_sessions

State = Session.State

LOOKED_AT = 200

#: What each view of the lobby shows, and in which order.
SHOWS: dict[str, tuple[tuple[str, ...], str]] = {
    "live": ((State.LIVE, State.PAUSED), "-started_at"),
    "upcoming": ((State.SCHEDULED, State.REHEARSAL), "scheduled_at"),
    "replays": ((State.ENDED,), "-ended_at"),
}


def lobby(user: Visitor, wanted: dict[str, Any]) -> tuple[QuerySet[Session], str]:
    """Return the sessions that a person wants to see and may, and the column that orders them.

    Args:
        user: who asks.
        wanted: any of ``show``, ``mine``, ``streamer``, ``brand``, ``category`` and ``q``.
    """
    sessions = readable_sessions(user)
    order = "-id"
    if "show" in wanted:
        states, order = SHOWS[wanted["show"]]
        sessions = sessions.filter(state__in=states)
    if "mine" in wanted:
        mine = Q(streamer__user=known(user))
        sessions = sessions.filter(mine if wanted["mine"] else ~mine)
    if "streamer" in wanted:
        sessions = sessions.filter(streamer_id=wanted["streamer"])
    if "q" in wanted:
        sessions = sessions.filter(_named(wanted["q"]))
    return _selling(sessions, wanted), order


def few_of_each(sessions: QuerySet[Session], *, each: int, most: int) -> list[str]:
    """Return the ids of the first of these sessions, at most so many of each streamer.

    A streamer who is on air all day does not fill the shelf. Only the first 200 are looked at.
    """
    counted: Counter[str] = Counter()
    kept = []
    for session_id, streamer_id in sessions.values_list("id", "streamer_id")[:LOOKED_AT]:
        counted[streamer_id] += 1
        if counted[streamer_id] <= each:
            kept.append(session_id)
    return kept[:most]


def _named(words: str) -> Q:
    """Return which sessions are meant by words of their title, their streamer's name or what they sell."""
    slots = Slot.objects.filter(session=OuterRef("pk"), variant__product__title__icontains=words)
    return Q(title__icontains=words) | Q(streamer__name__icontains=words) | Q(Exists(slots))


def _selling(sessions: QuerySet[Session], wanted: dict[str, Any]) -> QuerySet[Session]:
    """Keep the sessions whose line-up has a product of the brand, and one of the category."""
    slots = Slot.objects.filter(session=OuterRef("pk"))
    if "brand" in wanted:
        sessions = sessions.filter(Exists(slots.filter(variant__brand_id=wanted["brand"])))
    if "category" in wanted:
        sessions = sessions.filter(Exists(slots.filter(variant__product__category_id=wanted["category"])))
    return sessions
