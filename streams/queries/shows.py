"""The sessions that somebody works in, as their list of shows orders them."""

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from marketplace.models import User
from streams.models import Session, Slot
from streams.permissions import moderated
from streams.states import ON_AIR

State = Session.State


def shows_of(user: User, *, limit: int) -> list[Session]:
    """Return sessions that this person hosts or moderates: on air first, then planned, then over."""
    rank = Case(
        When(state__in=ON_AIR, then=Value(0)),
        When(state=State.SCHEDULED, then=Value(1)),
        When(state=State.DRAFT, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    sessions = Session.objects.filter(moderated(user)).select_related("streamer")
    ordered = sessions.annotate(rank=rank, of_slots=Count("slots")).order_by("rank", "-id")
    return list(ordered[:limit])


def lineups_to_copy(session: Session, *, limit: int) -> QuerySet[Session]:
    """Return the streamer's other sessions that have a line-up, the latest first."""
    filled = Slot.objects.values("session_id")
    others = Session.objects.filter(streamer_id=session.streamer_id, id__in=filled).exclude(id=session.id)
    return others.order_by("-id")[:limit]
