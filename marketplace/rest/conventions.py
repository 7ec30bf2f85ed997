"""The parts of the OpenAPI document that every operation shares, and the examples."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension

from marketplace.errors import DomainError, registered
from marketplace.rest import pages
from marketplace.rest.keys import HEADER, MAX_LENGTH
from marketplace.rest.problems import DOCUMENTATION, MEDIA_TYPE, title

EXAMPLE_HEX = "019ab3c4d5e67f8091a2b3c4d5e6f708"
EXAMPLE_REQUEST_ID = "5f1d7a3c9e2b4068a1c3e5d7f9b20468"

HEADERS: dict[str, Any] = {
    "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimitPolicy"},
}
REPLAY_HEADER: dict[str, Any] = {"Idempotency-Replayed": {"$ref": "#/components/headers/IdempotencyReplayed"}}

_CURSOR = {"type": "string", "pattern": "^[a-z]{2,4}_[0-9a-f]{32}$"}
_KEY = {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH, "pattern": "^[ -~]+$"}
_KEY_TEXT = "A fresh value for each new request, the same one for its retries; kept for 31 days."
_PARAMETERS: dict[str, dict[str, Any]] = {
    "limit": {
        "name": "limit",
        "in": "query",
        "description": "How many objects a page holds.",
        "schema": {
            "type": "integer",
            "minimum": 1,
            "maximum": pages.MAX_LIMIT,
            "default": pages.DEFAULT_LIMIT,
        },
    },
    "starting_after": {
        "name": "starting_after",
        "in": "query",
        "description": "The page begins after the object with this id. Not together with ending_before.",
        "schema": _CURSOR,
    },
    "ending_before": {
        "name": "ending_before",
        "in": "query",
        "description": "The page ends before the object with this id. Not together with starting_after.",
        "schema": _CURSOR,
    },
    "idempotency_key": {"name": HEADER, "in": "header", "description": _KEY_TEXT, "schema": _KEY},
    "idempotency_key_required": {
        "name": HEADER,
        "in": "header",
        "required": True,
        "description": _KEY_TEXT,
        "schema": _KEY,
    },
}
_HEADERS: dict[str, dict[str, Any]] = {
    "RequestId": {
        "description": "The caller's X-Request-Id, or one made here; also in logs and problems.",
        "schema": {"type": "string", "maxLength": 128},
    },
    "RateLimit": {
        "description": "What is left (r) and for how many seconds until all is (t).",
        "schema": {"type": "string"},
        "example": '"default";r=599;t=1',
    },
    "RateLimitPolicy": {
        "description": "Requests (q) in a window of seconds (w).",
        "schema": {"type": "string"},
        "example": '"default";q=600;w=60',
    },
    "IdempotencyReplayed": {
        "description": "Present when this is the recorded answer to an earlier request with the same key.",
        "schema": {"type": "string", "const": "true"},
    },
    "RetryAfter": {"description": "Whole seconds to wait.", "schema": {"type": "integer"}},
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem document.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable; one of those in the error documentation."},
        "param": {
            "type": ["string", "null"],
            "description": "The offending field, such as lines.0.quantity.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("param", "code", "detail")},
                "required": ["param", "code", "detail"],
            },
        },
        "data": {"type": "object", "additionalProperties": True},
        "request_id": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "code", "param", "errors", "data", "request_id"],
}
#: Refusals that only these modules define are written once; an app's own stand with the operation.
_SHARED = ("marketplace.errors", "marketplace.rest.")
_RESPONSE_REF = re.compile(r"'#/components/responses/([\w-]+)'")
_EXAMPLE_REF = re.compile(r"'#/components/examples/(\w+)'")


def parameter(name: str) -> dict[str, str]:
    """Return a reference to a shared parameter."""
    return {"$ref": f"#/components/parameters/{name}"}


def list_schema(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form of a page of a list."""
    return {
        "type": "object",
        "properties": {
            "object": {"type": "string", "const": "list"},
            "data": {"type": "array", "items": dict(item)},
            "has_more": {"type": "boolean"},
        },
        "required": ["object", "data", "has_more"],
    }


def refusal(errors: Iterable[type[DomainError]]) -> dict[str, Any]:
    """Return the answer that any of these errors, all of one status, makes."""
    found = sorted(errors, key=lambda error: error.code)
    if all(error.__module__.startswith(_SHARED) for error in found):
        return {"$ref": "#/components/responses/" + "-".join(error.code for error in found)}
    return _refusal([error.code for error in found])


