"""Malformed values, and the cases that a JSON Schema makes of them: every place in a document, every value.

A schema decides what is wrong. What it forbids must be refused; what it allows may be taken or refused, and
only a fault of ours is wrong. Some values are wrong whatever a schema says: no reader may let them in.
"""

import copy
import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

from marketplace.rest.conventions import sample
from marketplace.rest.parsing import MAX_DEPTH

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

HEX = "0" * 32

#: Written as they are sent: not all of them can be made by a writer of JSON.
FIELD_VALUES: tuple[str, ...] = (
    *("null", "true"),
    *("0", "-1", "1.5", str(2**63 - 1), str(-(2**63) - 1)),
    *('""', '" "', '"7"', '"' + "x" * 9_000 + '"', '"two\\nlines"', '"\\u202e\\ud83d\\ude00"'),
    *('"Z\u0301\u0301\u0301\ufffe"', f'"ord_{HEX}"', f'"usr_{HEX}"', f'"{HEX}"'),
    *('"2026-11-11"', '"2026-02-30T12:00:00Z"', '"0001-01-01T00:00:00+23:59"'),
    *("[]", "[null]", "[" + "0," * 600 + "0]"),
    *("{}", '{"a": 1}', '{"amount": 1}', '{"amount": -1, "currency": "CNY"}'),
)
#: The strict reader refuses a document that holds one of these within, before a field is looked at.
UNREADABLE: tuple[str, ...] = (
    *(str(2**63), str(2**64), "1e400", "NaN", "-Infinity"),
    *('"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"'),
    *("[" * MAX_DEPTH + "]" * MAX_DEPTH, "[" * 20_000),
)
VALUES = (*FIELD_VALUES, *UNREADABLE)
#: Of what a field refuses one of each sort: for fields of a kind that another operation tries with all.
FEW = frozenset({"null", "-1", "[]", '"' + "x" * 9_000 + '"'})

#: The mode that is tried with every malformed value: PostgreSQL refuses more than SQLite.
HOME = "scaled"

#: Whole bodies that are no JSON object in UTF-8.
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "half": b'{"a": ',
    "list": b"[]",
    "null": b"null",
    "number": b"7",
    "text": b'"x"',
    "bytes": b"\xff\xfe\x00\x01",
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "utf-8 with a mark": b'\xef\xbb\xbf{"a": 1}',
    "overlong": b'{"a": "\xc0\x80"}',
    "surrogate": b'{"a": "\xed\xa0\x80"}',
    "two documents": b"{}{}",
    "comment": b"{} // nothing",
    "nan": b'{"a": NaN}',
    "infinity": b'{"a": 1e400}',
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "deep and whole": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "long number": b'{"a": ' + b"9" * 5_000 + b"}",
    "unknown field": b'{"unknown_field": 1}',
    "no name": b'{"": 1}',
    "name with NUL": b'{"\\u0000": 1}',
}


class Case(NamedTuple):
    """A document to send, and whether it must be refused."""

    name: str
    body: bytes
    is_wrong: bool


def cases(
    schema: Schema, components: Schema, good: Any, *, thorough: Collection[Path] | None = None
) -> Iterator[Case]:
    """Yield a document for every place and every value, a good one with that one place changed.

    With ``thorough``, what the reader refuses comes at the last place only, and what a field refuses at other
    places than these comes in a few sorts. What a schema allows, and what is wrong by one, comes everywhere.
    """
    found = [(at, below) for at, below in places(schema, components) if below.get("format") != "binary"]
    for at, below in found:
        is_wrong = judge(below, components)
        marked = put(good, at, schema, components)
        values = VALUES if thorough is None or at == found[-1][0] else FIELD_VALUES
        is_short = thorough is not None and at not in thorough
        for raw in (*values, *near(below)):
            wrong = is_wrong(raw)
            if is_short and wrong and raw in FIELD_VALUES and raw not in FEW:
                continue
            yield Case(_name_of(at, raw), written(marked, raw), wrong)
        if at and isinstance(at[-1], str):
            yield from _without(at, schema, components, good)
            yield _twice(at, good)


def few_cases(schema: Schema, components: Schema, good: Any, *, where: Collection[Path]) -> Iterator[Case]:
    """Yield a sample of ``cases``: at these places only, a few sorts of values and those wrong by one."""
    for at, below in places(schema, components):
        if at not in where or below.get("format") == "binary":
            continue
        is_wrong, marked = judge(below, components), put(good, at, schema, components)
        for raw in (*sorted(FEW), *near(below)):
            yield Case(_name_of(at, raw), written(marked, raw), is_wrong(raw))


