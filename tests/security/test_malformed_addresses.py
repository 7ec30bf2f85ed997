"""Every parameter of every address and query string, and the headers that requests carry, malformed."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from marketplace.rest.keys import HEADER
from marketplace.rest.pages import PARAMS as PAGING
from tests.marketplace.rest_callers import problem_of
from tests.plugin import thorough_in
from tests.security.malformed import HEX, HOME, judge, resolved
from tests.security.matrix import ROWS, Row, area_of, by_area, name_of
from tests.security.openapi import first_rows, operation_of, parameters, schemas
from tests.security.requests import body_of, encoded, let_in
from tests.security.watching import noted, writing_nothing
from tests.security.world import World, undone

pytestmark = pytest.mark.django_db

API = [row for row in first_rows() if not row.path.startswith("/sandbox/") and row.address != "orders"]
READ = [row for row in API if row.method == "GET" and row.token != "none"]
POSTED = [row for row in API if row.method == "POST" and row.token != "none"]
NAMED = [row for row in API if "{" in row.address]

#: As they stand in a query string, escapes and all.
VALUES: tuple[str, ...] = (
    *("", "x", "-1", "0", "101", "1.5", "9" * 40, "%2B1", "%D9%A1", "True", "null", "[]", "%20", "x" * 6_000),
    *(
        f"ord_{HEX}",
        f"usr_{HEX.upper()}",
        "a%00b",
        "%FF",
        "%ED%A0%80",
        "%F0%9F%98%80%0A",
        "%27--",
        "%",
        "%zz",
    ),
)
#: All lists read ``limit`` and the cursors alike, so one list stands for the others but for these.
FEW = ("", "x", "9" * 40, f"ord_{HEX}", "a%00b")
SEGMENTS: tuple[str, ...] = (
    *("x", "0", "-1", "null", "%20", "%00", "%FF", "%ED%A0%80", "..", "%2E%2E", "%2F", "%0A", "x" * 6_000),
    *("{id}x", "{id}0", "{prefix}_", "{prefix}_{HEX}0", "xyz_{HEX}", "{ID}", "{id}%0A", "{id}%00", "{id}%20"),
)
#: Numbers and truth values, which a query string writes as JSON does.
PLAIN = re.compile(r"-?[0-9]{1,18}|true|false")
KEYS: tuple[str, ...] = ("", "x" * 256, "é", "\x7f", "a\tb", "\x01")


def is_refusal(answer: Any, path: str = "/api/") -> bool:
    """Tell whether an answer refuses: in the form of the API, elsewhere with a page."""
    kind = answer.headers.get("Content-Type")
    forms = {"application/problem+json", None} if path.startswith("/api/") else {"text/html; charset=utf-8"}
    return 400 <= answer.status_code < 500 and kind in forms


def judge_parameter(schema: dict[str, Any]) -> Callable[[str], bool]:
    """Return what tells whether a schema forbids a parameter; the empty one is left to the API."""
    is_wrong_json = judge(schema, schemas())

    def is_wrong(value: str) -> bool:
        if value == "" or "%" in value or schema.get("type") == "array":
            return "%00" in value
        is_plain = schema.get("type") in {"integer", "boolean"} and PLAIN.fullmatch(value)
        return is_wrong_json(value if is_plain else f'"{value}"')

    return is_wrong


def values_of(name: str, row: Row) -> tuple[str, ...]:
    """Return what to try: everything, but for paging only at the list of brands."""
    if not thorough_in(HOME):
        return FEW[2:]
    return FEW if name in PAGING and row.address != "brands" else VALUES


@pytest.mark.parametrize("rows", by_area(READ), ids=area_of)
def test_a_malformed_parameter_is_refused(world: World, rows: list[Row]) -> None:
    wrong: dict[str, tuple[int, bytes]] = {}
    for row in rows:
        with undone(), writing_nothing():
            wrong |= wrongly_answered(world, row)
        assert let_in(world, row).get(world.fill(row.path)).status_code == 200
    assert wrong == {}


def wrongly_answered(world: World, row: Row) -> dict[str, tuple[int, bytes]]:
    """Return what was answered to malformed parameters and should not have been."""
    caller, path = let_in(world, row), world.fill(row.path)
    join = "&" if "?" in path else "?"
    wrong = {}
    for parameter in parameters(operation_of(world, row), "query"):
        is_wrong = judge_parameter(dict(resolved(parameter["schema"], schemas())))
        for value in values_of(parameter["name"], row):
            asked = f"{path}{join}{quote(parameter['name'])}={value}"
            answer = caller.get(asked)
            fine = is_refusal(answer) or (answer.status_code == 200 and not is_wrong(value))
            if not fine or (is_wrong(value) and answer.status_code != 400):
                wrong[asked[-200:]] = (answer.status_code, answer.content[:200])
    return wrong


def test_paging_is_tried_with_everything(world: World) -> None:
    (brands,) = (row for row in READ if row.address == "brands")
    documented = {each["name"] for each in parameters(operation_of(world, brands), "query")}
    assert documented >= PAGING


@pytest.mark.only_in("embedded")  # refused before anybody asks a database
def test_an_unknown_parameter_is_refused(world: World) -> None:
    faults: dict[str, str] = {}
    for row in (row for row in API if row.token != "none"):
        path = world.fill(row.path)
        with noted(faults, name_of(row)), undone(), writing_nothing():
            answer = let_in(world, row).send(
                row.method,
                f"{path}{'&' if '?' in path else '?'}unknown=1",
                headers={"Idempotency-Key": "k"},
                **encoded(body_of(world, row.method, row.address)),
            )
            assert problem_of(answer, 400, "invalid")["param"] == "unknown"
    assert faults == {}


def malformed(world: World, row: Row) -> Iterator[tuple[str, str]]:
    """Yield addresses with one malformed name in each, and the kind of thing that it names."""
    names = re.findall(r"\{(\w+)\}", row.path)
    for name in names:
        id_ = world.ids[name]
        prefix = id_.partition("_")[0]
        for segment in SEGMENTS if thorough_in(HOME) else ():
            bad = segment.replace("{prefix}", prefix).replace("{HEX}", HEX).replace("{id}", id_)
            bad = bad.replace("{ID}", id_.upper())
            yield world.fill(row.path.replace(f"{{{name}}}", bad)), name
        yield world.fill(row.path.replace(f"{{{name}}}", f"{prefix}_{'f' * 32}")), name


@pytest.mark.parametrize("rows", by_area(NAMED), ids=area_of)
def test_what_no_address_names_is_not_found(world: World, rows: list[Row]) -> None:
    wrong = {}
    for row in rows:
        caller, kwargs = let_in(world, row), encoded(body_of(world, row.method, row.address))
        with undone(), writing_nothing():
            for path, _ in malformed(world, row):
                answer = caller.send(row.method, path, headers={"Idempotency-Key": "k"}, **kwargs)
                if not is_not_found(answer, row):
                    wrong[path[-200:]] = (answer.status_code, answer.content[:200])
    assert wrong == {}


def is_not_found(answer: Any, row: Row) -> bool:
    """Tell whether an answer says that there is nothing; pages first ask who it is that looks."""
    if answer.headers.get("Location", "").startswith("/sign-in?"):
        return True
    return (is_refusal(answer, row.path) or row.method == "HEAD") and answer.status_code in {400, 404, 405}


@pytest.mark.only_in("embedded")  # refused before anybody asks a database
def test_a_malformed_idempotency_key_is_refused(world: World) -> None:
    faults: dict[str, str] = {}
    with undone(), writing_nothing():
        for row in POSTED:
            with noted(faults, name_of(row)):
                try_keys(world, row)
    assert faults == {}


def try_keys(world: World, row: Row) -> None:
    """Send malformed keys, and where one is required, none."""
    caller, path = let_in(world, row), world.fill(row.path)
    kwargs = encoded(body_of(world, row.method, row.address))
    for key in KEYS:
        answer = caller.send(row.method, path, headers={HEADER: key}, **kwargs)
        assert problem_of(answer, 400, "invalid")["param"] == HEADER
    if any(each.get("required") for each in parameters(operation_of(world, row), "header")):
        problem_of(caller.send(row.method, path, **kwargs), 400, "idempotency_key_missing")


@pytest.mark.parametrize(
    "headers",
    (
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer \xff\xfe"},
        {"Authorization": f"Bearer hwk_{'x' * 100_000}"},
        {"Authorization": "Bearer a b c"},
        {"Authorization": "Token \x01"},
    ),
    ids=str,
)
def test_a_malformed_token_is_refused(world: World, headers: dict[str, str]) -> None:
    for row in (row for row in ROWS if row.address in {"me", "brands", "tokens"} and row.method == "GET"):
        answer = world.caller("nobody").get(row.path, headers=headers)
        problem_of(answer, 401, "invalid_token")


@pytest.mark.parametrize(
    "headers",
    (
        {"X-Request-Id": "x" * 10_000},
        {"X-Request-Id": "\x00\x01é"},
        {"Authorization": ""},
        {"Authorization": "Basic \xff"},
        {"Accept": "text/html"},
        {"Accept": ";;;q=x,,*/"},
        {"Accept": "x" * 10_000},
        {"Accept-Language": "x" * 10_000},
        {"Cookie": "sessionid=\xff\x00; csrftoken"},
        {"Cookie": f"sessionid={'x' * 10_000}"},
        {"Cookie": "=; ;;=\x7f"},
        {"Origin": "null"},
        {"Content-Length": "-1"},
        {"Content-Length": "x"},
        {"Host": "evil.example:99999"},
        {"Host": "\xff"},
        {"X-Forwarded-For": "\x00"},
        {"Range": "bytes=5-1"},
        {"If-Modified-Since": "\xff"},
    ),
    ids=lambda headers: str(headers)[:60],
)
def test_a_malformed_header_does_no_harm(world: World, headers: dict[str, str]) -> None:
    for path in ("/api/v1/brands", "/api/docs/errors/"):
        answer = world.caller("nobody").get(path, headers=headers)
        assert answer.status_code == 200 or is_refusal(answer), (answer.status_code, answer.content)
