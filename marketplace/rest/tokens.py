"""``/api/v1/tokens``: a person's API tokens."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request

from marketplace.actions.tokens import TokenTooWide, create_token, revoke_token
from marketplace.errors import LimitReached
from marketplace.models import ApiToken
from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.lean import forget_token
from marketplace.rest.openapi import operation
from marketplace.rest.paths import register_ids
from marketplace.rest.serializers import Body, Resource
from marketplace.rest.views import ApiView

register_ids("tok")


class NewToken(Body):
    """A token to be made."""

    name = fields.Text(max_length=80)
    scopes = fields.ListOf(child=fields.Choice(choices=Scope.values), max_length=len(Scope.values))
    expires_at = fields.Timestamp(required=False, allow_null=True, default=None)


class TokenOut(Resource):
    """A token, as far as it may be seen."""

    object = fields.Object("token")
    id = fields.Id("tok")
    name = fields.Text()
    prefix = fields.Text(source="token_key", help_text="How the secret begins.")
    scopes = fields.ListOf(child=fields.Choice(choices=Scope.values))
    created_at = fields.Timestamp(source="created")
    expires_at = fields.Timestamp(source="expiry", allow_null=True)


class MadeToken(TokenOut):
    """A token just made, with its secret."""

    token = fields.Text(allow_null=True, help_text="The secret, shown this once; null in a replay.")

    @classmethod
    def render(cls, value: Any, **context: Any) -> dict[str, Any]:
        """Return the wire form of a token and its secret."""
        token, secret = value
        vars(token)["token"] = secret
        return super().render(token, **context)


class Tokens(ApiView):
    """All tokens of the person who asks."""

    scopes: ClassVar = {"POST": None}

    @operation("List tokens", returns=TokenOut, many=True)
    def get(self, request: Request) -> HttpResponse:
        """Your tokens, the newest first, without their secrets."""
        return self.page(request, ApiToken.objects.filter(user=self.user(request)), TokenOut)

    @operation(
        "Make a token", body=NewToken, returns=MadeToken, status=201, errors=[TokenTooWide, LimitReached]
    )
    def post(self, request: Request) -> HttpResponse:
        """The answer holds the secret: it is not kept and cannot be shown again, not even in a replay."""
        body = self.body(request, NewToken)
        return self.perform(
            request,
            lambda: create_token(user=self.user(request), by=_token_of(request), now=self.now, **body),
            MadeToken,
            status=201,
            secrets={"token"},
        )


class Token(ApiView):
    """One token of the person who asks."""

    scopes: ClassVar = {"DELETE": None}

    @operation("Revoke a token", status=204, errors=[TokenTooWide])
    def delete(self, request: Request, token_id: str) -> HttpResponse:
        """Revokes it for good, at once; a token may revoke itself."""
        person, by = self.user(request), _token_of(request)
        revoked = revoke_token(user=person, token_id=token_id, by=by, now=self.now)
        forget_token(revoked.digest)
        return HttpResponse(status=204)


def _token_of(request: Request) -> ApiToken | None:
    return request.auth if isinstance(request.auth, ApiToken) else None


urlpatterns = [
    path("tokens", Tokens.as_view(), name="tokens"),
    path("tokens/<tok:token_id>", Token.as_view(), name="token"),
]