def _refusal(codes: Iterable[str]) -> dict[str, Any]:
    return {
        "description": ", ".join(title(code) for code in codes) + ".",
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }


def add_conventions(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Add the shared components to a finished document, and examples to every body in it."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    components["parameters"] = _PARAMETERS
    components["headers"] = _HEADERS
    examples: dict[str, Any] = {}
    for path in result.get("paths", {}).values():
        for made in path.values():
            if isinstance(made, dict):
                _add_examples(made, schemas, examples)
    names = sorted(set(_RESPONSE_REF.findall(repr(result.get("paths")))))
    components["responses"] = {name: _refusal(name.split("-")) for name in names}
    used = set(_EXAMPLE_REF.findall(repr([result.get("paths"), components["responses"]])))
    examples |= {
        code: {"value": _problem_example(error)} for code, error in registered().items() if code in used
    }
    components["examples"] = dict(sorted(examples.items()))
    components["schemas"] = dict(sorted(schemas.items()))
    return result


def _problem_example(error: type[DomainError]) -> dict[str, Any]:
    return {
        "type": f"{DOCUMENTATION}#{error.code}",
        "title": title(error.code),
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "param": None,
        "errors": [],
        "data": {},
        "request_id": EXAMPLE_REQUEST_ID,
    }


def _add_examples(made: dict[str, Any], schemas: Mapping[str, Any], examples: dict[str, Any]) -> None:
    bodies = [made.get("requestBody", {}), *made.get("responses", {}).values()]
    for body in bodies:
        for content in body.get("content", {}).values():
            schema = content.get("schema", {})
            name = schema.get("$ref", "").rpartition("/")[2]
            if "examples" in content:
                continue
            if name in schemas:
                examples[name] = {"value": sample(schemas[name], schemas)}
                content["examples"] = {name: {"$ref": f"#/components/examples/{name}"}}
            else:
                content["examples"] = {"example": {"value": sample(schema, schemas)}}


def sample(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """Return a value that a schema allows."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    for key in ("allOf", "oneOf", "anyOf"):
        if key in schema:
            return sample(schema[key][0], schemas, name)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    kind = next(one for one in kind if one != "null") if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {})
        return {key: sample(value, schemas, key) for key, value in properties.items()}
    if kind == "array":
        return [sample(schema.get("items", {}), schemas, name)]
    return _scalar(schema, kind, name)


def _scalar(schema: Mapping[str, Any], kind: object, name: str) -> Any:
    if kind == "boolean":
        return True
    if kind in {"integer", "number"}:
        return max(1, int(schema.get("minimum", 1)))
    texts = {
        "date-time": "2026-11-11T12:00:00.000Z",
        "uri": "https://example.com/",
        "email": "lin@example.com",
    }
    text = texts.get(str(schema.get("format")), name.replace("_", " ").capitalize() or "text")
    return text[: int(schema.get("maxLength", len(text)))]


class IdForm(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """How the documentation shows a public id."""

    target_class = "marketplace.rest.fields.Id"

    def map_serializer_field(self, _auto_schema: Any, _direction: Any) -> dict[str, Any]:
        """Return the schema."""
        return _id_schema(self.target.prefix)


class ObjectForm(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """How the documentation shows the kind of a resource."""

    target_class = "marketplace.rest.fields.Object"

    def map_serializer_field(self, _auto_schema: Any, _direction: Any) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "string", "const": self.target.kind}


class ExpandableForm(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """How the documentation shows an id that may be the whole object."""

    target_class = "marketplace.rest.fields.Expandable"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema."""
        component = auto_schema.resolve_serializer(self.target.resource, direction)
        return {"oneOf": [_id_schema(self.target.prefix), component.ref]}


class ExpandableListForm(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """How the documentation shows a list that is there when expanded."""

    target_class = "marketplace.rest.fields.ExpandableList"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema."""
        component = auto_schema.resolve_serializer(self.target.resource, direction)
        return {"type": "array", "items": component.ref}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the documentation names the token."""

    target_class = "marketplace.rest.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "An API token: `Bearer hwk_…`."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the documentation names the cookie."""

    target_class = "marketplace.rest.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "A browser's session. Methods that write also need X-CSRFToken.",
        }


def _id_schema(prefix: str) -> dict[str, Any]:
    pattern = f"^{prefix}_[0-9a-f]{{32}}$"
    return {"type": "string", "pattern": pattern, "examples": [f"{prefix}_{EXAMPLE_HEX}"]}
