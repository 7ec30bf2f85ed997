"""Every field of every body, wrong in type, size, encoding, sign and range: refused, and nothing changes."""

from contextlib import nullcontext
from typing import Any

import pytest

from marketplace.errors import Invalid
from marketplace.rest.conf import MAX_BODY_BYTES
from marketplace.rest.parsing import decode_json
from tests.marketplace.rest_callers import Caller, problem_of
from tests.plugin import thorough_in
from tests.security.malformed import (
    BODIES,
    FIELD_VALUES,
    HOME,
    UNREADABLE,
    Case,
    cases,
    few_cases,
    resolved,
)
from tests.security.matrix import Row, area_of, by_area, name_of
from tests.security.openapi import (
    JSON,
    body_schema,
    first_rows,
    kinds_first_seen,
    operation_of,
    operations,
    schemas,
    template_of,
)
from tests.security.requests import BEFORE, body_of, let_in
from tests.security.requests import BODIES as GOOD
from tests.security.watching import noted, writes, writing_nothing
from tests.security.world import World, undone

pytestmark = pytest.mark.django_db

#: Buying runs in a thread of its own, which sees only what is committed; see ``test_malformed_purchases``.
WITH_BODY = [row for row in first_rows() if (row.method, row.address) in GOOD and row.address != "orders"]
ELSEWHERE = frozenset({("POST", "/api/v1/orders")})
WRONG_TYPES = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/xml",
    "x",
)


def send(caller: Caller, world: World, row: Row, body: bytes, content_type: str = JSON) -> Any:
    return caller.send(
        row.method,
        world.fill(row.path),
        body,
        content_type=content_type,
        headers={"Idempotency-Key": "k"},
    )


def fault_of(answer: Any, case: Case, written: list[str]) -> str | None:
    """Return what is wrong with the answer to a case, None when nothing is."""
    status = int(answer.status_code)
    is_problem = answer.headers.get("Content-Type") == "application/problem+json"
    if status >= 500 or (status >= 400 and not is_problem):
        return f"{status} {answer.content[:300]!r}"
    if case.is_wrong and (status != 400 or written):
        return f"{status} for what the document forbids; written: {written}"
    return None


def faults(world: World, row: Row, found: list[Case]) -> dict[str, str]:
    """Send cases and return what was wrong with the answers; what the document forbids must write nothing."""
    caller, wrong = let_in(world, row), {}
    for case in found:
        with nullcontext() if case.is_wrong else undone(), writes() as written:
            answer = send(caller, world, row, case.body)
        if fault := fault_of(answer, case, written):
            wrong[case.name] = fault
    return wrong


def assert_works(world: World, row: Row) -> None:
    """A good request still gets its answer."""
    with undone():
        if before := BEFORE.get((row.method, row.address)):
            before(world)
        answer = let_in(world, row).send(
            row.method,
            world.fill(row.path),
            body_of(world, row.method, row.address),
            headers={"Idempotency-Key": "good"},
        )
    assert answer.status_code == row.statuses[row.allowed or "nobody"], answer.content


def test_the_reader_refuses_what_no_field_needs_to_see() -> None:
    for raw in UNREADABLE:
        with pytest.raises(Invalid):
            decode_json(f'{{"a": {raw}}}'.encode("utf-8", "surrogatepass"))
    for raw in FIELD_VALUES:
        decode_json(f'{{"a": {raw}}}'.encode())


@pytest.mark.parametrize("rows", by_area(WITH_BODY), ids=area_of)
def test_a_malformed_body_is_refused(world: World, rows: list[Row]) -> None:
    wrong = {}
    for row in rows:
        if found := faults_of(world, row):
            wrong[name_of(row)] = found
    assert wrong == {}


def faults_of(world: World, row: Row) -> dict[str, str]:
    """Return what was wrong with the answers to malformed bodies; a good one must still get its answer."""
    schema = body_schema(operation_of(world, row), JSON)
    if schema is None:
        assert body_schema(operation_of(world, row), "multipart/form-data") is not None
        return {}
    good = body_of(world, row.method, row.address)
    thorough = kinds_first_seen(ELSEWHERE)[row.method, template_of(world, row)]
    if thorough_in(HOME):
        found = list(cases(schema, schemas(), good, thorough=thorough))
    else:
        found = list(few_cases(schema, schemas(), good, where=thorough))
    with undone():
        wrong = faults(world, row, found)
    assert_works(world, row)
    return wrong


@pytest.mark.only_in("embedded")  # the reader refuses before anybody asks a database
@pytest.mark.parametrize("rows", by_area(WITH_BODY), ids=area_of)
def test_a_body_that_is_no_json_object_is_refused(world: World, rows: list[Row]) -> None:
    wrong: dict[str, str] = {}
    with undone(), writing_nothing():
        for row in rows:
            schema = body_schema(operation_of(world, row), JSON)
            if schema is not None:
                with noted(wrong, name_of(row)):
                    try_bodies(world, row, needs_something=bool(resolved(schema, schemas()).get("required")))
    assert wrong == {}


def try_bodies(world: World, row: Row, *, needs_something: bool) -> None:
    """Send what is no JSON object, what is too large, and an object under the name of something else."""
    caller = let_in(world, row)
    for name, body in BODIES.items():
        if name != "nothing" or needs_something:  # where nothing is required, nothing may be sent
            answer = send(caller, world, row, body)
            assert answer.status_code == 400, (name, answer.content)
            problem_of(answer, 400, "invalid")
    problem_of(send(caller, world, row, b'{"a": "' + b"x" * MAX_BODY_BYTES + b'"}'), 413, "too_large")
    for kind in WRONG_TYPES:
        problem_of(send(caller, world, row, b"{}", kind), 415, "unsupported_media_type")


def test_every_documented_body_has_a_good_one(world: World) -> None:
    rows = {
        (row.method, template_of(world, row)) for row in first_rows() if (row.method, row.address) in GOOD
    }
    with_body = {
        (row.method, template_of(world, row))
        for row in first_rows()
        if "requestBody" in operation_of(world, row)
    }
    documented = {(row.method, template_of(world, row)) for row in first_rows() if operation_of(world, row)}
    assert (with_body - rows, set(operations()) - documented) == (set(), set())
