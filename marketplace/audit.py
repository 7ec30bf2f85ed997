"""What must always hold in the catalogue and in stock, and what was found not to."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from marketplace.lib.findings import Finding
from marketplace.lib.prepared import prepared
from marketplace.models import Brand, StockLevel, Variant
from marketplace.permissions import Role


def findings(_now: datetime) -> list[Finding]:
    """Return every broken invariant of brands, variants and stock."""
    checks = (_moved, _held, _without_level, _other_brand, _without_owner)
    return [finding for check in checks for finding in check()]


def _moved() -> Iterator[Finding]:
    """The sum of a level's movements is the level."""
    for level in _levels_moved_otherwise():
        detail = f"{level}, but the movements sum to {level.moved} on hand, {level.kept} held."
        yield Finding("stock.not_sum_of_movements", level.variant_id, detail)


@prepared
def _levels_moved_otherwise() -> QuerySet[Any]:
    levels = StockLevel.objects.annotate(
        moved=Coalesce(Sum("movements__on_hand_delta"), 0), kept=Coalesce(Sum("movements__held_delta"), 0)
    )
    return levels.exclude(moved=F("on_hand"), kept=F("held")).order_by("id")


def _held() -> Iterator[Finding]:
    """Between nothing and everything on hand is held."""
    for level in _levels_out_of_range():
        yield Finding("stock.held_out_of_range", level.variant_id, f"{level}.")


@prepared
def _levels_out_of_range() -> QuerySet[StockLevel]:
    return StockLevel.objects.filter(Q(held__lt=0) | Q(held__gt=F("on_hand"))).order_by("id")


def _without_level() -> Iterator[Finding]:
    """Every variant has a stock level."""
    for variant in _variants_without_level():
        yield Finding("stock.no_level", variant.id, f"Variant {variant.sku} has no stock level.")


@prepared
def _variants_without_level() -> QuerySet[Variant]:
    return Variant.objects.filter(stock=None).order_by("id")


def _other_brand() -> Iterator[Finding]:
    """A variant belongs to the brand of its product."""
    for variant in _variants_of_other_brands():
        detail = f"Variant {variant.sku} is of {variant.brand_id}, its product is not."
        yield Finding("catalogue.variant_of_other_brand", variant.id, detail)


@prepared
def _variants_of_other_brands() -> QuerySet[Variant]:
    return Variant.objects.exclude(brand_id=F("product__brand_id")).order_by("id")


def _without_owner() -> Iterator[Finding]:
    """Every brand has an owner."""
    for brand in _brands_without_owner():
        yield Finding("catalogue.brand_without_owner", brand.id, f"Nobody owns {brand.name}.")


@prepared
def _brands_without_owner() -> QuerySet[Brand]:
    owned = Brand.objects.filter(members__role=Role.OWNER).values("id")
    return Brand.objects.exclude(id__in=owned).order_by("id")
