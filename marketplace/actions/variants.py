"""Variants: what can be bought of a product. Each has a stock level from its first moment."""

from datetime import datetime
from typing import Any

from marketplace import idempotency, outbox, stock
from marketplace.actions.errors import SkuTaken, refusing_duplicates
from marketplace.errors import LimitReached
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from marketplace.models import User, Variant
from marketplace.queries.catalogue import get_own_product_for, get_own_variant_for

MAX_VARIANTS = 200
VARIANT_FIELDS = frozenset({"sku", "title", "price", "weight_grams"})


def create_variant(
    *,
    product_id: str,
    sku: str,
    price: Money,
    actor: User,
    now: datetime,
    title: str = "",
    weight_grams: int = 0,
    on_hand: int = 0,
) -> Variant:
    """Add a variant to a product, with ``on_hand`` units on the shelf.

    Raises:
        NotFound: the person does not act for the product's brand.
        SkuTaken: the brand uses the SKU already.
        LimitReached: the product has 200 variants.
    """
    taken = SkuTaken(param="sku", data={"sku": sku})
    with refusing_duplicates(taken), action():
        product = get_own_product_for(actor, product_id)
        if product.variants.count() >= MAX_VARIANTS:
            raise LimitReached("The product has as many variants as it may.", data={"limit": MAX_VARIANTS})
        variant = Variant(product=product, brand_id=product.brand_id, sku=sku, title=title)
        variant.list_price, variant.currency = price.amount, price.currency
        variant.weight_grams = weight_grams
        _refuse_taken(variant)
        variant.save(force_insert=True)
        stock.open_levels({variant.id: on_hand}, reference="opening stock", now=now)
        payload = {**payload_of(variant, actor), "on_hand": on_hand}
        outbox.append("variant.created", subject=variant.id, payload=payload, now=now)
        idempotency.remember(variant)
    return variant


def update_variant(*, variant_id: str, actor: User, changes: dict[str, Any], now: datetime) -> Variant:
    """Change a variant; ``changes`` holds fields of VARIANT_FIELDS, the price as Money.

    Prices of a session's line-up are its own and do not follow.

    Raises:
        NotFound: the person does not act for the variant's brand.
        SkuTaken: the brand uses the SKU already.
    """
    if not changes.keys() <= VARIANT_FIELDS:
        raise ValueError(f"A variant has no changeable {sorted(changes.keys() - VARIANT_FIELDS)}.")
    taken = SkuTaken(param="sku", data={"sku": changes.get("sku", "")})
    with refusing_duplicates(taken), action():
        variant = get_own_variant_for(actor, variant_id)
        changed = sorted(name for name, value in changes.items() if getattr(variant, name) != value)
        if changed:
            columns = _columns({name: changes[name] for name in changed})
            for name, value in columns.items():
                setattr(variant, name, value)
            _refuse_taken(variant)
            variant.save(update_fields=columns.keys())
            payload = {**payload_of(variant, actor), "changed": changed}
            outbox.append("variant.updated", subject=variant.id, payload=payload, now=now)
        idempotency.remember(variant)
    return variant


def activate_variant(*, variant_id: str, actor: User, now: datetime) -> Variant:
    """Offer a variant again. Raises NotFound when the person does not act for its brand."""
    return _set_active(variant_id, True, actor=actor, now=now)


def deactivate_variant(*, variant_id: str, actor: User, now: datetime) -> Variant:
    """Offer a variant no longer. Raises NotFound when the person does not act for its brand."""
    return _set_active(variant_id, False, actor=actor, now=now)


def payload_of(variant: Variant, actor: User) -> dict[str, Any]:
    """Return what facts say of a variant."""
    return {
        "variant": variant.id,
        "product": variant.product_id,
        "brand": variant.brand_id,
        "sku": variant.sku,
        "price": variant.price.to_wire(),
        "active": variant.active,
        "by": actor.id,
    }


def _set_active(variant_id: str, active: bool, *, actor: User, now: datetime) -> Variant:
    with action():
        variant = get_own_variant_for(actor, variant_id)
        if Variant.objects.filter(id=variant.id, active=not active).update(active=active):
            variant.active = active
            type_ = "variant.activated" if active else "variant.deactivated"
            outbox.append(type_, subject=variant.id, payload=payload_of(variant, actor), now=now)
        idempotency.remember(variant)
    return variant


def _columns(changes: dict[str, Any]) -> dict[str, Any]:
    """Return changes by column: a price is two of them."""
    columns = dict(changes)
    price = columns.pop("price", None)
    if price is not None:
        columns |= {"list_price": price.amount, "currency": price.currency}
    return columns


def _refuse_taken(variant: Variant) -> None:
    others = Variant.objects.filter(brand_id=variant.brand_id, sku=variant.sku).exclude(id=variant.id)
    if others.exists():
        raise SkuTaken(param="sku", data={"sku": variant.sku})
