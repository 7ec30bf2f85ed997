"""Admin of products, their variants, pictures and stock."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from marketplace import pictures as files
from marketplace.actions import pictures, products, stock, variants
from marketplace.admin.base import OwnAdmin, OwnInline, button, column, person_of
from marketplace.admin.forms import ActionForm, LineField, TextField
from marketplace.catalogue_csv import MAX_WEIGHT, BadCell, to_money
from marketplace.errors import DomainError, Invalid
from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import Category, Product, ProductPicture, User, Variant
from marketplace.permissions import acts_for_some_brand, brands_of
from marketplace.stock import MAX_UNITS

STATE_COLOURS = {
    Product.State.DRAFT.label: "info",
    Product.State.PUBLISHED.label: "success",
    Product.State.ARCHIVED.label: "warning",
}


class ProductForm(ActionForm):
    """What a product says of itself."""

    title = LineField(max_length=120)
    category = forms.ChoiceField()
    description = TextField(max_length=8000, required=False)
    return_policy = forms.ChoiceField(choices=Product.ReturnPolicy.choices)
    perishable = forms.BooleanField(required=False)


class VariantForm(ActionForm):
    """What a variant says of itself."""

    sku = LineField(max_length=64, label="SKU")
    title = LineField(max_length=120, required=False, help_text="What sets it apart: 500 g; red, M.")
    price = forms.DecimalField(min_value=0, max_digits=16, decimal_places=3, help_text="Such as 39.90.")
    currency = forms.RegexField(r"\A[A-Z]{3}\Z", initial="CNY", help_text="ISO 4217.")
    weight_grams = forms.IntegerField(min_value=0, max_value=MAX_WEIGHT, initial=0)


class NewVariantForm(VariantForm):
    """A variant to be made, with its units."""

    on_hand = forms.IntegerField(min_value=0, max_value=MAX_UNITS, initial=0, label="Units on the shelf")


class RestockForm(ActionForm):
    """Units that came in."""

    quantity = forms.IntegerField(min_value=1, max_value=MAX_UNITS)
    note = LineField(max_length=80, help_text="Where they came from; stands in the movements.")


class ProductRestockForm(RestockForm):
    """Units of one of a product's variants that came in."""

    variant = forms.ChoiceField()
    field_order = ("variant", "quantity", "note")


class CountForm(ActionForm):
    """What was found on the shelf."""

    on_hand = forms.IntegerField(
        min_value=0, max_value=MAX_UNITS, help_text="Units counted, those held for orders included."
    )
    note = LineField(max_length=80, help_text="Why they were counted; stands in the movements.")


class PictureForm(ActionForm):
    """A picture and what it shows."""

    file = forms.FileField(help_text="PNG, JPEG or WebP, at most 5 MB.")
    alt = LineField(max_length=200, label="What it shows", help_text="For those who cannot see it.")


class OnePictureForm(ActionForm):
    """One of a product's pictures."""

    picture = forms.ChoiceField()


class Variants(OwnInline):
    """What can be bought of the product."""

    model = Variant
    fields = ("sku", "title", "price", "weight_grams", "active", "on_hand", "held")
    readonly_fields = fields
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """Return the variants with their stock."""
        rows: QuerySet[Variant] = super().get_queryset(request)
        return rows.select_related("stock")

    @column("On hand")
    def on_hand(self, variant: Variant) -> int:
        """Return the units on the shelf."""
        return variant.stock.on_hand

    @column("Held")
    def held(self, variant: Variant) -> int:
        """Return the units held for orders."""
        return variant.stock.held


class Pictures(OwnInline):
    """The product's pictures, the cover first."""

    model = ProductPicture
    fields = ("shown", "alt")
    readonly_fields = fields

    @column("Picture")
    def shown(self, picture: ProductPicture) -> SafeString:
        """Return the picture, small."""
        return format_html('<img src="{}" alt="{}" style="max-height: 4rem">', picture.file.url, picture.alt)


