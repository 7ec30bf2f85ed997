"""A small site of its own for the toolkit's tests: brands, and a view that fails."""

import threading
from typing import ClassVar

from django.db import OperationalError
from django.http import HttpResponse
from django.urls import include, path
from rest_framework.request import Request

from marketplace import idempotency
from marketplace.actions.brands import create_brand
from marketplace.errors import Conflict, NotFound
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from marketplace.models import Brand, BrandMember
from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.paths import register_ids
from marketplace.rest.serializers import Body, Query, Resource
from marketplace.rest.views import ApiView, Idempotency

register_ids("brd")


class TestConflict(Conflict):
    """The test asked for a refusal."""

    __test__ = False
    code = "test_conflict"
    message = "Refused, as asked."
    cure = "Do not ask for it."


class PersonOut(Resource):
    id = fields.Id("usr")
    name = fields.Text(source="username")


class MemberOut(Resource):
    user = fields.Expandable(PersonOut, "usr")
    role = fields.Text()


class BrandOut(Resource):
    object = fields.Object("brand")
    id = fields.Id("brd")
    name = fields.Text()
    members = fields.ExpandableList(MemberOut)
    created_at = fields.Timestamp()


class NewBrand(Body):
    name = fields.Text(max_length=20)
    country = fields.Text(max_length=2, required=False)


class BrandFilter(Query):
    country = fields.Text(max_length=2, required=False)
    order = fields.Choice(choices=["-id", "id", "name", "-name"], required=False)
    minimum = fields.Integer(min_value=0, max_value=10, required=False)
    empty = fields.Boolean(required=False)


class Brands(ApiView):
    public_methods: ClassVar = {"GET"}
    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}
    idempotency = Idempotency.REQUIRED
    expandable: ClassVar = {"members", "members.user"}

    @operation("List brands", query=BrandFilter, returns=BrandOut, many=True)
    def get(self, request: Request) -> HttpResponse:
        wanted = self.query(request, BrandFilter)
        brands = (
            Brand.objects.filter(country=wanted["country"]) if "country" in wanted else Brand.objects.all()
        )
        return self.page(request, brands, BrandOut, order=wanted.get("order", "-id"))

    @operation("Create a brand", body=NewBrand, returns=BrandOut, status=201)
    def post(self, request: Request) -> HttpResponse:
        body = self.body(request, NewBrand)
        return self.perform(
            request,
            lambda: create_brand(actor=self.user(request), now=self.now, **body),
            BrandOut,
            status=201,
        )


class BrandDetail(ApiView):
    public_methods: ClassVar = {"GET"}
    scopes: ClassVar = {"PATCH": None}
    expandable: ClassVar = {"members", "members.user"}

    @operation("Get a brand", returns=BrandOut)
    def get(self, request: Request, brand_id: str) -> HttpResponse:
        brand = Brand.objects.filter(id=brand_id).first()
        if brand is None:
            raise NotFound
        return self.answer(request, brand, BrandOut)

    @operation("Change nothing", returns=BrandOut)
    def patch(self, request: Request, brand_id: str) -> HttpResponse:
        return self.answer(request, Brand.objects.get(id=brand_id), BrandOut)

    @operation("Only in a browser", status=204)
    def delete(self, request: Request, brand_id: str) -> HttpResponse:
        return self.perform(request, lambda: None, None, status=204)


class Item(Body):
    quantity = fields.Integer(min_value=1, max_value=99)


class Everything(Body):
    text = fields.Text(max_length=5)
    number = fields.Integer(min_value=0, max_value=2**31 - 1)
    truth = fields.Boolean()
    choice = fields.Choice(choices=["red", "blue"])
    brand = fields.Id("brd")
    at = fields.Timestamp()
    price = fields.MoneyField(min_amount=1)
    facts = fields.Json()
    words = fields.ListOf(child=fields.Text(max_length=3), max_length=2)
    items = fields.ListOf(child=Item(), max_length=2)


class EverythingOut(Resource):
    at = fields.Timestamp()
    price = fields.MoneyField()


class Echo(ApiView):
    """Takes every kind of field and shows two of them."""

    public_methods: ClassVar = {"POST"}
    idempotency = Idempotency.STATELESS
    max_body_bytes = 10_000

    @operation("Echo", body=Everything, returns=EverythingOut)
    def post(self, request: Request) -> HttpResponse:
        body = self.body(request, Everything)
        assert isinstance(body["price"], Money)
        return self.answer(request, body, EverythingOut)


class Faults(ApiView):
    """Fails as its path says."""

    public_methods: ClassVar = {"GET", "POST"}

    def get(self, request: Request, kind: str) -> HttpResponse:
        if kind == "conflict":
            raise TestConflict(data={"left": 3}, param="quantity", retry_after=7)
        if kind == "database":
            raise OperationalError("the connection was lost")
        raise RuntimeError("a fault of ours")

    def post(self, request: Request, kind: str) -> HttpResponse:
        if kind == "forgets":
            return self.perform(request, _forget, None, status=204)
        return HttpResponse(status=204)


class Meeting:
    """Two threads inside one action: the test decides when the first goes on."""

    inside = threading.Event()
    go_on = threading.Event()


class SlowBrands(ApiView):
    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}

    def post(self, request: Request) -> HttpResponse:
        def slowly() -> Brand:
            Meeting.inside.set()
            Meeting.go_on.wait(10)
            return create_brand(
                actor=self.user(request), name=self.body(request, NewBrand)["name"], now=self.now
            )

        return self.perform(request, slowly, BrandOut, status=201)


def _forget() -> None:
    with action():
        BrandMember.objects.update(role=BrandMember.Role.OWNER)


def remember_twice() -> None:
    with action():
        idempotency.remember(None)
        idempotency.remember(None)


urlpatterns = [
    path("api/", include("marketplace.rest.urls")),
    path("api/v1/brands", Brands.as_view()),
    path("api/v1/slow_brands", SlowBrands.as_view()),
    path("api/v1/brands/<brd:brand_id>", BrandDetail.as_view()),
    path("api/v1/echo", Echo.as_view()),
    path("api/v1/faults/<str:kind>", Faults.as_view()),
    path("", include("marketplace.storefront.urls")),  # where pages of errors lead to
]
