"""``/api/v1/accounts``, ``/session`` and ``/me``: sign-up, sign-in by cookie, and who one is."""

from typing import ClassVar

from django.contrib.auth import authenticate, login, logout
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from marketplace.actions.accounts import create_account, update_profile
from marketplace.actions.errors import NameTaken
from marketplace.api.inputs import Line
from marketplace.api.resources import MeOut
from marketplace.errors import SignInRequired
from marketplace.models import User
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Body
from marketplace.rest.views import ApiView, Idempotency


class WrongCredentials(SignInRequired):
    """There is no account with this name and password, or it may no longer sign in."""

    code = "wrong_credentials"
    message = "The name or the password is wrong."
    cure = "Check both; a password can be set anew by platform staff."


@extend_schema_field(
    {"anyOf": [{"type": "string", "format": "email", "maxLength": 254}, {"type": "string", "maxLength": 0}]}
)
class Email(serializers.EmailField):
    """An e-mail address, or nothing."""


class NewAccount(Body):
    """A person who signs up."""

    username = Line(min_length=2, max_length=40, help_text="Letters, digits and @ . + - _")
    password = fields.Text(max_length=200, trim_whitespace=False)
    email = Email(max_length=254, required=False, allow_blank=True, default="")
    display_name = Line(max_length=60, required=False, allow_blank=True, default="")


class Credentials(Body):
    """A name and its password."""

    username = fields.Text(max_length=150)
    password = fields.Text(max_length=200, trim_whitespace=False)


class ProfileChanges(Body):
    """What a person may change of themselves."""

    display_name = Line(max_length=60, required=False, allow_blank=True)
    email = Email(max_length=254, required=False, allow_blank=True)


class Accounts(ApiView):
    """Everybody who has signed up."""

    public_methods: ClassVar = {"POST"}
    rate_class = "login"

    @operation("Sign up", body=NewAccount, returns=MeOut, status=201, errors=[NameTaken])
    def post(self, request: Request) -> HttpResponse:
        """Makes an account. Names are unique whatever their case; sign in next."""
        body = self.body(request, NewAccount)
        return self.perform(request, lambda: create_account(now=self.now, **body), MeOut, status=201)


class BrowserSession(ApiView):
    """The session of a browser, kept by a cookie."""

    public_methods: ClassVar = {"POST"}
    idempotency = Idempotency.STATELESS
    rate_class = "login"

    @operation("Sign in", body=Credentials, returns=MeOut, errors=[WrongCredentials])
    def post(self, request: Request) -> HttpResponse:
        """Sets the session cookie, and the CSRF cookie that every writing request of a browser repeats."""
        body = self.body(request, Credentials)
        name = User.normalize_username(body["username"])
        user = authenticate(request._request, username=name, password=body["password"])  # noqa: SLF001 - DRF's own name for it
        if user is None:
            raise WrongCredentials
        login(request._request, user)  # noqa: SLF001 - as above
        return self.answer(request, user, MeOut)

    @operation("Sign out", status=204)
    def delete(self, request: Request) -> HttpResponse:
        """Ends the session of this browser."""
        logout(request._request)  # noqa: SLF001 - as above
        return HttpResponse(status=204)


class OwnProfile(ApiView):
    """The person who asks."""

    @operation("Show who you are", returns=MeOut)
    def get(self, request: Request) -> HttpResponse:
        """You, and what you are to the marketplace: brands, streamer, moderator, staff."""
        return self.answer(request, self.user(request), MeOut)

    @operation("Change your profile", body=ProfileChanges, returns=MeOut)
    def patch(self, request: Request) -> HttpResponse:
        """Changes the fields that are sent."""
        changes = self.body(request, ProfileChanges)
        user = self.user(request)
        return self.perform(request, lambda: update_profile(user=user, changes=changes, now=self.now), MeOut)
