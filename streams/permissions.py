"""Who may do what in a session: pure rules over rows, no writes.

The streamer hosts and may do everything. Moderators keep the chat civil and sell nothing. Members of a brand
read the sessions that show their products, members of an agency what concerns its money. Platform staff may
do everything everywhere. Everybody, signed in or not, reads what has been announced.
"""

from enum import Enum

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from marketplace.errors import Forbidden, NotFound
from marketplace.models import BrandMember, User
from marketplace.permissions import is_platform_staff, standing_of
from streams.models import Agency, AgencyMember, Funder, Moderator, Session, Slot

Visitor = User | AnonymousUser | None


class Access(Enum):
    """How far a person's hands reach in a session; each word stands alone."""

    READ = "read"
    MODERATE = "moderate"
    HOST = "host"


#: States in which a session is announced, whatever came before.
ANNOUNCED_STATES = (
    Session.State.SCHEDULED,
    Session.State.REHEARSAL,
    Session.State.LIVE,
    Session.State.PAUSED,
    Session.State.ENDED,
)
#: An announcement stays readable: a cancelled session that never had a date was never announced.
ANNOUNCED = Q(state__in=ANNOUNCED_STATES) | Q(state=Session.State.CANCELLED, scheduled_at__isnull=False)


ALL = Q(pk__isnull=False)


def is_announced(session: Session) -> bool:
    """Tell whether everybody may read a session: what ``ANNOUNCED`` says of one that is at hand."""
    was_cancelled = session.state == Session.State.CANCELLED and session.scheduled_at is not None
    return session.state in ANNOUNCED_STATES or was_cancelled


def known(user: Visitor) -> User | None:
    """Return the person, or None for somebody who has not signed in."""
    return user if isinstance(user, User) and user.is_active else None


def hosts(user: Visitor) -> bool:
    """Tell whether this person has sessions to run: their own as a streamer, or any as platform staff."""
    return user is not None and (is_platform_staff(user) or standing_of(user).shows)


def agencies_of(user: Visitor) -> QuerySet[Agency]:
    """Return the agencies that this person acts for; all of them for platform staff."""
    person = known(user)
    if person is None:
        return Agency.objects.none()
    if is_platform_staff(person):
        return Agency.objects.all()
    return Agency.objects.filter(id__in=AgencyMember.objects.filter(user=person).values("agency_id"))


def acts_for_some_agency(user: Visitor) -> bool:
    """Tell whether somebody has an agency to look after."""
    return user is not None and (is_platform_staff(user) or standing_of(user).agency)


def require_agency(user: Visitor, agency_id: str) -> None:
    """Raise NotFound unless somebody acts for the agency."""
    if not agencies_of(user).filter(id=agency_id).exists():
        raise NotFound


def require_agency_owner(user: User, agency_id: str) -> None:
    """Raise NotFound for who does not act for the agency, Forbidden for who does without owning it."""
    require_agency(user, agency_id)
    owners = AgencyMember.objects.filter(agency=agency_id, role=AgencyMember.Role.OWNER)
    if not (is_platform_staff(user) or owners.filter(user=user).exists()):
        raise Forbidden("Only an owner of the agency may do this.")


def hosted(user: User) -> Q:
    """Return which sessions this person runs, as a condition on Session."""
    return ALL if is_platform_staff(user) else Q(streamer__user=user)


def moderates(user: Visitor) -> bool:
    """Tell whether this person keeps a chat civil somewhere: as host, moderator or platform staff."""
    return user is not None and (hosts(user) or standing_of(user).chat)


def moderated(user: User) -> Q:
    """Return in which sessions this person may moderate, as a condition on Session."""
    return hosted(user) | Q(streamer__in=Moderator.objects.filter(user=user).values("streamer"))


def readable(user: Visitor) -> Q:
    """Return which sessions this person may read, as a condition on Session."""
    person = known(user)
    if person is None:
        return ANNOUNCED
    if is_platform_staff(person):
        return ALL
    trusted = Moderator.objects.filter(streamer=OuterRef("streamer"), user=person)
    brands = BrandMember.objects.filter(user=person).values("brand_id")
    shown = Slot.objects.filter(session=OuterRef("pk"), variant__brand_id__in=brands)
    return ANNOUNCED | Q(streamer__user=person) | Q(Exists(trusted)) | Q(Exists(shown))


def fundable(user: User, slot: Slot) -> list[Funder]:
    """Return at whose cost this person may take something off a slot's price: at nobody's but their own.

    The marketplace's is for platform staff, a brand's for its members, a streamer's for the streamer whose
    show it is. Needs the slot's session, streamer and variant.
    """
    if not user.is_active:
        return []
    member = BrandMember.objects.filter(user=user, brand_id=slot.variant.brand_id)
    may = {
        Funder.PLATFORM: is_platform_staff(user),
        Funder.BRAND: member.exists(),
        Funder.STREAMER: slot.session.streamer.user_id == user.id,
    }
    return [funder for funder, allowed in may.items() if allowed]


def rights(user: Visitor, session: Session) -> frozenset[Access]:
    """Return what this person may do in a session that they may read."""
    person = known(user)
    if person is None:
        return frozenset({Access.READ})
    if session.streamer.user_id == person.id or is_platform_staff(person):
        return frozenset(Access)
    if Moderator.objects.filter(streamer_id=session.streamer_id, user=person).exists():
        return frozenset({Access.READ, Access.MODERATE})
    return frozenset({Access.READ})
