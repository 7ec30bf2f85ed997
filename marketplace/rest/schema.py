"""The documentation of the API, made from the views: OpenAPI 3.1 through drf-spectacular.

``operation`` says what a method takes and gives. What every operation has in common is added here: the errors
it may answer, the Idempotency-Key header, cursors, ``expand[]``, scopes, headers of the answer, and examples.

Only who makes the document imports this: drf-spectacular brings Django's test client with it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from marketplace import errors
from marketplace.errors import DomainError
from marketplace.rest import conventions
from marketplace.rest.expand import PARAM as EXPAND
from marketplace.rest.keys import IdempotencyKeyMissing
from marketplace.rest.openapi import Operation
from marketplace.rest.permissions import SessionOnly
from marketplace.rest.serializers import Body
from marketplace.rest.views import ApiView, Idempotency


class ApiSchema(AutoSchema):
    """Reads ``operation`` of ApiViews; leaves other views to drf-spectacular."""

    @property
    def documented(self) -> Operation | None:
        """What the method at hand was marked with."""
        method = getattr(self.view, self.method.lower(), None)
        found: Operation | None = getattr(method, "operation", None)
        return found if isinstance(self.view, ApiView) else None

    @property
    def _api_view(self) -> ApiView:
        view: Any = self.view
        return view  # type: ignore[no-any-return]  # callers have seen that it is one

    def get_operation_id(self) -> str:
        """Return the summary as a name: ``List brands`` is ``list_brands``; so no two may be alike."""
        if self.documented is None:
            return super().get_operation_id()
        return re.sub(r"[^a-z0-9]+", "_", self.documented.summary.lower()).strip("_")

    def get_summary(self) -> str | None:
        """Return the operation's summary."""
        return self.documented.summary if self.documented else None

    def get_tags(self) -> list[str]:
        """Return the collection that the path begins with."""
        return [self._tokenize_path()[0]]

    def get_request_serializer(self) -> Any:
        """Return the body's form."""
        return self.documented.body if self.documented else super().get_request_serializer()

    def get_override_parameters(self) -> list[Any]:
        """Return the query string's form."""
        documented = self.documented
        return [documented.query] if documented and documented.query else []

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Return the operation with the parameters that all such operations share."""
        made: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if made is not None and self.documented is not None:
            shared = list(self._shared_parameters(self.documented))
            if shared:
                made["parameters"] = [*made.get("parameters", []), *shared]
        return made

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return who may call: a token with its scope, a session, or nobody at all."""
        if not isinstance(self.view, ApiView):
            return super().get_auth()
        super().get_auth()  # registers the schemes
        allowed: list[dict[str, list[str]]] = [{"session": []}]
        scope = self._api_view.scopes.get(self.method)
        if self.method in self._api_view.scopes or self.method == "GET":
            allowed.insert(0, {"token": [str(scope.value)] if scope else []})
        return [*allowed, {}] if self.method in self._api_view.public_methods else allowed

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self.documented.many if self.documented else bool(super()._is_list_view(serializer))

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        documented = self.documented
        if documented is None:
            return super()._get_response_bodies(direction)
        answers = {str(documented.status): self._success(documented)}
        by_status: dict[int, list[type[DomainError]]] = {}
        for error in sorted(self._errors(documented), key=lambda error: error.code):
            by_status.setdefault(error.status, []).append(error)
        return answers | {str(status): conventions.refusal(by_status[status]) for status in sorted(by_status)}

    def _success(self, documented: Operation) -> dict[str, Any]:
        answer: dict[str, Any] = {"description": documented.summary + ".", "headers": conventions.HEADERS}
        if self.method == "POST":
            answer["headers"] = {**conventions.HEADERS, **conventions.REPLAY_HEADER}
        if documented.returns is not None:
            component = self.resolve_serializer(documented.returns, "response")
            if documented.many:
                component = self._list_of(component)
            answer["content"] = {"application/json": {"schema": component.ref}}
        return answer

    def _list_of(self, component: Any) -> Any:
        resolved = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=f"{component.name}List",
            type=ResolvedComponent.SCHEMA,
            schema=conventions.list_schema(component.ref),
            object=component.name,
        )
        self.registry.register_on_missing(resolved)
        return resolved

    def _shared_parameters(self, documented: Operation) -> Iterable[Mapping[str, Any]]:
        if documented.many:
            yield from (conventions.parameter(name) for name in ("limit", "starting_after", "ending_before"))
        if self._api_view.expandable and documented.returns is not None:
            yield {
                "name": EXPAND,
                "in": "query",
                "description": "Related resources to answer in full.",
                "schema": {
                    "type": "array",
                    "items": {"type": "string", "enum": sorted(self._api_view.expandable)},
                },
            }
        if self.method == "POST":
            required = self._api_view.idempotency is Idempotency.REQUIRED
            yield conventions.parameter("idempotency_key_required" if required else "idempotency_key")

    def _errors(self, documented: Operation) -> set[type[DomainError]]:
        view, found = (
            self._api_view,
            {*documented.errors, errors.Invalid, errors.RateLimited, errors.InvalidToken},
        )
        if self.method not in view.public_methods:
            found |= {errors.SignInRequired, *self._forbidden()}
        if "{" in self.path:
            found.add(errors.NotFound)
        if self.method == "POST" and view.idempotency is not Idempotency.STATELESS:
            found |= {errors.InFlight, errors.IdempotencyMismatch}
            if view.idempotency is Idempotency.REQUIRED:
                found.add(IdempotencyKeyMissing)
        if documented.body is not None:
            found |= {errors.TooLarge, errors.UnsupportedMediaType}
        return found

    def _forbidden(self) -> Iterable[type[DomainError]]:
        if self.method != "GET":
            yield errors.CsrfFailed
        if self._api_view.scopes.get(self.method) is not None:
            yield errors.ScopeMissing
        elif self.method not in self._api_view.scopes and self.method != "GET":
            yield SessionOnly

    def _map_serializer(
        self, serializer: Any, direction: Any, bypass_extensions: bool = False
    ) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_serializer(  # type: ignore[no-untyped-call]
            serializer, direction, bypass_extensions
        )
        if isinstance(serializer, Body) and "properties" in schema:
            schema["additionalProperties"] = False
        return schema
