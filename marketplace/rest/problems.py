"""Refusals out: every error of the API is an RFC 9457 problem document.

``{"type", "title", "status", "detail", "code", "param", "errors", "data", "request_id"}``: ``type`` points at
the code's place in the error documentation, ``param`` names the offending field or is null, ``errors`` has
one entry per offending field, ``data`` holds what a program may act on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.core import exceptions as django_errors
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views import defaults
from rest_framework import exceptions as drf_errors

from marketplace import errors
from marketplace.errors import DomainError, FieldError
from marketplace.rest.rendering import encode_json

API = "/api/"
MEDIA_TYPE = "application/problem+json"
DOCUMENTATION = "/api/docs/errors/"
MAX_ERRORS = 50
RETRY_AFTER = 1

logger = structlog.get_logger(__name__)

#: The first that fits counts.
_BY_KIND: dict[type[Exception], type[DomainError]] = {
    Http404: errors.NotFound,
    django_errors.PermissionDenied: errors.Forbidden,
    django_errors.RequestDataTooBig: errors.TooLarge,
    django_errors.SuspiciousOperation: errors.Invalid,
    UnreadablePostError: errors.Invalid,
}
_BY_STATUS: dict[int, type[DomainError]] = {
    400: errors.Invalid,
    401: errors.SignInRequired,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    406: errors.NotAcceptable,
    413: errors.TooLarge,
    415: errors.UnsupportedMediaType,
    429: errors.RateLimited,
    503: errors.Busy,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document ready to send, for whatever speaks HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    def response(self) -> HttpResponse:
        """Return Django's form of it."""
        return HttpResponse(self.body, status=self.status, headers=self.headers)


def problem(error: DomainError, request_id: str = "") -> Problem:
    """Return the problem document of an error."""
    code = type(error).code
    document: dict[str, Any] = {
        "type": f"{DOCUMENTATION}#{code}",
        "title": title(code),
        "status": error.status,
        "detail": error.message,
        "code": code,
        "param": error.param or None,
        "errors": [entry.to_wire() for entry in error.errors],
        "data": error.data,
        "request_id": request_id,
    }
    headers = {"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"}
    if error.status == 401:  # noqa: PLR2004 - RFC 9110, section 15.5.2: a 401 names a challenge
        headers["WWW-Authenticate"] = 'Bearer realm="hawker"'
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return Problem(status=error.status, headers=headers, body=encode_json(document))


def title(code: str) -> str:
    """Return a code as a short title: ``sold_out`` is ``Sold out``."""
    return code.replace("_", " ").capitalize()


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Answer an exception of a DRF view.

    None for one that nobody foresaw, which Django logs and answers 500.
    """
    error = as_domain_error(exc)
    if error is None:
        return None
    request = context.get("request")
    response = problem(error, getattr(request, "request_id", "")).response()
    if isinstance(exc, drf_errors.MethodNotAllowed) and (view := context.get("view")) is not None:
        response["Allow"] = ", ".join(view.allowed_methods)
    return response


def address_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that nothing has: the API by a problem document, the rest of the site by its page."""
    if request.path.startswith(API):
        return problem(errors.NotFound(), vars(request).get("request_id", "")).response()
    return defaults.page_not_found(request, exception)


def as_domain_error(exc: Exception) -> DomainError | None:
    """Return what an exception of Django's, DRF's or ours means to the caller; None for a fault of ours."""
    if isinstance(exc, DomainError):
        return exc
    if isinstance(exc, drf_errors.ValidationError):
        return invalid(list(_flatten(exc.get_full_details())))
    if isinstance(exc, django_errors.ValidationError):
        return invalid(list(_from_django(exc)))
    if isinstance(exc, OperationalError):
        logger.error("database_unavailable", exc_info=exc)
        return errors.Busy(retry_after=RETRY_AFTER)
    if isinstance(exc, drf_errors.APIException) and exc.status_code in _BY_STATUS:
        return _BY_STATUS[exc.status_code]()
    return next((error() for kind, error in _BY_KIND.items() if isinstance(exc, kind)), None)


def invalid(entries: list[FieldError]) -> errors.Invalid:
    """Return the refusal of an input with these faults; a single one is also the detail of the whole."""
    first = entries[0] if entries else FieldError("", "invalid", "")
    message = first.detail if len(entries) == 1 else ""
    return errors.Invalid(message, param=first.param, errors=entries[:MAX_ERRORS])


def of_status(status: int) -> DomainError:
    """Return the general error for a status that Django answered by itself."""
    fallback = errors.InternalError if status >= 500 else errors.Invalid  # noqa: PLR2004 - the class of the status
    return _BY_STATUS.get(status, fallback)()


def _flatten(detail: Any, path: str = "") -> Iterator[FieldError]:
    """Yield one entry per fault of DRF's nested ``{"message", "code"}`` details."""
    if isinstance(detail, list):
        for index, item in enumerate(detail):
            yield from _flatten(item, path if _is_leaf(item) else _join(path, str(index)))
    elif _is_leaf(detail):
        yield FieldError(path, str(detail["code"]), str(detail["message"]))
    elif isinstance(detail, dict):
        for key, item in detail.items():
            yield from _flatten(item, path if key == "non_field_errors" else _join(path, str(key)))


def _is_leaf(detail: Any) -> bool:
    return (
        isinstance(detail, dict)
        and detail.keys() == {"message", "code"}
        and isinstance(detail["message"], str)
    )


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _from_django(error: django_errors.ValidationError) -> Iterator[FieldError]:
    by_field = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    for field, faults in by_field.items():
        for fault in faults:
            param = "" if field == django_errors.NON_FIELD_ERRORS else field
            yield FieldError(param, fault.code or "invalid", " ".join(fault.messages))
