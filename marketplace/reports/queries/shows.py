"""The shows whose reports somebody may read, with what they sold."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from marketplace.models import User
from marketplace.permissions import acts_for_some_brand, brands_of, is_platform_staff
from marketplace.reports.queries.lines import Whose, lines_of
from marketplace.reports.queries.sales import Sales, Tally, summed, tallies
from streams.models import Session, Slot
from streams.permissions import hosted, hosts

State = Session.State
#: A show has something to report from its beginning on.
BEGUN = (State.LIVE, State.PAUSED, State.ENDED)


@dataclass(frozen=True, slots=True)
class Show:
    """One show and its sales, all of them or those of the reader's brands; None while nothing was ordered."""

    session: Session
    sales: Sales | Tally | None


def reads_reports(user: User) -> bool:
    """Tell whether there may be reports for this person: who hosts, or acts for a brand."""
    return hosts(user) or acts_for_some_brand(user)


def reported_shows(user: User, brand_id: str | None, *, now: datetime, limit: int) -> list[Show]:
    """Return the latest shows that this person has a part in, or those of one brand of theirs; 5 queries."""
    sessions = Session.objects.filter(state__in=BEGUN).select_related("streamer").order_by("-id")
    if brand_id is not None:
        found = list(sessions.filter(_sells([brand_id]))[:limit])
        return _limited(found, [brand_id], now=now)
    own = list(brands_of(user).values_list("id", flat=True)) if not is_platform_staff(user) else []
    found = list(sessions.filter(hosted(user) | Q(_sells(own)))[:limit])
    mine = [each for each in found if is_platform_staff(user) or each.streamer.user_id == user.pk]
    whole = tallies([session.id for session in mine])
    theirs = [session for session in found if session not in mine]
    shows = {show.session.id: show for show in _limited(theirs, own, now=now)}
    return [shows.get(session.id) or Show(session, whole.get(session.id)) for session in found]


def _sells(brand_ids: Collection[str]) -> Exists:
    return Exists(Slot.objects.filter(session=OuterRef("pk"), variant__brand_id__in=list(brand_ids)))


def _limited(sessions: list[Session], brand_ids: Collection[str], *, now: datetime) -> list[Show]:
    """Return shows with what some brands sold in them."""
    if not sessions:
        return []
    lines = lines_of(Whose.SESSION, [session.id for session in sessions]).filter(brand_id__in=list(brand_ids))
    rows = summed(lines, "session_id", "currency", now=now)
    sales = {row.pop("session_id"): Sales(**row) for row in rows}
    return [Show(session, sales.get(session.id)) for session in sessions]
