"""Products: draft -> published <-> archived. What an order bought stays what it was; it holds copies."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marketplace import idempotency, outbox
from marketplace.actions.errors import NotPublishable
from marketplace.errors import FieldError, Invalid
from marketplace.lib.atomic import action
from marketplace.models import Category, Product, User
from marketplace.permissions import require_member
from marketplace.queries.catalogue import get_own_product_for

State = Product.State

#: To which state a product may be brought from which.
MOVES: Mapping[str, frozenset[str]] = {
    State.PUBLISHED: frozenset({State.DRAFT, State.ARCHIVED}),
    State.ARCHIVED: frozenset({State.DRAFT, State.PUBLISHED}),
}
PRODUCT_FIELDS = frozenset({"category_id", "title", "description", "return_policy", "perishable"})


def create_product(
    *,
    brand_id: str,
    category: str,
    title: str,
    actor: User,
    now: datetime,
    description: str = "",
    return_policy: str = Product.ReturnPolicy.STANDARD,
    perishable: bool = False,
) -> Product:
    """Make a draft of a product.

    Raises:
        NotFound: the person does not act for the brand.
        Invalid: there is no such category.
    """
    with action():
        require_member(actor, brand_id)
        _require_category(category)
        product = Product.objects.create(
            brand_id=brand_id,
            category_id=category,
            title=title,
            description=description,
            return_policy=return_policy,
            perishable=perishable,
            created_at=now,
            updated_at=now,
        )
        outbox.append("product.created", subject=product.id, payload=payload_of(product, actor), now=now)
        idempotency.remember(product)
    return product


def update_product(*, product_id: str, actor: User, changes: dict[str, Any], now: datetime) -> Product:
    """Change what a product says of itself; ``changes`` holds fields of PRODUCT_FIELDS.

    Raises:
        NotFound: the person does not act for the product's brand.
        Invalid: there is no such category.
    """
    if not changes.keys() <= PRODUCT_FIELDS:
        raise ValueError(f"A product has no changeable {sorted(changes.keys() - PRODUCT_FIELDS)}.")
    with action():
        product = get_own_product_for(actor, product_id)
        changed = sorted(name for name, value in changes.items() if getattr(product, name) != value)
        if "category_id" in changed:
            _require_category(changes["category_id"])
        for name in changed:
            setattr(product, name, changes[name])
        if changed:
            product.updated_at = now
            product.save(update_fields=[*changed, "updated_at"])
            payload = {**payload_of(product, actor), "changed": changed}
            outbox.append("product.updated", subject=product.id, payload=payload, now=now)
        idempotency.remember(product)
    return product


def publish_product(*, product_id: str, actor: User, now: datetime) -> Product:
    """Show a product to everybody; one that is published already stays as it is.

    Raises:
        NotFound: the person does not act for the product's brand.
        NotPublishable: it has no active variant.
    """
    with action():
        product = get_own_product_for(actor, product_id)
        if not product.variants.filter(active=True).exists():
            raise NotPublishable
        _bring(product, State.PUBLISHED, actor, now)
        idempotency.remember(product)
    return product


def archive_product(*, product_id: str, actor: User, now: datetime) -> Product:
    """Take a product out of the catalogue; one that is archived already stays as it is.

    A session that has it in its line-up goes on selling it until its host takes the slot off sale.

    Raises:
        NotFound: the person does not act for the product's brand.
    """
    with action():
        product = get_own_product_for(actor, product_id)
        _bring(product, State.ARCHIVED, actor, now)
        idempotency.remember(product)
    return product


def payload_of(product: Product, actor: User) -> dict[str, Any]:
    """Return what facts say of a product."""
    return {
        "product": product.id,
        "brand": product.brand_id,
        "title": product.title,
        "state": product.state,
        "by": actor.id,
    }


def _bring(product: Product, state: str, actor: User, now: datetime) -> None:
    rows = Product.objects.filter(id=product.id, state__in=MOVES[state])
    if rows.update(state=state, updated_at=now):
        product.state, product.updated_at = state, now
        outbox.append(f"product.{state}", subject=product.id, payload=payload_of(product, actor), now=now)


def _require_category(slug: str) -> None:
    if not Category.objects.filter(slug=slug).exists():
        detail = "There is no such category."
        raise Invalid(detail, param="category", errors=[FieldError("category", "unknown", detail)])
