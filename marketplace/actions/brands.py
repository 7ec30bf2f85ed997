"""Brands and who acts for them. Whoever makes a brand owns it; a brand always has an owner."""

from datetime import datetime
from typing import Any

from django.utils.text import slugify

from marketplace import idempotency, outbox
from marketplace.actions.errors import NameTaken, refusing_duplicates
from marketplace.actions.memberships import Memberships
from marketplace.errors import LimitReached
from marketplace.lib.atomic import action
from marketplace.lib.ids import new_id
from marketplace.models import Brand, BrandMember, User
from marketplace.permissions import Role, is_platform_staff, require_owner

MAX_OWNED_BRANDS = 20
BRAND_FIELDS = frozenset({"name", "description", "country"})

#: Who acts for a brand: ``add``, ``change``, ``remove``.
members = Memberships("brand", Brand.objects, BrandMember.objects, require_owner)


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


def _refuse_taken(brand: Brand) -> None:
    others = Brand.objects.exclude(id=brand.id)
    if others.filter(name__iexact=brand.name).exists():
        raise NameTaken(param="name")
    if others.filter(slug=brand.slug).exists():
        raise NameTaken(param="slug")


def _payload(brand: Brand, actor: User) -> dict[str, Any]:
    return {"brand": brand.id, "name": brand.name, "slug": brand.slug, "by": actor.id}
