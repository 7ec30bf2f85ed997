"""``/api/v1/brands`` and their members, ``/api/v1/categories``."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.actions import brands, categories
from marketplace.actions.errors import AlreadyMember, LastOwner, NameTaken
from marketplace.api.inputs import Line, is_country, is_slug
from marketplace.api.resources import BrandOut, CategoriesOut, CategoryOut, MemberOut, MembersOut
from marketplace.errors import LimitReached
from marketplace.models import Brand, BrandMember
from marketplace.models.tokens import Scope
from marketplace.permissions import brands_of
from marketplace.queries import catalogue
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Body, Query
from marketplace.rest.views import ApiView

ROLES = BrandMember.Role.values


class BrandFilter(Query):
    """Which brands."""

    own = fields.Boolean(required=False, default=False, help_text="Only those that you act for.")


class NewBrand(Body):
    """A brand to be made."""

    name = Line(max_length=120)
    slug = fields.Text(
        max_length=60, required=False, validators=[is_slug], help_text="Made of the name when left out."
    )
    description = fields.Text(max_length=4000, required=False, allow_blank=True)
    country = fields.Text(max_length=2, required=False, allow_blank=True, validators=[is_country])


class BrandChanges(Body):
    """What of a brand can be changed."""

    name = Line(max_length=120, required=False)
    description = fields.Text(max_length=4000, required=False, allow_blank=True)
    country = fields.Text(max_length=2, required=False, allow_blank=True, validators=[is_country])


class NewMember(Body):
    """A person who shall act for a brand."""

    username = fields.Text(max_length=150)
    role = fields.Choice(choices=ROLES, required=False, default=BrandMember.Role.STAFF)


class MemberChanges(Body):
    """A member's new role."""

    role = fields.Choice(choices=ROLES)


class NewCategory(Body):
    """A category to be made."""

    slug = fields.Text(max_length=40, validators=[is_slug])
    name = Line(max_length=80)
    fee_bp = fields.Integer(min_value=0, max_value=10_000, required=False, default=500)


class CategoryChanges(Body):
    """What of a category can be changed."""

    name = Line(max_length=80, required=False)
    fee_bp = fields.Integer(min_value=0, max_value=10_000, required=False)


class Brands(ApiView):
    """All brands."""

    public_methods: ClassVar = {"GET"}
    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}

    @operation("List brands", query=BrandFilter, returns=BrandOut, many=True)
    def get(self, request: Request) -> HttpResponse:
        """All brands, the newest first."""
        own = self.query(request, BrandFilter)["own"]
        found = brands_of(self.user(request)) if own else Brand.objects.all()
        return self.page(request, found, BrandOut)

    @operation("Make a brand", body=NewBrand, returns=BrandOut, status=201, errors=[NameTaken, LimitReached])
    def post(self, request: Request) -> HttpResponse:
        """You will own it."""
        body, user = self.body(request, NewBrand), self.user(request)
        return self.perform(
            request, lambda: brands.create_brand(actor=user, now=self.now, **body), BrandOut, status=201
        )


class OneBrand(ApiView):
    """One brand."""

    public_methods: ClassVar = {"GET"}
    scopes: ClassVar = {"PATCH": Scope.CATALOGUE_WRITE}

    @operation("Show a brand", returns=BrandOut)
    def get(self, request: Request, brand_id: str) -> HttpResponse:
        """Brands are public."""
        return self.answer(request, catalogue.get_brand(brand_id), BrandOut)

    @operation("Change a brand", body=BrandChanges, returns=BrandOut, errors=[NameTaken])
    def patch(self, request: Request, brand_id: str) -> HttpResponse:
        """Changes the fields that are sent. For owners; the slug stays."""
        changes, user = self.body(request, BrandChanges), self.user(request)
        return self.perform(
            request,
            lambda: brands.update_brand(brand_id=brand_id, actor=user, changes=changes, now=self.now),
            BrandOut,
        )


class Members(ApiView):
    """Who acts for a brand. No token adds or removes people."""

    @operation("List a brand's members", returns=MembersOut)
    def get(self, request: Request, brand_id: str) -> HttpResponse:
        """Everybody who acts for the brand, at most 100 people; for members."""
        members = catalogue.members_for(self.user(request), brand_id)
        return self.answer(request, {"data": list(members), "has_more": False}, MembersOut)

    @operation(
        "Add a member", body=NewMember, returns=MemberOut, status=201, errors=[AlreadyMember, LimitReached]
    )
    def post(self, request: Request, brand_id: str) -> HttpResponse:
        """Lets somebody act for the brand; for owners."""
        body, user = self.body(request, NewMember), self.user(request)
        return self.perform(
            request,
            lambda: brands.members.add(brand_id, actor=user, now=self.now, **body),
            MemberOut,
            status=201,
        )


class OneMember(ApiView):
    """One person who acts for a brand."""

    @operation("Change a member's role", body=MemberChanges, returns=MemberOut, errors=[LastOwner])
    def patch(self, request: Request, brand_id: str, user_id: str) -> HttpResponse:
        """Makes a member an owner or staff; for owners."""
        body, user = self.body(request, MemberChanges), self.user(request)
        return self.perform(
            request,
            lambda: brands.members.change(brand_id, user_id=user_id, actor=user, now=self.now, **body),
            MemberOut,
        )

    @operation("Remove a member", status=204, errors=[LastOwner])
    def delete(self, request: Request, brand_id: str, user_id: str) -> HttpResponse:
        """Owners remove anybody, staff may leave."""
        user = self.user(request)
        return self.perform(
            request,
            lambda: brands.members.remove(brand_id, user_id=user_id, actor=user, now=self.now),
            None,
            status=204,
        )


class Categories(ApiView):
    """The shelves of the catalogue."""

    public_methods: ClassVar = {"GET"}
    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}

    @operation("List categories", returns=CategoriesOut)
    def get(self, request: Request) -> HttpResponse:
        """All of them, by slug."""
        return self.answer(request, {"data": list(catalogue.categories()), "has_more": False}, CategoriesOut)

    @operation("Make a category", body=NewCategory, returns=CategoryOut, status=201, errors=[NameTaken])
    def post(self, request: Request) -> HttpResponse:
        """For platform staff."""
        body, user = self.body(request, NewCategory), self.user(request)
        return self.perform(
            request,
            lambda: categories.create_category(actor=user, now=self.now, **body),
            CategoryOut,
            status=201,
        )


class OneCategory(ApiView):
    """One shelf of the catalogue."""

    public_methods: ClassVar = {"GET"}
    scopes: ClassVar = {"PATCH": Scope.CATALOGUE_WRITE}

    @operation("Show a category", returns=CategoryOut)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Categories are public."""
        return self.answer(request, catalogue.get_category(slug), CategoryOut)

    @operation("Change a category", body=CategoryChanges, returns=CategoryOut)
    def patch(self, request: Request, slug: str) -> HttpResponse:
        """Changes the fields that are sent; for platform staff. Orders keep the fee they were sold under."""
        changes, user = self.body(request, CategoryChanges), self.user(request)
        return self.perform(
            request,
            lambda: categories.update_category(slug=slug, actor=user, changes=changes, now=self.now),
            CategoryOut,
        )
