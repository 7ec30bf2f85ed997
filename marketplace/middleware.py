"""What happens around every request: an id, one log line, figures, and problem documents for the API.

All of it is written here and runs on the event loop as well as in a thread. Of ``django-structlog`` nothing
is used; ``marketplace.logs`` says why.
"""

import time
from collections.abc import Callable
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase

from marketplace import metrics
from marketplace.errors import Invalid
from marketplace.rest.paths import template_of
from marketplace.rest.problems import API, MEDIA_TYPE, of_status, problem
from marketplace.rest.request_ids import HEADER, clean_request_id

#: Answers for itself, as an outside company would.
PAYMENT_COMPANY = "/sandbox/gateway/"
REFUSED = 400

logger = structlog.get_logger("marketplace.requests")


class Around:
    """A middleware with something to do before and after the rest, on a loop or in a thread."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Answer the request; on a loop, return what will."""
        if self.is_async:
            return self._acall(request)
        answer = self.before(request)
        if answer is None:
            answer = self.get_response(request)
        return self.after(request, answer)

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.before(request)
        if answer is None:
            answer = await self.get_response(request)
        return self.after(request, answer)

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        """Prepare the request, or answer it."""
        raise NotImplementedError

    def after(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Finish the answer."""
        return response


class RequestIdMiddleware(Around):
    """Gives the request an id, shows it in the answer, binds it to every log line, and logs the request.

    The line holds the path without its query string, and no header: both may hold secrets.
    """

    def before(self, request: HttpRequest) -> None:
        """Take the caller's id or make one."""
        vars(request)["request_id"] = clean_request_id(request.headers.get(HEADER))
        vars(request)["began"] = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=vars(request)["request_id"])

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Show the id and log the request."""
        response[HEADER] = vars(request)["request_id"]
        took = time.perf_counter() - vars(request)["began"]
        logger.info(
            "request",
            method=request.method,
            path=request.path,
            route=template_of(request),
            status=response.status_code,
            ms=round(took * 1000, 1),
        )
        structlog.contextvars.unbind_contextvars("request_id")
        return response


class MetricsMiddleware(Around):
    """Counts the request and its time under the template of its address."""

    def before(self, request: HttpRequest) -> None:
        """Note the time."""
        vars(request)["counted_from"] = time.perf_counter()

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Count."""
        metrics.observe_request(
            method=str(request.method),
            route=template_of(request),
            status=response.status_code,
            seconds=time.perf_counter() - vars(request)["counted_from"],
        )
        return response


class ApiProblemsMiddleware(Around):
    """Refuses NUL characters, and makes a problem document of every refusal that Django wrote by itself.

    Below ``/api/`` Django answers a bad host, a fault of ours or, in debug mode, an unknown address with a
    page of HTML before or after any view. Databases cannot look up a NUL character; query strings of the API
    are checked by the views, which name the parameter.
    """

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        """Refuse an address with a NUL character."""
        if request.path.startswith(API):
            refusal = problem(Invalid(), vars(request).get("request_id", ""))
            return refusal.response() if "\0" in request.path else None
        if request.path.startswith(PAYMENT_COMPANY):
            return None
        has_nul = "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")
        return HttpResponseBadRequest() if has_nul else None

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Replace the page by a problem document."""
        is_ours = response.headers.get("Content-Type", "").startswith(MEDIA_TYPE)
        if response.status_code < REFUSED or is_ours or not request.path.startswith(API):
            return response
        made = problem(of_status(response.status_code), vars(request).get("request_id", ""))
        if isinstance(response, HttpResponse):
            response.content = made.body
            for name, value in made.headers.items():
                response[name] = value
            response["Content-Length"] = str(len(made.body))
        return response
