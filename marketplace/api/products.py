"""``/api/v1/products`` and their pictures."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from marketplace import pictures as files
from marketplace.actions import pictures, products
from marketplace.actions.errors import NotPublishable
from marketplace.api.inputs import Line, Upload
from marketplace.api.resources import ProductOut, ProductPictureOut
from marketplace.errors import LimitReached, TooLarge
from marketplace.models import Product, ProductPicture, User
from marketplace.models.tokens import Scope
from marketplace.queries import catalogue
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Body, Query
from marketplace.rest.views import ApiView

STATES = [*Product.State.values, catalogue.ANY_STATE]
EXPANDABLE = frozenset({"brand", "category", "variants"})


class ProductFilter(Query):
    """Which products."""

    q = fields.Text(
        max_length=100, required=False, default="", help_text="Words of the title or brand, or SKUs."
    )
    brand = fields.Id("brd", required=False)
    category = fields.Text(max_length=40, required=False, default="")
    state = fields.Choice(
        choices=STATES,
        required=False,
        default=Product.State.PUBLISHED,
        help_text="Other than published: only among the products of brands that you act for.",
    )


class NewProduct(Body):
    """A product to be made."""

    brand = fields.Id("brd")
    category = fields.Text(max_length=40, help_text="Slug of a category.")
    title = Line(max_length=120)
    description = fields.Text(max_length=8000, required=False, allow_blank=True)
    return_policy = fields.Choice(choices=Product.ReturnPolicy.values, required=False)
    perishable = fields.Boolean(required=False)


class ProductChanges(Body):
    """What of a product can be changed."""

    category = fields.Text(max_length=40, required=False, help_text="Slug of a category.")
    title = Line(max_length=120, required=False)
    description = fields.Text(max_length=8000, required=False, allow_blank=True)
    return_policy = fields.Choice(choices=Product.ReturnPolicy.values, required=False)
    perishable = fields.Boolean(required=False)


class NewPicture(Body):
    """A picture file and what it shows."""

    file = Upload(help_text="PNG, JPEG or WebP, at most 5 MB.")
    alt = Line(max_length=200, help_text="What the picture shows, for those who cannot see it.")


class PictureChanges(Body):
    """What of a picture can be changed."""

    alt = Line(max_length=200)


class PictureOrder(Body):
    """All pictures of a product in the order wanted."""

    pictures = fields.ListOf(child=fields.Id("pic"), max_length=pictures.MAX_PICTURES)


class Products(ApiView):
    """All products."""

    public_methods: ClassVar = {"GET"}
    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}
    expandable = EXPANDABLE

    @operation("List products", query=ProductFilter, returns=ProductOut, many=True)
    def get(self, request: Request) -> HttpResponse:
        """Published products, the newest first; or your own in any state, with all their variants."""
        wanted = self.query(request, ProductFilter)
        own = wanted["state"] != Product.State.PUBLISHED
        found = catalogue.find_products(request.user, **wanted)
        found = catalogue.loaded(found, expand=self.expand(request).paths, inactive=own)
        return self.page(request, found, ProductOut)

    @operation("Make a product", body=NewProduct, returns=ProductOut, status=201)
    def post(self, request: Request) -> HttpResponse:
        """It starts as a draft; add variants and publish it."""
        body, user = self.body(request, NewProduct), self.user(request)
        return self.perform(
            request,
            lambda: products.create_product(brand_id=body.pop("brand"), actor=user, now=self.now, **body),
            ProductOut,
            status=201,
        )


class OneProduct(ApiView):
    """One product."""

    public_methods: ClassVar = {"GET"}
    scopes: ClassVar = {"PATCH": Scope.CATALOGUE_WRITE}
    expandable = EXPANDABLE

    @operation("Show a product", returns=ProductOut)
    def get(self, request: Request, product_id: str) -> HttpResponse:
        """A published product, or any of a brand that you act for, then with all its variants."""
        return self.answer(
            request,
            catalogue.get_loaded_product_for(request.user, product_id, expand=self.expand(request).paths),
            ProductOut,
        )

    @operation("Change a product", body=ProductChanges, returns=ProductOut)
    def patch(self, request: Request, product_id: str) -> HttpResponse:
        """Changes the fields that are sent. Orders keep what they were sold under."""
        changes, user = self.body(request, ProductChanges), self.user(request)
        if "category" in changes:
            changes["category_id"] = changes.pop("category")
        return self.perform(
            request,
            lambda: products.update_product(product_id=product_id, actor=user, changes=changes, now=self.now),
            ProductOut,
        )


class Publication(ApiView):
    """A product's way into the catalogue."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}
    expandable = EXPANDABLE

    @operation("Publish a product", returns=ProductOut, errors=[NotPublishable])
    def post(self, request: Request, product_id: str) -> HttpResponse:
        """Shows it to everybody; it needs an active variant. One that is published already stays so."""
        user = self.user(request)
        return self.perform(
            request,
            lambda: products.publish_product(product_id=product_id, actor=user, now=self.now),
            ProductOut,
        )


