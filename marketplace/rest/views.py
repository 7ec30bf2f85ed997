"""The base of every API view: declares who may, how often and how; reads input, runs one action, renders.

A view says what it needs in class attributes and documents each method with ``operation``. Everything it
refuses leaves as a problem document, every answer carries the request id and what the rate limit has left.
"""

import enum
import hashlib
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from marketplace.errors import FieldError, Invalid, SignInRequired
from marketplace.idempotency import Answer, Keyed, NotRemembered, once
from marketplace.lib import clock
from marketplace.models import User
from marketplace.models.tokens import Scope
from marketplace.rest import pages
from marketplace.rest.authentication import signed_in
from marketplace.rest.conf import MAX_BODY_BYTES
from marketplace.rest.expand import PARAM as EXPAND
from marketplace.rest.expand import Expand
from marketplace.rest.keys import HEADER, IdempotencyKeyMissing, clean_key
from marketplace.rest.paths import template_of
from marketplace.rest.rendering import encode_json, json_response
from marketplace.rest.serializers import Body, Query, Resource

T = TypeVar("T")
M = TypeVar("M", bound=Model)

COMMON_PARAMS = frozenset({EXPAND, *pages.PARAMS})


class Idempotency(enum.Enum):
    """What a view's POST does with an Idempotency-Key."""

    OPTIONAL = "honoured when sent"
    REQUIRED = "must be sent: money or stock moves"
    STATELESS = "checked and put aside: nothing is written that could happen twice"


class ApiRequest(Request):
    """A request whose body may come in chunks, without a Content-Length."""

    _stream: Any

    def _load_stream(self) -> None:
        super()._load_stream()  # type: ignore[misc]  # the stubs leave it out
        if self._stream is None and "HTTP_TRANSFER_ENCODING" in self._request.META:
            self._stream = self._request


