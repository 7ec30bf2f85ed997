"""Who acts for an agency. Platform staff names the first owner; an agency that has an owner keeps one."""

from datetime import datetime

from django.db import connection

from marketplace import idempotency, outbox
from marketplace.actions.errors import AlreadyMember, LastOwner, refusing_duplicates
from marketplace.errors import FieldError, Invalid, LimitReached, NotFound
from marketplace.lib.atomic import action
from marketplace.models import User
from streams.models import Agency, AgencyMember
from streams.permissions import require_agency_owner

MAX_MEMBERS = 100
Role = AgencyMember.Role


def add_agency_member(
    *, agency_id: str, username: str, role: str, actor: User, now: datetime
) -> AgencyMember:
    """Let a person act for the agency.

    Raises:
        NotFound, Forbidden: ``actor`` does not own the agency.
        Invalid: nobody active has this name.
        AlreadyMember: the person acts for the agency already.
        LimitReached: the agency has 100 members.
    """
    with refusing_duplicates(AlreadyMember(param="username")), action():
        agency = _lock(agency_id, actor)
        user = User.objects.filter(username=User.normalize_username(username), is_active=True).first()
        if user is None:
            detail = "There is nobody with this name."
            raise Invalid(detail, param="username", errors=[FieldError("username", "unknown", detail)])
        if AgencyMember.objects.filter(agency=agency, user=user).exists():
            raise AlreadyMember(param="username")
        if AgencyMember.objects.filter(agency=agency).count() >= MAX_MEMBERS:
            raise LimitReached("The agency has as many members as it may.", data={"limit": MAX_MEMBERS})
        member = AgencyMember.objects.create(agency=agency, user=user, role=role)
        _tell("agency.member_added", member, actor, now)
        idempotency.remember(member)
    return member


def change_agency_member(
    *, agency_id: str, user_id: str, role: str, actor: User, now: datetime
) -> AgencyMember:
    """Make a member an owner or staff.

    Raises:
        NotFound, Forbidden: ``actor`` does not own the agency, or the person does not act for it.
        LastOwner: nobody else owns the agency.
    """
    with action():
        member = _member(_lock(agency_id, actor), user_id)
        if member.role != role:
            _refuse_last_owner(member)
            member.role = role
            member.save(update_fields=["role"])
            _tell("agency.member_changed", member, actor, now)
        idempotency.remember(member)
    return member


def remove_agency_member(*, agency_id: str, user_id: str, actor: User, now: datetime) -> None:
    """End a person's acting for the agency. Owners remove anybody, staff may leave.

    Raises:
        NotFound, Forbidden: ``actor`` may not, or the person does not act for the agency.
        LastOwner: nobody else owns the agency.
    """
    with action():
        member = _member(_lock(agency_id, actor, leaving=actor.id == user_id), user_id)
        _refuse_last_owner(member)
        AgencyMember.objects.filter(id=member.id).delete()
        _tell("agency.member_removed", member, actor, now)
        idempotency.remember(None)


def _lock(agency_id: str, actor: User, *, leaving: bool = False) -> Agency:
    """Lock an agency's row, so that its members are counted by one at a time; check the actor's right."""
    agencies = Agency.objects.filter(id=agency_id)
    if connection.features.has_select_for_no_key_update:
        agencies = agencies.select_for_update(no_key=True)
    agency = agencies.first()
    if agency is None:
        raise NotFound
    if not leaving:
        require_agency_owner(actor, agency_id)
    return agency


def _member(agency: Agency, user_id: str) -> AgencyMember:
    member = AgencyMember.objects.filter(agency=agency, user_id=user_id).select_related("user").first()
    if member is None:
        raise NotFound
    return member


def _refuse_last_owner(member: AgencyMember) -> None:
    owners = AgencyMember.objects.filter(agency=member.agency_id, role=Role.OWNER).exclude(id=member.id)
    if member.role == Role.OWNER and not owners.exists():
        raise LastOwner


def _tell(type_: str, member: AgencyMember, actor: User, now: datetime) -> None:
    payload = {"agency": member.agency_id, "user": member.user_id, "role": member.role, "by": actor.id}
    outbox.append(type_, subject=member.agency_id, payload=payload, now=now)
