"""Whether a caller may use an operation at all. Whose objects it may touch is for the queries to say."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from marketplace.errors import Forbidden, ScopeMissing, SignInRequired
from marketplace.models import ApiToken
from marketplace.rest.authentication import signed_in

READS = frozenset({"GET", "HEAD"})


class SessionOnly(Forbidden):
    """The operation is for people at a browser; no token may use it."""

    code = "session_only"
    message = "No API token may do this."
    cure = "Do it signed in, in a browser."


class ScopePermission(BasePermission):
    """Reads a view's ``public_methods`` and ``scopes``; see ApiView."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return true, or raise the refusal that says what is missing."""
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in view.allowed_methods or method in view.public_methods:
            return True
        if signed_in(request) is None:
            raise SignInRequired
        if not isinstance(request.auth, ApiToken):
            return True
        if method not in view.scopes and method not in READS:
            raise SessionOnly
        scope = view.scopes.get(method)
        if scope is not None and scope not in request.auth.scopes:
            raise ScopeMissing(data={"scope": str(scope)})
        return True