class Archival(ApiView):
    """A product's way out of the catalogue."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}
    expandable = EXPANDABLE

    @operation("Archive a product", returns=ProductOut)
    def post(self, request: Request, product_id: str) -> HttpResponse:
        """Takes it out of the catalogue. Sessions that sell it go on until their host takes it off sale."""
        user = self.user(request)
        return self.perform(
            request,
            lambda: products.archive_product(product_id=product_id, actor=user, now=self.now),
            ProductOut,
        )


class Pictures(ApiView):
    """The pictures of a product."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}
    parser_classes = (MultiPartParser,)

    @operation(
        "Add a picture",
        body=NewPicture,
        returns=ProductPictureOut,
        status=201,
        errors=[files.BadPicture, LimitReached, TooLarge],
    )
    def post(self, request: Request, product_id: str) -> HttpResponse:
        """Takes multipart/form-data. What the file is follows from its first bytes, not from its name."""
        body, user = self.body(request, NewPicture), self.user(request)
        catalogue.get_own_product_for(user, product_id)
        return self.perform(request, lambda: self._add(product_id, body, user), ProductPictureOut, status=201)

    def _add(self, product_id: str, body: dict[str, Any], user: User) -> ProductPicture:
        with files.stored(body["file"]) as name:
            return pictures.add_picture(
                product_id=product_id, file=name, alt=body["alt"], actor=user, now=self.now
            )


class PictureSequence(ApiView):
    """The order of a product's pictures."""

    scopes: ClassVar = {"PUT": Scope.CATALOGUE_WRITE}

    @operation("Order a product's pictures", body=PictureOrder, returns=ProductOut)
    def put(self, request: Request, product_id: str) -> HttpResponse:
        """Takes the ids of all its pictures; the first becomes the cover."""
        body, user = self.body(request, PictureOrder), self.user(request)
        return self.perform(
            request,
            lambda: pictures.order_pictures(
                product_id=product_id, picture_ids=body["pictures"], actor=user, now=self.now
            ),
            ProductOut,
        )


class OnePicture(ApiView):
    """One picture."""

    scopes: ClassVar = {"PATCH": Scope.CATALOGUE_WRITE, "DELETE": Scope.CATALOGUE_WRITE}

    @operation("Describe a picture", body=PictureChanges, returns=ProductPictureOut)
    def patch(self, request: Request, picture_id: str) -> HttpResponse:
        """Changes what is said of the picture."""
        body, user = self.body(request, PictureChanges), self.user(request)
        return self.perform(
            request,
            lambda: pictures.describe_picture(
                picture_id=picture_id, alt=body["alt"], actor=user, now=self.now
            ),
            ProductPictureOut,
        )

    @operation("Delete a picture", status=204)
    def delete(self, request: Request, picture_id: str) -> HttpResponse:
        """Takes the picture off its product and removes the file."""
        files.discard(pictures.delete_picture(picture_id=picture_id, actor=self.user(request), now=self.now))
        return HttpResponse(status=204)