def _name_of(at: Path, raw: str) -> str:
    return f"{'.'.join(map(str, at)) or 'body'} = {raw[:60]}"


def places(schema: Schema, components: Schema, at: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Yield every place of a document with its schema, the document itself first."""
    schema = resolved(schema, components)
    yield at, schema
    for option in (*schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from (each for each in places(option, components, at) if each[0] != at)
    for name, below in schema.get("properties", {}).items():
        yield from places(below, components, (*at, name))
    if "items" in schema:
        yield from places(schema["items"], components, (*at, 0))


def resolved(schema: Schema, components: Schema) -> Schema:
    """Return the schema that a reference stands for."""
    while "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    return schema


def near(schema: Schema) -> Iterator[str]:
    """Yield values that are wrong by one."""
    if "minimum" in schema:
        yield str(schema["minimum"] - 1)
    if "maximum" in schema:
        yield str(schema["maximum"] + 1)
    if schema.get("maxLength", 0) > 0:
        yield json.dumps("x" * (schema["maxLength"] + 1))
        yield json.dumps("茶" * (schema["maxLength"] + 1))
    if "enum" in schema:
        yield json.dumps(str(schema["enum"][0]).upper())
    for example in schema.get("examples", ()):
        if isinstance(example, str):
            yield from map(json.dumps, (example[:-1], f"{example}0", example.upper(), f"{example}\n"))


def judge(schema: Schema, components: Schema) -> Callable[[str], bool]:
    """Return what tells whether a value must be refused at a place with this schema."""
    validator = Draft202012Validator({**schema, "components": {"schemas": components}})

    def is_wrong(raw: str) -> bool:
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            return True
        if not is_readable(value):
            return True
        trimmed = value.strip() if isinstance(value, str) else value  # blanks around text are taken away
        return not (validator.is_valid(value) or validator.is_valid(trimmed))

    return is_wrong


def is_readable(value: Any, depth: int = 0) -> bool:
    """Tell whether the strict reader lets a value in."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= each <= "\udfff" for each in value)
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float):
        return math.isfinite(value) and -(2**63) <= value < 2**63
    return depth < MAX_DEPTH - 2 and all(
        is_readable(each, depth + 1) for each in (value if isinstance(value, list) else value.values())
    )


def put(good: Any, at: Path, schema: Schema, components: Schema) -> Any:
    """Return a copy of a good document with a mark at a place; what leads there is made when missing."""
    if not at:
        return _MARK
    document = copy.deepcopy(good)
    within: Any = document
    for depth, step in enumerate(at[:-1]):
        missing = step not in within if isinstance(within, dict) else len(within) <= int(step)
        if missing or not isinstance(within[step], dict | list):
            below = dict(places(schema, components))[at[: depth + 1]]
            _set(within, step, sample(below, components))
        within = within[step]
    _set(within, at[-1], _MARK)
    return document


def written(document: Any, raw: str) -> bytes:
    """Return a document with a raw value in the place of its mark."""
    return json.dumps(document).replace(json.dumps(_MARK), raw).encode("utf-8", "surrogatepass")


_MARK = "<here>"


def _set(within: Any, step: str | int, value: Any) -> None:
    if isinstance(within, list) and len(within) <= int(step):
        within.append(value)
    else:
        within[step] = value


def _without(at: Path, schema: Schema, components: Schema, good: Any) -> Iterator[Case]:
    parent = dict(places(schema, components))[at[:-1]]
    if at[-1] in parent.get("required", ()):
        document = put(good, at, schema, components)
        within = document
        for step in at[:-1]:
            within = within[step]
        del within[at[-1]]
        yield Case(f"no {'.'.join(map(str, at))}", json.dumps(document).encode(), True)


def _twice(at: Path, good: Any) -> Case:
    """Return a good document that says a top-level field twice; which one counts is for the reader to say."""
    inside = json.dumps(good).removeprefix("{").removesuffix("}")
    fields = ", ".join(part for part in (f'"{at[0]}": [[]]', inside) if part)
    return Case(f"{at[0]} twice", f"{{{fields}}}".encode(), False)
