"""Admin of variants, stock levels and their movements."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse

from marketplace.actions import stock, variants
from marketplace.admin.base import LogAdmin, OwnAdmin, button, column, person_of
from marketplace.admin.products import CountForm, RestockForm, VariantForm, with_money
from marketplace.lib import clock
from marketplace.lib.money import exponent
from marketplace.models import StockLevel, StockMovement, User, Variant
from marketplace.permissions import acts_for_some_brand, brands_of


@admin.register(Variant)
class VariantAdmin(OwnAdmin):
    """What can be bought of one's brands, with its stock."""

    audience = staticmethod(acts_for_some_brand)
    group = "Catalogue"
    icon = "barcode"
    list_display = ("sku", "product", "title", "price", "on_hand", "held", "available", "active")
    list_filter = ("active", ("brand", admin.RelatedOnlyFieldListFilter))
    search_fields = ("sku", "product__title")
    ordering = ("-id",)
    fields = (
        ("id", "active"), ("product", "brand"), ("sku", "title"), ("price", "weight_grams"),
        ("on_hand", "held", "available"),
    )  # fmt: skip
    readonly_fields = ("price", "on_hand", "held", "available")
    actions_row = ("restock", "count")
    actions_detail: ClassVar[list[Any]] = ["restock", "count", "edit", "activate", "deactivate"]

    def own(self, person: User) -> QuerySet[Variant]:
        """Return the variants of the brands that a person acts for."""
        rows = Variant.objects.filter(brand__in=brands_of(person))
        return rows.select_related("product", "brand", "stock")

    @column("On hand", ordering="stock__on_hand")
    def on_hand(self, variant: Variant) -> int:
        """Return the units on the shelf."""
        return variant.stock.on_hand

    @column("Held", ordering="stock__held")
    def held(self, variant: Variant) -> int:
        """Return the units held for orders."""
        return variant.stock.held

    @column("Available", ordering="available")
    def available(self, variant: Variant) -> int:
        """Return the units that can still be sold."""
        return variant.stock.available

    @button("Restock", path="restock", icon="add_shopping_cart", primary=True)
    def restock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put more units on the shelf."""
        variant: Variant = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            level = stock.restock_variant(
                variant_id=variant.id, actor=person_of(request), now=clock.now(), **values
            )
            return f"Restocked: {level}."

        return self.ask(request, title="Restock", form=RestockForm, run=run, obj=variant, submit="Restock")

    @button("Count", path="count", icon="pin")
    def count(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Set the units on the shelf to what was counted."""
        variant: Variant = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            level = stock.correct_stock(
                variant_id=variant.id, actor=person_of(request), now=clock.now(), **values
            )
            return f"Counted: {level}."

        initial = {"on_hand": variant.stock.on_hand}
        return self.ask(request, title="Count stock", form=CountForm, run=run, obj=variant, initial=initial)

    @button("Change", path="edit", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change what the variant says of itself."""
        variant: Variant = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            variants.update_variant(
                variant_id=variant.id, actor=person_of(request), changes=with_money(values), now=clock.now()
            )
            return "The variant was changed; prices of sessions are their own and stay."

        digits = exponent(variant.currency)
        initial = {
            "sku": variant.sku,
            "title": variant.title,
            "price": f"{variant.list_price / 10**digits:.{digits}f}",
            "currency": variant.currency,
            "weight_grams": variant.weight_grams,
        }
        return self.ask(
            request, title="Change variant", form=VariantForm, run=run, obj=variant, initial=initial
        )

    @button("Activate", path="activate", icon="check_circle")
    def activate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Offer the variant again."""
        variant: Variant = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            variants.activate_variant(variant_id=variant.id, actor=person_of(request), now=clock.now())
            return "The variant is offered."

        return self.ask(request, title="Activate variant", run=run, obj=variant, submit="Activate")

    @button("Deactivate", path="deactivate", icon="block")
    def deactivate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Offer the variant no longer."""
        variant: Variant = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            variants.deactivate_variant(variant_id=variant.id, actor=person_of(request), now=clock.now())
            return "The variant is offered no longer."

        intro = "Sessions that sell it go on until their host takes it off sale."
        return self.ask(
            request,
            title="Deactivate variant",
            run=run,
            obj=variant,
            submit="Deactivate",
            danger=True,
            intro=intro,
        )


@admin.register(StockLevel)
class StockLevelAdmin(OwnAdmin):
    """Stock levels, to read; variants have the buttons."""

    audience = staticmethod(acts_for_some_brand)
    group = "Catalogue"
    icon = "warehouse"
    list_display = ("variant", "product", "on_hand", "held", "shown_available")
    search_fields = ("variant__sku", "variant__product__title")
    ordering = ("-id",)
    fields = ("id", "variant", ("on_hand", "held"))

    def own(self, person: User) -> QuerySet[StockLevel]:
        """Return the stock levels of the brands that a person acts for."""
        rows = StockLevel.objects.filter(variant__brand__in=brands_of(person))
        return rows.select_related("variant__product").annotate(free=F("on_hand") - F("held"))

    @column("Product", ordering="variant__product__title")
    def product(self, level: StockLevel) -> str:
        """Return the product's title."""
        return level.variant.product.title

    @column("Available", ordering="free")
    def shown_available(self, level: StockLevel) -> int:
        """Return the units that can still be sold."""
        return level.available


@admin.register(StockMovement)
class StockMovementAdmin(LogAdmin):
    """Everything that moved stock, to read."""

    audience = staticmethod(acts_for_some_brand)
    group = "Catalogue"
    icon = "swap_vert"
    list_display = ("at", "variant", "kind", "on_hand_delta", "held_delta", "reference")
    list_filter = ("kind",)
    search_fields = ("=level__variant__sku", "=reference")
    ordering = ("-id",)
    fields = ("id", "level", "kind", ("on_hand_delta", "held_delta"), "reference", "at")

    def own(self, person: User) -> QuerySet[StockMovement]:
        """Return the movements of the brands that a person acts for."""
        rows = StockMovement.objects.filter(level__variant__brand__in=brands_of(person))
        return rows.select_related("level__variant")

    @column("Variant", ordering="level__variant__sku")
    def variant(self, movement: StockMovement) -> str:
        """Return the SKU."""
        return movement.level.variant.sku
