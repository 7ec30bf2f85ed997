"""``/api/v1/variants`` and their stock."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.actions import stock, variants
from marketplace.actions.errors import SkuTaken
from marketplace.api.inputs import Line
from marketplace.api.resources import MovementOut, StockOut, VariantOut
from marketplace.catalogue_csv import MAX_WEIGHT
from marketplace.errors import LimitReached, StockConflict
from marketplace.models.tokens import Scope
from marketplace.queries import catalogue
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Body
from marketplace.rest.views import ApiView, Idempotency
from marketplace.stock import MAX_UNITS


class NewVariant(Body):
    """A variant to be made."""

    sku = Line(max_length=64, help_text="Once per brand.")
    title = Line(max_length=120, required=False, allow_blank=True, help_text="What sets it apart.")
    price = fields.MoneyField(min_amount=1, help_text="List price.")
    weight_grams = fields.Integer(min_value=0, max_value=MAX_WEIGHT, required=False)
    on_hand = fields.Integer(
        min_value=0, max_value=MAX_UNITS, required=False, help_text="Units on the shelf to begin with."
    )


class VariantChanges(Body):
    """What of a variant can be changed."""

    sku = Line(max_length=64, required=False)
    title = Line(max_length=120, required=False, allow_blank=True)
    price = fields.MoneyField(min_amount=1, required=False)
    weight_grams = fields.Integer(min_value=0, max_value=MAX_WEIGHT, required=False)


class Restock(Body):
    """Units that came in."""

    quantity = fields.Integer(min_value=1, max_value=MAX_UNITS)
    note = Line(max_length=80, help_text="Where they came from; stands in the movements.")


class Count(Body):
    """What was found on the shelf."""

    on_hand = fields.Integer(
        min_value=0, max_value=MAX_UNITS, help_text="Units counted, those held for orders included."
    )
    note = Line(max_length=80, help_text="Why they were counted; stands in the movements.")


class ProductVariants(ApiView):
    """The variants of a product."""

    public_methods: ClassVar = {"GET"}
    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}

    @operation("List a product's variants", returns=VariantOut, many=True)
    def get(self, request: Request, product_id: str) -> HttpResponse:
        """Those that are offered; all of them to who acts for the brand."""
        return self.page(request, catalogue.variants_for(request.user, product_id), VariantOut, order="id")

    @operation(
        "Add a variant", body=NewVariant, returns=VariantOut, status=201, errors=[SkuTaken, LimitReached]
    )
    def post(self, request: Request, product_id: str) -> HttpResponse:
        """Adds a variant, with its units on the shelf."""
        body, user = self.body(request, NewVariant), self.user(request)
        return self.perform(
            request,
            lambda: variants.create_variant(product_id=product_id, actor=user, now=self.now, **body),
            VariantOut,
            status=201,
        )


class OneVariant(ApiView):
    """One variant."""

    public_methods: ClassVar = {"GET"}
    scopes: ClassVar = {"PATCH": Scope.CATALOGUE_WRITE}

    @operation("Show a variant", returns=VariantOut)
    def get(self, request: Request, variant_id: str) -> HttpResponse:
        """A variant that is offered, or any of a brand that you act for."""
        return self.answer(request, catalogue.get_variant_for(request.user, variant_id), VariantOut)

    @operation("Change a variant", body=VariantChanges, returns=VariantOut, errors=[SkuTaken])
    def patch(self, request: Request, variant_id: str) -> HttpResponse:
        """Changes the fields that are sent. Prices of sessions are their own and stay."""
        changes, user = self.body(request, VariantChanges), self.user(request)
        return self.perform(
            request,
            lambda: variants.update_variant(variant_id=variant_id, actor=user, changes=changes, now=self.now),
            VariantOut,
        )


class Activation(ApiView):
    """A variant's way into the offer."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}

    @operation("Activate a variant", returns=VariantOut)
    def post(self, request: Request, variant_id: str) -> HttpResponse:
        """Offers it again."""
        user = self.user(request)
        return self.perform(
            request,
            lambda: variants.activate_variant(variant_id=variant_id, actor=user, now=self.now),
            VariantOut,
        )


class Deactivation(ApiView):
    """A variant's way out of the offer."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}

    @operation("Deactivate a variant", returns=VariantOut)
    def post(self, request: Request, variant_id: str) -> HttpResponse:
        """Offers it no longer. Sessions that sell it go on until their host takes it off sale."""
        user = self.user(request)
        return self.perform(
            request,
            lambda: variants.deactivate_variant(variant_id=variant_id, actor=user, now=self.now),
            VariantOut,
        )


class Stock(ApiView):
    """The stock level of a variant."""

    @operation("Show a stock level", returns=StockOut)
    def get(self, request: Request, variant_id: str) -> HttpResponse:
        """For who acts for the brand."""
        return self.answer(request, catalogue.get_stock_for(request.user, variant_id), StockOut)


class Restocking(ApiView):
    """Units that come in."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}
    idempotency = Idempotency.REQUIRED

    @operation("Restock a variant", body=Restock, returns=StockOut)
    def post(self, request: Request, variant_id: str) -> HttpResponse:
        """Puts more units on the shelf; sessions that sell the variant show them at once."""
        body, user = self.body(request, Restock), self.user(request)
        return self.perform(
            request,
            lambda: stock.restock_variant(variant_id=variant_id, actor=user, now=self.now, **body),
            StockOut,
        )


class Counting(ApiView):
    """Units that were counted."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}
    idempotency = Idempotency.REQUIRED

    @operation("Correct a stock level", body=Count, returns=StockOut, errors=[StockConflict])
    def post(self, request: Request, variant_id: str) -> HttpResponse:
        """Sets the units on the shelf to what was counted; never below what is held for orders."""
        body, user = self.body(request, Count), self.user(request)
        return self.perform(
            request,
            lambda: stock.correct_stock(variant_id=variant_id, actor=user, now=self.now, **body),
            StockOut,
        )


class Movements(ApiView):
    """Everything that moved a stock level."""

    @operation("List stock movements", returns=MovementOut, many=True)
    def get(self, request: Request, variant_id: str) -> HttpResponse:
        """The newest first; for who acts for the brand. Nothing here is ever changed or removed."""
        return self.page(request, catalogue.movements_for(request.user, variant_id), MovementOut)
