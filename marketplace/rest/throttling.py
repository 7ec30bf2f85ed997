"""How often a caller may use an operation."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from marketplace import limits
from marketplace.models import ApiToken
from marketplace.rest.authentication import address_of, signed_in

#: Limits that follow the person, however many tokens they hold.
PER_PERSON = frozenset({"buy", "chat"})
#: Limits that follow the address even of who is signed in.
PER_ADDRESS = frozenset({"login"})


class RateLimit(BaseThrottle):
    """Counts each request against the view's ``rate_class``.

    Leaves the verdict on the request for its headers.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return true, or raise RateLimited."""
        name, subject = limit_of(request, getattr(view, "rate_class", "default"))
        verdict = limits.check(name, subject)
        request._request.rate_limit = verdict  # type: ignore[attr-defined]  # noqa: SLF001 - DRF's own name for it
        if not verdict.allowed:
            raise verdict.refusal()
        return True


def limit_of(request: Request, rate_class: str) -> tuple[str, str]:
    """Return which limit counts and for whom: the token, the person, or the address."""
    person = signed_in(request)
    if person is None or rate_class in PER_ADDRESS:
        return ("anonymous" if rate_class == "default" else rate_class), address_of(request)
    if isinstance(request.auth, ApiToken) and rate_class not in PER_PERSON:
        return rate_class, request.auth.id
    return rate_class, person.id
