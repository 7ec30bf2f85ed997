"""Streamers, the agencies that represent them, and the moderators whom they trust."""

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction

from marketplace import idempotency, outbox
from marketplace.actions.memberships import Memberships
from marketplace.errors import NotFound
from marketplace.lib.atomic import action
from marketplace.models import User
from streams.errors import AgencyNameTaken, AlreadyStreamer, StreamerNameTaken
from streams.models import Agency, AgencyMember, Moderator, Streamer
from streams.permissions import require_agency_owner

#: Who acts for an agency: ``add``, ``change``, ``remove``. Platform staff names the first owner.
agency_members = Memberships("agency", Agency.objects, AgencyMember.objects, require_agency_owner)


class Profile(TypedDict, total=False):
    """What a streamer says of themselves; what is left out stays."""

    name: str
    bio: str


def register_streamer(*, user: User, name: str, now: datetime, bio: str = "") -> Streamer:
    """Make a person a streamer; everybody may become one. Raises AlreadyStreamer, StreamerNameTaken."""
    with action():
        streamer = Streamer(user=user, name=name, bio=bio, created_at=now)
        try:
            with transaction.atomic():
                streamer.save(force_insert=True)
        except IntegrityError as taken:
            there = Streamer.objects.filter(user=user).values_list("id", flat=True).first()
            if there is not None:
                raise AlreadyStreamer(data={"streamer": there}) from taken
            raise StreamerNameTaken(param="name") from taken
        outbox.append(
            "streamer.created",
            subject=streamer.id,
            payload={"streamer": streamer.id, "user": user.id, "name": name},
            now=now,
        )
        idempotency.remember(streamer)
    return streamer


def change_streamer(*, streamer_id: str, actor: User, now: datetime, **profile: Unpack[Profile]) -> Streamer:
    """Change a streamer's name or text about themselves. Raises NotFound, StreamerNameTaken."""
    with action():
        streamer = _streamer(streamer_id)
        for name, value in profile.items():
            setattr(streamer, name, value)
        try:
            with transaction.atomic():
                streamer.save(update_fields=[*profile])
        except IntegrityError as taken:
            raise StreamerNameTaken(param="name") from taken
        payload = {"streamer": streamer.id, "name": streamer.name, "actor": actor.id}
        outbox.append("streamer.updated", subject=streamer.id, payload=payload, now=now)
        idempotency.remember(streamer)
    return streamer


def create_agency(*, name: str, share_bp: int, actor: User, now: datetime) -> Agency:
    """Enter an agency and its share of commissions, in basis points. Raises AgencyNameTaken."""
    with action():
        agency = Agency(name=name, share_bp=share_bp, created_at=now)
        try:
            with transaction.atomic():
                agency.save(force_insert=True)
        except IntegrityError as taken:
            raise AgencyNameTaken(param="name") from taken
        _record_agency("agency.created", agency, actor=actor, now=now)
        idempotency.remember(agency)
    return agency


def change_agency_share(*, agency_id: str, share_bp: int, actor: User, now: datetime) -> Agency:
    """Change an agency's share for what is sold from now on; sold lines keep theirs. Raises NotFound."""
    with action():
        agency = _agency(agency_id)
        agency.share_bp = share_bp
        agency.save(update_fields=["share_bp"])
        _record_agency("agency.updated", agency, actor=actor, now=now)
        idempotency.remember(agency)
    return agency


def set_agency(*, streamer_id: str, agency_id: str | None, actor: User, now: datetime) -> Streamer:
    """Put a streamer under an agency, or none; it counts for what is sold from now on. Raises NotFound."""
    with action():
        streamer = _streamer(streamer_id)
        streamer.agency = _agency(agency_id) if agency_id else None
        streamer.save(update_fields=["agency"])
        payload = {"streamer": streamer.id, "agency": agency_id, "actor": actor.id}
        outbox.append("streamer.agency_changed", subject=streamer.id, payload=payload, now=now)
        idempotency.remember(streamer)
    return streamer


def add_moderator(*, streamer_id: str, user_id: str, actor: User, now: datetime) -> User:
    """Let a person moderate a streamer's rooms, and return the person; twice is the same as once.

    Raises NotFound (``user``).
    """
    with action():
        user = User.objects.filter(id=user_id, is_active=True).first()
        if user is None:
            raise NotFound("There is no such person.", param="user")
        _, is_new = Moderator.objects.get_or_create(streamer_id=streamer_id, user=user)
        if is_new:
            _record_moderator("moderator.added", streamer_id, user_id, actor=actor, now=now)
        idempotency.remember(user)
    return user


def remove_moderator(*, streamer_id: str, user_id: str, actor: User, now: datetime) -> None:
    """Take a person's right to moderate back. Raises NotFound when they have none."""
    with action():
        if not Moderator.objects.filter(streamer_id=streamer_id, user_id=user_id).delete()[0]:
            raise NotFound
        _record_moderator("moderator.removed", streamer_id, user_id, actor=actor, now=now)
        idempotency.remember(None)


def _streamer(streamer_id: str) -> Streamer:
    streamer = Streamer.objects.filter(id=streamer_id).first()
    if streamer is None:
        raise NotFound
    return streamer


def _agency(agency_id: str) -> Agency:
    agency = Agency.objects.filter(id=agency_id).first()
    if agency is None:
        raise NotFound("There is no such agency.", param="agency")
    return agency


def _record_agency(type_: str, agency: Agency, *, actor: User, now: datetime) -> None:
    payload = {"agency": agency.id, "name": agency.name, "share_bp": agency.share_bp, "actor": actor.id}
    outbox.append(type_, subject=agency.id, payload=payload, now=now)


def _record_moderator(type_: str, streamer_id: str, user_id: str, *, actor: User, now: datetime) -> None:
    payload = {"streamer": streamer_id, "user": user_id, "actor": actor.id}
    outbox.append(type_, subject=streamer_id, payload=payload, now=now)
