"""The documentation of the API as the proofs read it: which operation a row is, and what it takes."""

import json
import re
from functools import cache
from typing import Any

from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

from tests.security.malformed import Path, places
from tests.security.matrix import ROWS, Row
from tests.security.world import World

JSON = "application/json"
MULTIPART = "multipart/form-data"
#: Of a schema, what refuses nothing.
WORDS = {"title", "description", "examples", "default"}

Operation = dict[str, Any]

_PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document of the routes as they are now."""
    generator: Any = SchemaGenerator
    made: dict[str, Any] = generator().get_schema(request=None, public=True)
    return made


def schemas() -> dict[str, Any]:
    """Return the schemas that references name."""
    found: dict[str, Any] = document()["components"]["schemas"]
    return found


def operations() -> list[tuple[str, str]]:
    """Return method and path template of everything that is documented."""
    return [
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method, found in methods.items()
        if isinstance(found, dict)
    ]


def template_of(world: World, row: Row) -> str:
    """Return the template of a row's path, as the document writes it."""
    match = resolve(world.fill(row.path).partition("?")[0])
    return "/" + _PARAMETER.sub(r"{\1}", match.route)


def operation_of(world: World, row: Row) -> Operation:
    """Return what is documented of a row, nothing for what stands outside the document."""
    found: Operation = document()["paths"].get(template_of(world, row), {}).get(row.method.lower(), {})
    return found


def body_schema(operation: Operation, media_type: str) -> dict[str, Any] | None:
    """Return the schema of a body of this type, None when the operation takes none."""
    content = operation.get("requestBody", {}).get("content", {})
    found: dict[str, Any] | None = content.get(media_type, {}).get("schema")
    return found


@cache
def kinds_first_seen(outside: frozenset[tuple[str, str]]) -> dict[tuple[str, str], set[Path]]:
    """Return, by operation, the places of its JSON body whose kind of value no operation before it takes.

    Two places are of a kind when they have the same schema but for words. ``outside`` are left out.
    """
    seen: set[str] = set()
    first: dict[tuple[str, str], set[Path]] = {}
    for method, path in operations():
        schema = body_schema(document()["paths"][path][method.lower()], JSON)
        if schema is None or (method, path) in outside:
            continue
        found = first.setdefault((method, path), set())
        for at, below in places(schema, schemas()):
            kind = json.dumps({key: each for key, each in below.items() if key not in WORDS}, sort_keys=True)
            if kind not in seen:
                seen.add(kind)
                found.add(at)
    return first


def parameters(operation: Operation, where: str) -> list[dict[str, Any]]:
    """Return the parameters of an operation in ``query``, ``path`` or ``header``."""
    shared = document()["components"]["parameters"]
    found = [
        shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in operation.get("parameters", ())
    ]
    return [each for each in found if each["in"] == where]


def first_rows() -> list[Row]:
    """Return one row for each address without its query string: the first."""
    rows: dict[tuple[str, str], Row] = {}
    for row in ROWS:
        rows.setdefault((row.method, row.address.partition("?")[0]), row)
    return list(rows.values())
