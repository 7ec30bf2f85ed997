"""Refusals: what every app raises when it says no, and what the API makes of it.

Each class with a ``code`` of its own is one documented error: ``code`` never changes once published,
``message`` is one sentence for people, ``cure`` says what the caller does about it, ``status`` is the HTTP
status. docs/errors.md lists them all, and a test holds that table to the classes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

_CODE = re.compile(r"[a-z][a-z0-9_]{1,59}")
_registry: dict[str, type["DomainError"]] = {}


class BadErrorClass(TypeError):
    """A subclass of DomainError has a malformed code, or one that another class already uses."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with the input.

    ``param`` is a path such as ``lines.0.quantity``, empty for the whole.
    """

    param: str
    code: str
    detail: str

    def to_wire(self) -> dict[str, str]:
        """Return the entry of ``errors`` in a problem document."""
        return {"param": self.param, "code": self.code, "detail": self.detail}


class DomainError(Exception):
    """A refusal. Raise a subclass; ``DomainError`` itself has no code.

    Args:
        message: one sentence about this very case; the class's own by default.
        param: path of the offending input field, if there is one.
        data: machine-readable facts, such as ``{"left": 3}``; plain JSON, shown to the caller.
        errors: one entry per offending field, when there are several.
        retry_after: whole seconds after which trying again makes sense.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = ""
    message: str = "The request was refused."
    cure: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the class under its code, once."""
        super().__init_subclass__(**kwargs)
        code = cls.__dict__.get("code")
        if code is None:
            return
        if not _CODE.fullmatch(code):
            raise BadErrorClass(f"{cls.__qualname__}: a code is lower-case words joined by _, not {code!r}.")
        known = _registry.setdefault(code, cls)
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise BadErrorClass(f"{cls.__qualname__}: {known.__qualname__} already uses the code {code!r}.")

    def __init__(
        self,
        message: str = "",
        *,
        param: str = "",
        data: Mapping[str, Any] | None = None,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
    ) -> None:
        self.message = message or type(self).message
        self.param = param
        self.data = dict(data or {})
        self.errors = tuple(errors)
        self.retry_after = retry_after
        super().__init__(self.message)


class Invalid(DomainError):
    """The input is not what the operation takes."""

    status = 400
    code = "invalid"
    message = "The input is not valid."
    cure = "Correct the fields named in errors and send the request again."


class SignInRequired(DomainError):
    """Nobody is signed in."""

    status = 401
    code = "sign_in_required"
    message = "Sign in, or send an API token."
    cure = "Send Authorization: Bearer with a token, or sign in to get a session cookie."


class InvalidToken(DomainError):
    """The API token is unknown, expired or revoked, or its owner may no longer sign in."""

    status = 401
    code = "invalid_token"
    message = "The API token is not valid."
    cure = "Make a new token; a token that has expired or was revoked never comes back."


class Declined(DomainError):
    """A payment was declined."""

    status = 402
    code = "declined"
    message = "The payment was declined."
    cure = "Pay with another means before the payment window ends."


class Forbidden(DomainError):
    """The person is known and may not do this."""

    status = 403
    code = "forbidden"
    message = "You may not do this."
    cure = "Ask somebody who has the right to do it, or to give it to you."


class ScopeMissing(Forbidden):
    """The token lacks the scope that the operation needs; ``data.scope`` names it."""

    code = "scope_missing"
    message = "The API token lacks the scope for this operation."
    cure = "Use a token with the scope named in data.scope; a token's scopes cannot be changed afterwards."


class CsrfFailed(Forbidden):
    """A request with a session cookie came without a valid CSRF token."""

    code = "csrf_failed"
    message = "The CSRF token is missing or wrong."
    cure = "Send the value of the csrftoken cookie as X-CSRFToken, or use an API token instead of the cookie."


class NotFound(DomainError):
    """There is no such thing, or it is not yours to see."""

    status = 404
    code = "not_found"
    message = "There is nothing here that you may see."
    cure = "Check the id and whose token you use."


class MethodNotAllowed(DomainError):
    """The resource exists and does not take this method."""

    status = 405
    code = "method_not_allowed"
    message = "This resource does not take that method."
    cure = "Use one of the methods named in the Allow header."


class NotAcceptable(DomainError):
    """The caller accepts none of the forms that the resource has."""

    status = 406
    code = "not_acceptable"
    message = "The resource has none of the media types that you accept."
    cure = "Accept application/json."


class Conflict(DomainError):
    """The thing is not in a state that allows this."""

    status = 409
    code = "conflict"
    message = "The current state does not allow this."
    cure = "Read the resource again and decide on what it says now."


class InFlight(Conflict):
    """A request with the same idempotency key is being worked on at this moment."""

    code = "in_flight"
    message = "A request with this idempotency key is still being worked on."
    cure = "Wait for the Retry-After seconds and send the same request with the same key."


class LimitReached(Conflict):
    """More than one person, token or thing may have of this."""

    code = "limit_reached"
    message = "The limit is reached."
    cure = "Ask for no more than data says is left."


class StockConflict(Conflict):
    """A stock level would fall below what is held for orders, or below nothing."""

    code = "stock_conflict"
    message = "There are not enough units on the shelf for this change."
    cure = "Read the stock level and take away no more than is on hand and not held."


class Gone(DomainError):
    """The thing was there and its time is over."""

    status = 410
    code = "gone"
    message = "This has expired."
    cure = "Start again with a new one."


class TooLarge(DomainError):
    """The body of the request is larger than the resource takes."""

    status = 413
    code = "too_large"
    message = "The body of the request is too large."
    cure = "Send at most data.limit bytes; split the work over several requests."


class UnsupportedMediaType(DomainError):
    """The body's media type is not one that the resource takes."""

    status = 415
    code = "unsupported_media_type"
    message = "The resource does not take this media type."
    cure = "Send application/json, unless the operation's documentation names another type."


class IdempotencyMismatch(DomainError):
    """The idempotency key was used before, for a request with other input."""

    status = 422
    code = "idempotency_mismatch"
    message = "This idempotency key belongs to a request with other input."
    cure = "Use a new key for a new request; send a retry exactly as the first time."


class RateLimited(DomainError):
    """Too many requests in too short a time."""

    status = 429
    code = "rate_limited"
    message = "Too many requests."
    cure = "Wait for the Retry-After seconds; the RateLimit header says what is left before that happens."


class InternalError(DomainError):
    """Something broke on this side. It has been logged under the request id."""

    status = 500
    code = "internal_error"
    message = "Something went wrong on our side."
    cure = "Try again with the same idempotency key; if it stays, report the request_id."


class Busy(DomainError):
    """The marketplace is working at its limit, or a part that it needs is away."""

    status = 503
    code = "busy"
    message = "The marketplace is busy."
    cure = "Try again after the Retry-After seconds with the same idempotency key."


def registered() -> dict[str, type[DomainError]]:
    """Return every error class that has been imported, by code, in the order of the codes."""
    return dict(sorted(_registry.items()))
