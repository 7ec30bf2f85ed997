"""What the API takes: strict JSON, known fields, bounded values."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from marketplace.errors import Invalid, TooLarge
from marketplace.rest import fields
from marketplace.rest.parsing import MAX_DEPTH, decode_json
from marketplace.rest.serializers import Body, Query
from tests.marketplace.rest_callers import Caller, problem_of

pytestmark = [
    pytest.mark.urls("tests.marketplace.rest_site"),
    pytest.mark.django_db,
    pytest.mark.only_in("embedded"),
]

BRAND = "brd_019ab3c4d5e67f8091a2b3c4d5e6f708"
GOOD: dict[str, Any] = {
    "text": "tea",
    "number": 7,
    "truth": True,
    "choice": "red",
    "brand": BRAND,
    "at": "2026-11-11T20:00:00+08:00",
    "price": {"amount": 3990, "currency": "CNY"},
    "facts": {"any": ["thing", 1]},
    "words": ["one", "two"],
    "items": [{"quantity": 1}],
}


def echo(body: object, **kwargs: Any) -> Any:
    return Caller().send("POST", "/api/v1/echo", body, **kwargs)


def test_a_good_body_is_taken() -> None:
    response = echo(GOOD)
    assert (response.status_code, response.json()) == (
        200,
        {"at": "2026-11-11T12:00:00.000Z", "price": {"amount": 3990, "currency": "CNY"}},
    )


@pytest.mark.parametrize(
    ("body", "what"),
    (
        (b"", "empty"),
        (b"{", "cut off"),
        (b'{"text": NaN}', "NaN"),
        (b'{"text": Infinity}', "infinity"),
        (b'{"text": "\xff"}', "not UTF-8"),
        (b'{"text": "\\ud800"}', "half a surrogate pair"),
        (b'{"text": "a\\u0000b"}', "NUL"),
        (b'{"a\\u0000": 1}', "NUL in a name"),
        (b'{"number": 9223372036854775808}', "more than 64 bits"),
        (b'{"number": -9223372036854775809}', "less than 64 bits"),
        (b'{"number": 18446744073709551616}', "more than unsigned 64 bits"),
        (b'{"number": 1e400}', "overflow"),
        (b'{"facts": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "too deep"),
        (b'{"facts": ' + b"[" * 2000 + b"]" * 2000 + b"}", "much too deep"),
    ),
)
def test_what_is_not_strict_json_is_invalid(body: bytes, what: str) -> None:
    problem_of(echo(body), 400, "invalid")


def test_of_a_repeated_name_the_last_value_counts() -> None:
    assert decode_json(b'{"a": 1, "a": 2}') == {"a": 2}


def test_bounds_of_numbers_and_depth_are_exact() -> None:
    assert decode_json(b"[9223372036854775807, -9223372036854775808]") == [2**63 - 1, -(2**63)]
    deepest = b"[" * (MAX_DEPTH - 1) + b"1" + b"]" * (MAX_DEPTH - 1)
    assert decode_json(deepest) is not None
    with pytest.raises(Invalid):
        decode_json(b"[" + deepest + b"]")


def test_a_body_over_the_limit_is_too_large() -> None:
    problem = problem_of(echo(b'{"text": "' + b"a" * 10_000 + b'"}'), 413, "too_large")
    assert problem["data"] == {"limit": 10_000}
    with pytest.raises(TooLarge):
        decode_json(b" " * (1024 * 1024 + 1))
    assert decode_json(b" " * (1024 * 1024 - 1) + b"1") == 1


@pytest.mark.parametrize("body", (b"[]", b"1", b'"text"', b"null", b"true"))
def test_a_body_is_an_object(body: bytes) -> None:
    problem_of(echo(body), 400, "invalid")


BAD_VALUES: list[tuple[str, Any]] = [
    ("text", 1), ("text", True), ("text", None), ("text", ""), ("text", "sixsix"), ("text", ["a"]),
    ("text", {}), ("number", "7"), ("number", 7.5), ("number", 7.0), ("number", True), ("number", None),
    ("number", -1), ("number", 2**31), ("number", [7]), ("number", {}), ("truth", "true"), ("truth", 1),
    ("truth", 0), ("truth", None), ("truth", []), ("truth", {}), ("choice", "green"), ("choice", 1),
    ("choice", None), ("choice", []), ("choice", {}), ("choice", True), ("brand", "str" + BRAND[3:]),
    ("brand", BRAND[:-1]), ("brand", BRAND.upper()), ("brand", 1), ("brand", {}), ("brand", None),
    ("brand", BRAND + "\n"), ("at", "2026-11-11T20:00:00"), ("at", "2026-11-11"), ("at", 1), ("at", None),
    ("at", "1999-12-31T23:59:59Z"), ("at", "9999-12-31T23:59:59Z"), ("at", "2026-02-30T00:00:00Z"),
    ("at", "2026-W01-1"), ("at", {}), ("at", "2026-11-11T20:00:00+99:99"), ("at", "\uff12026-11-11T20:00Z"),
    ("price", 3990), ("price", "39.90"), ("price", None), ("price", []), ("price", {}),
    ("price", {"amount": 0, "currency": "CNY"}), ("price", {"amount": "1", "currency": "CNY"}),
    ("price", {"amount": 1.0, "currency": "CNY"}), ("price", {"amount": True, "currency": "CNY"}),
    ("price", {"amount": 1, "currency": "cny"}), ("price", {"amount": 1, "currency": "CNYX"}),
    ("price", {"amount": 1, "currency": 156}), ("price", {"amount": 10**12 + 1, "currency": "CNY"}),
    ("price", {"amount": 1, "currency": "CNY", "more": 1}), ("price", {"amount": 1}), ("facts", []),
    ("facts", "{}"), ("facts", None), ("facts", 1), ("words", "one"), ("words", {"0": "one"}),
    ("words", ["a", "b", "c"]), ("words", [1]), ("words", ["four"]), ("words", None),
    ("items", [{"quantity": 0}]), ("items", [{"quantity": 1}] * 3), ("items", [1]), ("items", [{}]),
    ("items", [{"quantity": 1, "colour": "red"}]), ("items", None),
]  # fmt: skip


def test_a_value_of_the_wrong_kind_is_refused_by_name() -> None:
    for name, value in BAD_VALUES:
        problem = problem_of(echo({**GOOD, name: value}), 400, "invalid")
        named = [entry["param"].partition(".")[0] for entry in problem["errors"]]
        assert named == [name], (name, value)
        assert problem["param"] == problem["errors"][0]["param"], (name, value)


def test_every_fault_is_named_with_its_place() -> None:
    body = {**GOOD, "number": -1, "items": [{"quantity": 1}, {"quantity": "x"}], "price": 5}
    problem = problem_of(echo(body), 400, "invalid")
    assert {(entry["param"], entry["code"]) for entry in problem["errors"]} == {
        ("number", "min_value"),
        ("items.1.quantity", "invalid"),
        ("price", "invalid"),
    }


def test_an_unknown_field_is_refused_by_name() -> None:
    problem = problem_of(echo({**GOOD, "colour": "red"}), 400, "invalid")
    assert problem["errors"] == [
        {"param": "colour", "code": "unknown_field", "detail": "There is no such field."}
    ]
    assert (problem["param"], problem["detail"]) == ("colour", "There is no such field.")


def test_a_field_that_is_left_out_is_named() -> None:
    problem = problem_of(
        echo({name: value for name, value in GOOD.items() if name != "truth"}), 400, "invalid"
    )
    assert problem["errors"] == [{"param": "truth", "code": "required", "detail": "This field is required."}]


@pytest.mark.parametrize(
    "query",
    (
        "contry=CN",
        "country=CNN",
        "order=price",
        "minimum=11",
        "minimum=x",
        "minimum=1.0",
        "empty=1",
        "empty=yes",
    ),
)
def test_a_query_string_is_strict_too(query: str) -> None:
    problem = problem_of(Caller().get(f"/api/v1/brands?{query}"), 400, "invalid")
    assert problem["param"] == query.partition("=")[0]


def test_a_query_string_is_text_that_says_numbers_and_truth() -> None:
    response = Caller().get("/api/v1/brands?country=CN&minimum=10&empty=false&order=name&limit=5")
    assert response.json() == {"object": "list", "data": [], "has_more": False}


def test_a_field_without_a_bound_does_not_get_into_the_code() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"Unbounded\.name needs max_length"):
        type("Unbounded", (Body,), {"name": fields.Text()})
    with pytest.raises(ImproperlyConfigured, match=r"Unbounded\.count needs min_value and max_value"):
        type("Unbounded", (Query,), {"count": fields.Integer(min_value=1)})
    with pytest.raises(ImproperlyConfigured, match=r"Unbounded\.names needs max_length"):
        type("Unbounded", (Body,), {"names": fields.ListOf(child=fields.Text(max_length=1))})
    with pytest.raises(ImproperlyConfigured, match=r"Unbounded\.names\[\] needs max_length"):
        type("Unbounded", (Body,), {"names": fields.ListOf(child=fields.Text(), max_length=1)})