@admin.register(Product)
class ProductAdmin(OwnAdmin):
    """Products of one's brands, all of them for platform staff."""

    audience = staticmethod(acts_for_some_brand)
    group = "Catalogue"
    icon = "inventory_2"
    list_display = ("title", "brand", "category", "shown_state", "variants_count", "updated_at")
    list_filter = ("state", "category", ("brand", admin.RelatedOnlyFieldListFilter))
    search_fields = ("title", "=variants__sku")
    ordering = ("-id",)
    fields = (
        ("id", "state"), ("brand", "category"), "title", "description", ("return_policy", "perishable"),
        ("created_at", "updated_at"),
    )  # fmt: skip
    inlines = (Variants, Pictures)
    actions = ("publish_selected", "archive_selected")
    actions_detail: ClassVar[list[Any]] = [
        "publish",
        "archive",
        "edit",
        "restock",
        "add_variant",
        {"title": "Pictures", "icon": "image", "items": ["add_picture", "cover_picture", "delete_picture"]},
    ]

    def own(self, person: User) -> QuerySet[Product]:
        """Return the products of the brands that a person acts for."""
        rows = Product.objects.filter(brand__in=brands_of(person)).select_related("brand", "category")
        return rows.annotate(of_variants=Count("variants", distinct=True))

    @column("State", ordering="state", label=STATE_COLOURS)
    def shown_state(self, product: Product) -> str:
        """Return where the product stands."""
        return product.get_state_display()

    @column("Variants", ordering="of_variants")
    def variants_count(self, product: Any) -> int:
        """Return how many variants the product has."""
        return int(product.of_variants)

    @admin.action(description="Publish")
    def publish_selected(self, request: HttpRequest, rows: QuerySet[Product]) -> None:
        """Publish each of the products chosen."""
        self._each(request, rows, products.publish_product, "published")

    @admin.action(description="Archive")
    def archive_selected(self, request: HttpRequest, rows: QuerySet[Product]) -> None:
        """Archive each of the products chosen."""
        self._each(request, rows, products.archive_product, "archived")

    def _each(
        self, request: HttpRequest, rows: QuerySet[Product], run: Callable[..., Product], done: str
    ) -> None:
        count = 0
        for product in rows:
            try:
                run(product_id=product.id, actor=person_of(request), now=clock.now())
            except DomainError as refusal:
                messages.error(request, f"{product}: {refusal.message}")
            else:
                count += 1
        messages.info(request, f"{count} products {done}.")

    @button("Publish", path="publish", icon="visibility", primary=True)
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the product to everybody."""
        product: Product = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            products.publish_product(product_id=product.id, actor=person_of(request), now=clock.now())
            return "The product is published."

        intro = "Everybody will see it, and streamers can put it in their line-ups."
        return self.ask(request, title="Publish product", run=run, obj=product, submit="Publish", intro=intro)

    @button("Archive", path="archive", icon="archive")
    def archive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the product out of the catalogue."""
        product: Product = self.one(request, object_id)

        def run(_values: dict[str, Any]) -> str:
            products.archive_product(product_id=product.id, actor=person_of(request), now=clock.now())
            return "The product is archived."

        intro = "Sessions that sell it go on until their host takes it off sale."
        return self.ask(
            request, title="Archive product", run=run, obj=product, submit="Archive", danger=True, intro=intro
        )

    @button("Change", path="edit", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change what the product says of itself."""
        product: Product = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            changes = {**values, "category_id": values["category"]}
            del changes["category"]
            products.update_product(
                product_id=product.id, actor=person_of(request), changes=changes, now=clock.now()
            )
            return "The product was changed; orders keep what they were sold under."

        initial = {name: getattr(product, name) for name in products.PRODUCT_FIELDS}
        return self.ask(
            request,
            title="Change product",
            form=ProductForm,
            run=run,
            obj=product,
            initial={**initial, "category": product.category_id},
            choices={"category": category_choices()},
        )

    @button("Restock", path="restock", icon="add_shopping_cart")
    def restock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put more units of one of the variants on the shelf."""
        product: Product = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            level = stock.restock_variant(
                variant_id=values["variant"],
                quantity=values["quantity"],
                note=values["note"],
                actor=person_of(request),
                now=clock.now(),
            )
            return f"Restocked: {level}."

        choices = [(variant.id, f"{variant} {variant.title}") for variant in product.variants.order_by("id")]
        return self.ask(
            request,
            title="Restock",
            form=ProductRestockForm,
            run=run,
            obj=product,
            choices={"variant": choices},
            submit="Restock",
        )

    @button("New variant", path="new-variant", icon="add")
    def add_variant(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Add a variant with its units."""
        product: Product = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            made = variants.create_variant(
                product_id=product.id, actor=person_of(request), now=clock.now(), **with_money(values)
            )
            return f"{made} was added."

        return self.ask(request, title="New variant", form=NewVariantForm, run=run, obj=product, submit="Add")

    @button("Add", path="add-picture", icon="add_photo_alternate")
    def add_picture(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Add a picture to the product."""
        product: Product = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            with files.stored(values["file"]) as name:
                pictures.add_picture(
                    product_id=product.id,
                    file=name,
                    alt=values["alt"],
                    actor=person_of(request),
                    now=clock.now(),
                )
            return "The picture was added."

        return self.ask(request, title="Add picture", form=PictureForm, run=run, obj=product, submit="Add")

    @button("Make cover", path="cover", icon="star")
    def cover_picture(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put one of the pictures first."""
        product: Product = self.one(request, object_id)
        ids = list(product.pictures.values_list("id", flat=True))

        def run(values: dict[str, Any]) -> str:
            chosen = values["picture"]
            pictures.order_pictures(
                product_id=product.id,
                picture_ids=[chosen, *(id_ for id_ in ids if id_ != chosen)],
                actor=person_of(request),
                now=clock.now(),
            )
            return "The picture is the cover now."

        return self.ask(
            request, title="Make cover", form=OnePictureForm, run=run, obj=product, choices=_pictures(product)
        )

    @button("Delete", path="delete-picture", icon="delete", danger=True)
    def delete_picture(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take one of the pictures off the product."""
        product: Product = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            name = pictures.delete_picture(
                picture_id=values["picture"], actor=person_of(request), now=clock.now()
            )
            files.discard(name)
            return "The picture was deleted."

        return self.ask(
            request,
            title="Delete picture",
            form=OnePictureForm,
            run=run,
            obj=product,
            choices=_pictures(product),
            submit="Delete",
            danger=True,
        )


def category_choices() -> list[tuple[str, str]]:
    """Return all categories for a form."""
    return [(category.slug, category.name) for category in Category.objects.order_by("name")]


def with_money(values: dict[str, Any]) -> dict[str, Any]:
    """Return a variant form's values with the price as Money; raises Invalid for too many digits."""
    values = dict(values)
    price, currency = values.pop("price"), values.pop("currency")
    return {**values, "price": _money(price, currency)}


def _money(price: Any, currency: str) -> Money:
    try:
        return to_money(price, currency)
    except BadCell as error:
        raise Invalid(str(error), param="price") from None


def _pictures(product: Product) -> dict[str, list[tuple[str, str]]]:
    return {"picture": [(picture.id, picture.alt) for picture in product.pictures.all()]}
