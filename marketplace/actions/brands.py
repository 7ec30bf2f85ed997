"""Brands and who acts for them. Whoever makes a brand owns it; a brand always has an owner."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.text import slugify

from marketplace import idempotency, outbox
from marketplace.actions.errors import AlreadyMember, LastOwner, NameTaken, refusing_duplicates
from marketplace.errors import FieldError, Invalid, LimitReached, NotFound
from marketplace.lib.atomic import action
from marketplace.lib.ids import new_id
from marketplace.models import Brand, BrandMember, User
from marketplace.permissions import Role, is_platform_staff, require_owner

MAX_OWNED_BRANDS = 20
MAX_MEMBERS = 100
BRAND_FIELDS = frozenset({"name", "description", "country"})


def create_brand(
    *, actor: User, name: str, now: datetime, slug: str = "", description: str = "", country: str = ""
) -> Brand:
    """Make a brand that ``actor`` owns. Without a slug, one is made of the name.

    Raises:
        NameTaken: the name, or the slug, belongs to another brand.
        LimitReached: the person owns 20 brands already and is not platform staff.
    """
    brand = Brand(id=new_id("brd"), name=name, description=description, country=country, created_at=now)
    brand.slug = slug or slugify(name)[:60] or brand.id[-12:]
    with refusing_duplicates(NameTaken(param="name")), action():
        owned = BrandMember.objects.filter(user=actor, role=Role.OWNER).count()
        if owned >= MAX_OWNED_BRANDS and not is_platform_staff(actor):
            raise LimitReached("You own as many brands as one person may.", data={"limit": MAX_OWNED_BRANDS})
        _refuse_taken(brand)
        brand.save(force_insert=True)
        BrandMember.objects.create(brand=brand, user=actor, role=Role.OWNER)
        outbox.append("brand.created", subject=brand.id, payload=_payload(brand, actor), now=now)
        idempotency.remember(brand)
    return brand


def update_brand(*, brand_id: str, actor: User, changes: dict[str, Any], now: datetime) -> Brand:
    """Change a brand's name, description or country; the slug stays, since addresses hold it.

    Raises:
        NotFound, Forbidden: the person does not own the brand.
        NameTaken: the name belongs to another brand.
    """
    if not changes.keys() <= BRAND_FIELDS:
        raise ValueError(f"A brand has no changeable {sorted(changes.keys() - BRAND_FIELDS)}.")
    with refusing_duplicates(NameTaken(param="name")), action():
        require_owner(actor, brand_id)
        brand = Brand.objects.get(id=brand_id)
        changed = sorted(name for name, value in changes.items() if getattr(brand, name) != value)
        for name in changed:
            setattr(brand, name, changes[name])
        if changed:
            _refuse_taken(brand)
            brand.save(update_fields=changed)
            payload = {**_payload(brand, actor), "changed": changed}
            outbox.append("brand.updated", subject=brand.id, payload=payload, now=now)
        idempotency.remember(brand)
    return brand


def add_member(*, brand_id: str, username: str, role: str, actor: User, now: datetime) -> BrandMember:
    """Let a person act for the brand.

    Raises:
        NotFound, Forbidden: ``actor`` does not own the brand.
        Invalid: nobody active has this name.
        AlreadyMember: the person acts for the brand already.
        LimitReached: the brand has 100 members.
    """
    with refusing_duplicates(AlreadyMember(param="username")), action():
        brand = _lock(brand_id, actor)
        user = User.objects.filter(username=User.normalize_username(username), is_active=True).first()
        if user is None:
            detail = "There is nobody with this name."
            raise Invalid(detail, param="username", errors=[FieldError("username", "unknown", detail)])
        if BrandMember.objects.filter(brand=brand, user=user).exists():
            raise AlreadyMember(param="username")
        if BrandMember.objects.filter(brand=brand).count() >= MAX_MEMBERS:
            raise LimitReached("The brand has as many members as it may.", data={"limit": MAX_MEMBERS})
        member = BrandMember.objects.create(brand=brand, user=user, role=role)
        _tell("brand.member_added", member, actor, now)
        idempotency.remember(member)
    return member


def change_member(*, brand_id: str, user_id: str, role: str, actor: User, now: datetime) -> BrandMember:
    """Make a member an owner or staff.

    Raises:
        NotFound, Forbidden: ``actor`` does not own the brand, or the person does not act for it.
        LastOwner: nobody else owns the brand.
    """
    with action():
        brand = _lock(brand_id, actor)
        member = _member(brand, user_id)
        if member.role != role:
            _refuse_last_owner(member)
            member.role = role
            member.save(update_fields=["role"])
            _tell("brand.member_changed", member, actor, now)
        idempotency.remember(member)
    return member


def remove_member(*, brand_id: str, user_id: str, actor: User, now: datetime) -> None:
    """End a person's acting for the brand. Owners remove anybody, staff may leave.

    Raises:
        NotFound, Forbidden: ``actor`` may not, or the person does not act for the brand.
        LastOwner: nobody else owns the brand.
    """
    with action():
        brand = _lock(brand_id, actor, leaving=actor.id == user_id)
        member = _member(brand, user_id)
        _refuse_last_owner(member)
        BrandMember.objects.filter(id=member.id).delete()
        _tell("brand.member_removed", member, actor, now)
        idempotency.remember(None)


def _lock(brand_id: str, actor: User, *, leaving: bool = False) -> Brand:
    """Lock a brand's row, so that its members are counted by one at a time, and check the actor's right."""
    brands = Brand.objects.filter(id=brand_id)
    if connection.features.has_select_for_no_key_update:
        brands = brands.select_for_update(no_key=True)
    brand = brands.first()
    if brand is None:
        raise NotFound
    if not leaving:
        require_owner(actor, brand_id)
    return brand


def _member(brand: Brand, user_id: str) -> BrandMember:
    member = BrandMember.objects.filter(brand=brand, user_id=user_id).select_related("user").first()
    if member is None:
        raise NotFound
    return member


def _refuse_last_owner(member: BrandMember) -> None:
    owners = BrandMember.objects.filter(brand=member.brand_id, role=Role.OWNER).exclude(id=member.id)
    if member.role == Role.OWNER and not owners.exists():
        raise LastOwner


def _refuse_taken(brand: Brand) -> None:
    others = Brand.objects.exclude(id=brand.id)
    if others.filter(name__iexact=brand.name).exists():
        raise NameTaken(param="name")
    if others.filter(slug=brand.slug).exists():
        raise NameTaken(param="slug")


def _payload(brand: Brand, actor: User) -> dict[str, Any]:
    return {"brand": brand.id, "name": brand.name, "slug": brand.slug, "by": actor.id}


def _tell(type_: str, member: BrandMember, actor: User, now: datetime) -> None:
    payload = {"brand": member.brand_id, "user": member.user_id, "role": member.role, "by": actor.id}
    outbox.append(type_, subject=member.brand_id, payload=payload, now=now)