class ApiView(APIView):
    """One resource. Methods take the request and the ids of the path, and return an answer.

    Attributes:
        public_methods: methods that need nobody signed in.
        scopes: the scope a token needs per method; None lets any token in. A method that writes and
            is not named here is for session cookies only.
        idempotency: what POST does with an Idempotency-Key.
        rate_class: which limit of RATE_LIMITS counts the requests.
        expandable: paths that ``expand[]`` may name.
        max_body_bytes: the largest JSON body.
    """

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]  # noqa: RUF012 - as Django declares it
    public_methods: ClassVar[AbstractSet[str]] = frozenset()
    scopes: ClassVar[Mapping[str, Scope | None]] = {}
    idempotency: ClassVar[Idempotency] = Idempotency.OPTIONAL
    rate_class: ClassVar[str] = "default"
    expandable: ClassVar[AbstractSet[str]] = frozenset()
    max_body_bytes: ClassVar[int] = MAX_BODY_BYTES

    _key: str | None = None
    _performed = False

    @cached_property
    def now(self) -> datetime:
        """The marketplace's time, read once a request."""
        return clock.now()

    def user(self, request: Request) -> User:
        """Return who asks; raises SignInRequired for nobody."""
        person = signed_in(request)
        if person is None:
            raise SignInRequired
        return person

    def body(self, request: Request, kind: type[Body]) -> dict[str, Any]:
        """Return the validated body; raises Invalid."""
        return _validated(kind(data=request.data))

    def query(self, request: Request, kind: type[Query]) -> dict[str, Any]:
        """Return the validated query string, without cursors and ``expand[]``; raises Invalid."""
        params = QueryDict(mutable=True)
        for name, values in request.query_params.lists():
            if name not in COMMON_PARAMS:
                params.setlist(name, values)
        return _validated(kind(data=params))

    def expand(self, request: Request) -> Expand:
        """Return what the caller wants in full; raises Invalid."""
        return Expand.parse(request.query_params.getlist(EXPAND), self.expandable)

    def answer(
        self, request: Request, value: object, resource: type[Resource], *, status: int = 200
    ) -> HttpResponse:
        """Answer with one object, for methods that write nothing."""
        body = encode_json(resource.render(value, expand=self.expand(request)))
        return json_response(body, status=status)

    def page(
        self, request: Request, queryset: QuerySet[M], resource: type[Resource], *, order: str = "-id"
    ) -> HttpResponse:
        """Answer with one page of a list; see ``marketplace.rest.pages`` for ``order``."""
        page = pages.read_page(queryset, pages.Cursor.parse(request.query_params), order=order)
        data = resource.render_many(page.items, expand=self.expand(request))
        return json_response(encode_json({"object": "list", "data": data, "has_more": page.has_more}))

    def perform(
        self,
        request: Request,
        run: Callable[[], T],
        resource: type[Resource] | None,
        *,
        status: int = 200,
        secrets: AbstractSet[str] = frozenset(),
    ) -> HttpResponse:
        """Run one action and answer with what it returns; with an Idempotency-Key, once.

        Args:
            request: the request.
            run: calls the action, which ends with ``idempotency.remember(result)``.
            resource: renders the result; None for an answer without a body.
            status: of the answer.
            secrets: top-level fields that are shown once and never recorded: a replay shows null instead.
        """
        self._performed = True
        expand = self.expand(request)

        def render(result: T) -> dict[str, Any] | None:
            return None if resource is None else resource.render(result, expand=expand)

        if self._key is None or self.idempotency is Idempotency.STATELESS:
            return json_response(_encoded(render(run())), status=status)
        shown = b""

        def record(result: Any) -> Answer:
            nonlocal shown
            document = render(result)
            shown = _encoded(document)
            kept = {**document, **dict.fromkeys(secrets)} if document and secrets else document
            return Answer(status=status, body=_encoded(kept).decode())

        answer = once(self._keyed(request, self._key, record), run)
        response = json_response(answer.body if answer.replayed else shown, status=answer.status)
        if answer.replayed:
            response["Idempotency-Replayed"] = "true"
        return response

    def initialize_request(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> Request:
        """Wrap Django's request."""
        return ApiRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def initial(self, request: Request, *_args: Any, **_kwargs: Any) -> None:
        """Check the caller: first how often, then whether at all, then the headers and the query string."""
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)
        self._check_query(request)
        if request.method == "POST":
            self._take_key(request)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the rate limit's headers; refuse to hide a view that ignored its key."""
        final: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        unused = (
            self._key is not None and not self._performed and self.idempotency is not Idempotency.STATELESS
        )
        if unused and final.status_code < 400:  # noqa: PLR2004 - the class of the status
            raise NotRemembered(f"{type(self).__qualname__}.post must answer with self.perform(...).")
        verdict = getattr(request, "rate_limit", None)
        if verdict is not None:
            for name, value in verdict.headers().items():
                final[name] = value
        final.headers.setdefault("Cache-Control", "no-store")
        return final

    def _check_query(self, request: Request) -> None:
        documented = getattr(getattr(self, str(request.method).lower(), None), "operation", None)
        if documented is None:
            return
        known = COMMON_PARAMS | (documented.query.names() if documented.query else set())
        for name, value in request.query_params.items():
            if name not in known:
                detail = "There is no such parameter."
                raise Invalid(
                    detail, param=name[:100], errors=[FieldError(name[:100], "unknown_field", detail)]
                )
            if "\0" in value:
                raise Invalid("A parameter must not hold NUL characters.", param=name)

    def _take_key(self, request: Request) -> None:
        value = request.headers.get(HEADER)
        if value is not None:
            value = clean_key(value)
        elif self.idempotency is Idempotency.REQUIRED:
            raise IdempotencyKeyMissing(param=HEADER)
        self._key = value if signed_in(request) is not None else None

    def _keyed(self, request: Request, key: str, render: Callable[[Any], Answer]) -> Keyed:
        return Keyed(
            caller=self.user(request).id,
            route=f"{request.method} {template_of(request._request)}",  # noqa: SLF001 - DRF's own name for it
            key=key,
            input_hash=_hash_of(request),
            render=render,
            now=self.now,
        )


def _validated(serializer: Body | Query) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _encoded(document: dict[str, Any] | None) -> bytes:
    return b"" if document is None else encode_json(document)


def _hash_of(request: Request) -> str:
    """Return the SHA-256 of what decides the effect of a request: path, query string and body."""
    data = request.data
    if isinstance(data, QueryDict):
        data = {name: [_content_of(value) for value in data.getlist(name)] for name in data}
    parts = [request.path, sorted(request.query_params.lists()), data]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _content_of(value: Any) -> str:
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"{value.name}:{digest.hexdigest()}"
