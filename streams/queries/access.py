"""The doors: how an interface fetches what belongs to somebody, and only what this person may touch.

What a person may not see is not there (NotFound); what they see and may not do is Forbidden.
"""

from django.db.models import Q, QuerySet

from marketplace.errors import Forbidden, NotFound
from marketplace.lib import rows
from marketplace.lib.ids import is_id
from marketplace.models import User
from marketplace.permissions import acts_for, is_platform_staff
from streams.models import AgencyMember, Collaboration, Deal, Session, Slot, Streamer
from streams.permissions import (
    Access,
    Visitor,
    fundable,
    is_announced,
    known,
    readable,
    require_agency,
    rights,
)
from streams.queries.sessions import deals, line_up


def readable_sessions(user: Visitor) -> QuerySet[Session]:
    """Return the sessions that this person may read."""
    return Session.objects.filter(readable(user)).select_related("streamer")


def get_session_for(user: Visitor, session_id: str, access: Access = Access.READ) -> Session:
    """Return a session; raises NotFound when it is hidden, Forbidden when ``access`` is not granted."""
    session = _session(session_id)
    if session is None or not _may_read(user, session):
        raise NotFound
    if access not in rights(user, session):
        raise Forbidden
    return session


def _session(session_id: str) -> Session | None:
    """Return a session with its streamer: every page and button of a show asks, so no queryset is built."""
    if not is_id(session_id, "ses"):
        return None
    condition, parameters = rows.any_of([session_id])
    found = rows.where_with(Session, "streamer", f'"streams_session"."id" {condition}', parameters)
    return found[0] if found else None


def _may_read(user: Visitor, session: Session) -> bool:
    return is_announced(session) or readable_sessions(user).filter(id=session.id).exists()


def get_slot_for(user: Visitor, session_id: str, slot_id: str, access: Access = Access.READ) -> Slot:
    """Return a slot of a session, under the session's rules."""
    session = get_session_for(user, session_id, access)
    slot = line_up().filter(session=session, id=slot_id).first()
    if slot is None:
        raise NotFound
    return slot


def get_slot_to_fund(user: User, session_id: str, slot_id: str, funder: str) -> Slot:
    """Return a slot for which this person may have the funder pay something; raises Forbidden."""
    slot = get_slot_for(user, session_id, slot_id)
    if funder not in fundable(user, slot):
        raise Forbidden("Only those whom it costs may do this.")
    return slot


def get_deal_for(user: Visitor, session_id: str, deal_id: str, access: Access = Access.READ) -> Deal:
    """Return a deal of a session, under the session's rules."""
    session = get_session_for(user, session_id, access)
    deal = deals().filter(session=session, id=deal_id).first()
    if deal is None:
        raise NotFound
    return deal


def agency_members_for(user: User, agency_id: str) -> QuerySet[AgencyMember]:
    """Return who acts for an agency, to those who act for it; at most 100. Raises NotFound for others."""
    require_agency(user, agency_id)
    members = AgencyMember.objects.filter(agency_id=agency_id)
    return members.select_related("user").order_by("user__username")


def get_own_streamer(user: Visitor) -> Streamer:
    """Return the streamer that this person is; raises Forbidden when they are none."""
    person = known(user)
    streamer = Streamer.objects.filter(user=person).first() if person else None
    if streamer is None:
        raise Forbidden("Only a streamer can do this; register as one first.")
    return streamer


def get_streamer_for(user: Visitor, streamer_id: str) -> Streamer:
    """Return a streamer whose profile this person may change: their own, or any for platform staff."""
    streamer = Streamer.objects.filter(id=streamer_id).select_related("agency").first()
    if streamer is None:
        raise NotFound
    person = known(user)
    if person is None or (streamer.user_id != person.id and not is_platform_staff(person)):
        raise Forbidden
    return streamer


def readable_collaborations(user: Visitor) -> QuerySet[Collaboration]:
    """Return the plans that this person may read: of their brands, for them as a streamer, and open ones."""
    person = known(user)
    plans = Collaboration.objects.all()
    if person is None:
        return plans.none()
    if is_platform_staff(person):
        return plans
    mine = Q(brand__members__user=person) | Q(streamer__user=person)
    if Streamer.objects.filter(user=person).exists():
        mine |= Q(kind=Collaboration.Kind.OPEN)
    return plans.filter(id__in=plans.filter(mine).values("id"))


def get_collaboration_for(user: Visitor, collaboration_id: str) -> Collaboration:
    """Return a plan that this person may read; raises NotFound."""
    plan = readable_collaborations(user).filter(id=collaboration_id).first()
    if plan is None:
        raise NotFound
    return plan


def get_own_collaboration(user: User, collaboration_id: str) -> Collaboration:
    """Return a plan of a brand that this person acts for; raises NotFound, Forbidden for who only reads."""
    plan = get_collaboration_for(user, collaboration_id)
    if not acts_for(user, plan.brand_id):
        raise Forbidden
    return plan
