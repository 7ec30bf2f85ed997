"""The shelves of the catalogue, kept by platform staff."""

from datetime import datetime
from typing import Any

from marketplace import idempotency, outbox
from marketplace.actions.errors import NameTaken, refusing_duplicates
from marketplace.errors import NotFound
from marketplace.lib.atomic import action
from marketplace.models import Category, User
from marketplace.permissions import require_platform_staff

CATEGORY_FIELDS = frozenset({"name", "fee_bp"})


def create_category(*, slug: str, name: str, fee_bp: int, actor: User, now: datetime) -> Category:
    """Make a category; ``fee_bp`` is the platform's fee in basis points.

    Raises:
        Forbidden: the person is not platform staff.
        NameTaken: there is a category with this slug.
    """
    require_platform_staff(actor)
    taken = NameTaken(param="slug")
    with refusing_duplicates(taken), action():
        if Category.objects.filter(slug=slug).exists():
            raise taken
        category = Category.objects.create(slug=slug, name=name, fee_bp=fee_bp)
        outbox.append("category.created", subject=slug, payload=_payload(category, actor), now=now)
        idempotency.remember(category)
    return category


def update_category(*, slug: str, actor: User, changes: dict[str, Any], now: datetime) -> Category:
    """Change a category's name or fee; orders keep the fee they were sold under.

    Raises:
        Forbidden: the person is not platform staff.
        NotFound: there is no such category.
    """
    require_platform_staff(actor)
    if not changes.keys() <= CATEGORY_FIELDS:
        raise ValueError(f"A category has no changeable {sorted(changes.keys() - CATEGORY_FIELDS)}.")
    with action():
        category = Category.objects.filter(slug=slug).first()
        if category is None:
            raise NotFound
        changed = sorted(name for name, value in changes.items() if getattr(category, name) != value)
        for name in changed:
            setattr(category, name, changes[name])
        if changed:
            category.save(update_fields=changed)
            payload = {**_payload(category, actor), "changed": changed}
            outbox.append("category.updated", subject=slug, payload=payload, now=now)
        idempotency.remember(category)
    return category


def _payload(category: Category, actor: User) -> dict[str, Any]:
    return {"category": category.slug, "name": category.name, "fee_bp": category.fee_bp, "by": actor.id}
