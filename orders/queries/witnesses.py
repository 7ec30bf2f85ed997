"""Who attended a show and is a witness of it: nobody of the show, and nobody whom its streamer can invent."""

from django.db.models import Q

from marketplace.models import BrandMember, User
from orders.models import OrderLine
from orders.states import Line
from streams.models import AgencyMember, Attendance, Moderator, Session

#: Viewers looked up at once.
SOME = 500


def witnesses(session: Session, *, brand_id: str) -> set[str]:
    """Return the ids of the viewers who had bought and kept something in another streamer's show before.

    Windows without an account, new accounts and accounts that only ever bought from this streamer prove
    nothing: the streamer could open them. Hosts, moderators, members of the brand and of the streamer's
    agency and platform staff are at work there.
    """
    people = Attendance.objects.filter(session=session, viewer__startswith="usr_")
    viewers = sorted(set(people.values_list("viewer", flat=True)) - _staff(session, brand_id))
    found: set[str] = set()
    for start in range(0, len(viewers), SOME):
        kept = OrderLine.objects.filter(
            order__buyer_id__in=viewers[start : start + SOME],
            state=Line.COMPLETED,
            created_at__lt=session.started_at,
        )
        found |= set(kept.exclude(streamer=session.streamer_id).values_list("buyer_id", flat=True))
    return found


def _staff(session: Session, brand_id: str) -> set[str]:
    """Return the ids of those who work for the show, the agency, the brand, or the marketplace."""
    moderators = Moderator.objects.filter(streamer=session.streamer_id).values("user_id")
    members = BrandMember.objects.filter(brand_id=brand_id).values("user_id")
    agents = AgencyMember.objects.filter(agency__streamers=session.streamer_id).values("user_id")
    staff = Q(is_staff=True) | Q(streamer=session.streamer_id)
    for people in (moderators, members, agents):
        staff |= Q(id__in=people)
    return set(User.objects.filter(staff).values_list("id", flat=True))
