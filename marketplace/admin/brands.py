"""Admin of brands, their members and files, and of categories."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from marketplace.actions import brands, categories, products
from marketplace.actions.import_catalogue import import_catalogue
from marketplace.admin.base import OwnAdmin, OwnInline, button, column, percent, person_of
from marketplace.admin.forms import ActionForm, LineField, TextField
from marketplace.admin.members import MembersAdmin
from marketplace.admin.products import ProductForm, category_choices
from marketplace.catalogue_csv import write_rows
from marketplace.csv_response import csv_response
from marketplace.lib import clock
from marketplace.models import Brand, BrandMember, Category, User
from marketplace.permissions import acts_for_some_brand, brands_of
from marketplace.queries.export import variants_to_export

_SLUG = RegexValidator(r"\A[a-z0-9]+(-[a-z0-9]+)*\Z", "Lower-case letters and digits, with single hyphens.")


class BrandForm(ActionForm):
    """What a brand says of itself."""

    name = LineField(max_length=120)
    description = TextField(max_length=4000, required=False)
    country = forms.RegexField(r"\A[A-Z]{2}\Z", required=False, help_text="Two letters, such as CN.")


class NewBrandForm(BrandForm):
    """A brand to be made."""

    slug = forms.CharField(
        max_length=60, required=False, validators=[_SLUG], help_text="Made of the name when left empty."
    )


class FileForm(ActionForm):
    """A catalogue file."""

    file = forms.FileField(help_text="CSV in UTF-8, at most 16 MB and 10,000 lines.")
    dry_run = forms.BooleanField(required=False, label="Only check the file")


class CategoryForm(ActionForm):
    """What can be changed of a category."""

    name = LineField(max_length=80)
    fee_bp = forms.IntegerField(
        min_value=0, max_value=10_000, initial=500, label="Platform fee, basis points"
    )


class NewCategoryForm(CategoryForm):
    """A category to be made."""

    slug = forms.CharField(max_length=40, validators=[_SLUG])


class Members(OwnInline):
    """Who acts for the brand."""

    model = BrandMember
    fields = ("user", "role")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[BrandMember]:
        """Return the members with their names."""
        rows: QuerySet[BrandMember] = super().get_queryset(request)
        return rows.select_related("user", "brand").order_by("user__username")


@admin.register(Brand)
class BrandAdmin(MembersAdmin):
    """Brands: one's own, all of them for platform staff."""

    memberships = brands.members
    audience = staticmethod(acts_for_some_brand)
    group = "Catalogue"
    icon = "sell"
    list_display = ("name", "slug", "country", "members_count", "products_count", "created_at")
    search_fields = ("name", "slug")
    ordering = ("name",)
    fields = ("id", "name", "slug", "description", "country", "created_at")
    inlines = (Members,)
    actions_list = ("create",)
    actions_detail: ClassVar[list[Any]] = [
        "reports",
        "edit",
        "add_product",
        MembersAdmin.MEMBERS,
        {"title": "Files", "icon": "csv", "items": ["import_file", "export_file"]},
    ]

    def own(self, person: User) -> QuerySet[Brand]:
        """Return the brands that a person acts for."""
        return brands_of(person).annotate(
            of_members=Count("members", distinct=True), of_products=Count("products", distinct=True)
        )

    @column("Members", ordering="of_members")
    def members_count(self, brand: Any) -> int:
        """Return how many people act for the brand."""
        return int(brand.of_members)

    @column("Products", ordering="of_products")
    def products_count(self, brand: Any) -> int:
        """Return how many products the brand has."""
        return int(brand.of_products)

    @button("Sales and reports", path="reports", icon="bar_chart")
    def reports(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go where the brand's sales, return rates and shows stand."""
        brand: Brand = self.one(request, object_id)
        return HttpResponseRedirect(f"{reverse('console:reports')}?brand={brand.id}")

    @button("New brand", path="new", icon="add", primary=True)
    def create(self, request: HttpRequest) -> HttpResponse:
        """Make a brand that the person owns."""

        def run(values: dict[str, Any]) -> str:
            return f"{brands.create_brand(actor=person_of(request), now=clock.now(), **values)} was made."

        return self.ask(request, title="New brand", form=NewBrandForm, run=run, submit="Make")

    @button("Change", path="edit", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change what the brand says of itself."""
        brand: Brand = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            brands.update_brand(brand_id=brand.id, actor=person_of(request), changes=values, now=clock.now())
            return "The brand was changed."

        initial = {"name": brand.name, "description": brand.description, "country": brand.country}
        return self.ask(request, title="Change brand", form=BrandForm, run=run, obj=brand, initial=initial)

    @button("New product", path="new-product", icon="add")
    def add_product(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a draft of a product."""
        brand: Brand = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            made = products.create_product(
                brand_id=brand.id, actor=person_of(request), now=clock.now(), **values
            )
            return f"{made} was made; find it among the products."

        return self.ask(
            request,
            title="New product",
            form=ProductForm,
            run=run,
            obj=brand,
            choices={"category": category_choices()},
            submit="Make",
        )

    @button("Import CSV", path="import", icon="upload")
    def import_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Read products, variants and stock from a file."""
        brand: Brand = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            done = import_catalogue(
                brand_id=brand.id,
                file=values["file"].file,
                dry_run=values["dry_run"],
                actor=person_of(request),
                now=clock.now(),
            )
            return (
                f"{'Would be imported' if done.dry_run else 'Imported'}: {done.rows} lines; products: "
                f"{done.products_created} new, {done.products_updated} changed; variants: "
                f"{done.variants_created} new, {done.variants_updated} changed; "
                f"stock levels changed: {done.stock_changed}."
            )

        intro = "All of the file is imported, or nothing. The same file again changes nothing."
        return self.ask(
            request, title="Import CSV", form=FileForm, run=run, obj=brand, submit="Import", intro=intro
        )

    @button("Export CSV", path="export", icon="download")
    def export_file(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Write every variant of the brand and its stock to a file."""
        brand: Brand = self.one(request, object_id)
        return csv_response(request, write_rows(variants_to_export(brand.id)), filename=f"{brand.slug}.csv")


@admin.register(Category)
class CategoryAdmin(OwnAdmin):
    """The shelves of the catalogue, for platform staff."""

    group = "Catalogue"
    icon = "category"
    list_display = ("slug", "name", "fee")
    search_fields = ("slug", "name")
    fields = ("slug", "name", "fee")
    readonly_fields = ("fee",)
    fee = percent("fee_bp", "Platform fee")
    actions_list = ("create",)
    actions_detail = ("edit",)

    def own(self, _person: User) -> QuerySet[Category]:
        """Return all categories."""
        return Category.objects.all()

    @button("New category", path="new", icon="add", primary=True)
    def create(self, request: HttpRequest) -> HttpResponse:
        """Make a category."""

        def run(values: dict[str, Any]) -> str:
            return (
                f"{categories.create_category(actor=person_of(request), now=clock.now(), **values)} was made."
            )

        return self.ask(request, title="New category", form=NewCategoryForm, run=run, submit="Make")

    @button("Change", path="edit", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change the category's name or fee."""
        category: Category = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            categories.update_category(
                slug=category.slug, actor=person_of(request), changes=values, now=clock.now()
            )
            return "The category was changed; orders keep the fee they were sold under."

        initial = {"name": category.name, "fee_bp": category.fee_bp}
        return self.ask(
            request, title="Change category", form=CategoryForm, run=run, obj=category, initial=initial
        )
