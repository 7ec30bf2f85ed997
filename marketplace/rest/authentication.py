"""Who asks: a token in the Authorization header, or the session cookie of a browser."""

from django.contrib.auth.models import AnonymousUser
from django.utils.crypto import constant_time_compare
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework import authentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from marketplace import limits
from marketplace.errors import CsrfFailed, InvalidToken
from marketplace.lib import clock, rows
from marketplace.models import ApiToken, User
from marketplace.rest.lean import MAX_TOKEN, digest_of

SCHEMES = (b"bearer", b"token")


class TokenAuthentication(KnoxTokenAuthentication):  # type: ignore[misc]  # knox ships no types
    """``Authorization: Bearer hwk_…``, or ``Token hwk_…`` as older clients write it.

    Unlike knox it finds the token by its digest, and deletes nothing on the way. Wrong tokens
    are counted per address, so that nobody tries many.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the person and the token; None when the header is absent or of another scheme."""
        scheme, _, raw = authentication.get_authorization_header(request).partition(b" ")
        if scheme.lower() not in SCHEMES:
            return None
        token = _find(raw.strip())
        if token is None:
            verdict = limits.check("login", f"token:{address_of(request)}")
            raise InvalidToken if verdict.allowed else verdict.refusal()
        return token.user, token

    def authenticate_header(self, _request: Request) -> str:
        """Return the challenge of a 401."""
        return 'Bearer realm="hawker"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The session cookie; every method that may write needs the CSRF token with it."""

    def enforce_csrf(self, request: Request) -> None:
        """Raise CsrfFailed unless the request carries the token of its cookie."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise CsrfFailed from None


def address_of(request: Request) -> str:
    """Return the network that a request came from."""
    return network_of(str(request.META.get("REMOTE_ADDR") or "unknown"))


def network_of(address: str) -> str:
    """Return the part of an address that one customer has: all of IPv4, the /64 network of IPv6."""
    return ":".join(address.split(":")[:4]) if ":" in address else address


def signed_in(request: Request) -> User | None:
    """Return the person behind a request, None for nobody."""
    user = request.user
    return None if isinstance(user, AnonymousUser) or user is None else user


def _find(raw: bytes) -> ApiToken | None:
    if not raw or len(raw) > MAX_TOKEN or not raw.isascii():
        return None
    digest = digest_of(raw.decode())
    found = rows.where_with(ApiToken, "user", '"digest" = %s', [digest])  # each request asks: no queryset
    if not found or not constant_time_compare(found[0].digest, digest):
        return None
    [token] = found
    return token if token.user.is_active and not token.is_expired(clock.machine_now()) else None
