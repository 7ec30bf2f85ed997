"""Every route x every role, through the HTTP door; every route x every kind of token."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from marketplace.actions.accounts import block_account
from marketplace.actions.tokens import create_token, revoke_token
from marketplace.lib import clock
from marketplace.models import ApiToken, User
from marketplace.models.tokens import Scope
from tests.marketplace.rest_callers import Caller, problem_of
from tests.security.matrix import ROWS, SCOPES, Row, area_of, by_area, name_of
from tests.security.requests import BEFORE, body_of, encoded
from tests.security.watching import noted, writing_nothing
from tests.security.world import HOME, World, looked_at, undone

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: Buying runs in a thread of its own, which sees only what is committed: ``test_room_matrix`` has this row.
LIVE = ("POST", "orders")
HERE = [row for row in ROWS if row[:2] != LIVE]
BY_TOKEN = [row for row in HERE if row.token != "none"]
REFUSED = (401, 403, 404)


def ask(world: World, caller: Caller, row: Row) -> Any:
    """Send a row's request with a good body."""
    address = (row.method, row.address)
    return caller.send(
        row.method,
        world.fill(row.path),
        headers={"Idempotency-Key": "k"},
        **encoded(body_of(world, *address)),
    )


def prepare(world: World, row: Row) -> None:
    if before := BEFORE.get((row.method, row.address)):
        before(world)


def answer_to(world: World, role: str, row: Row) -> int:
    """Return what a role is answered in a browser; a refusal is a problem that has written nothing."""
    with undone():
        prepare(world, row)
        if row.statuses[role] not in REFUSED:
            return int(ask(world, world.caller(role), row).status_code)
        with writing_nothing():
            answer = ask(world, world.caller(role), row)
        status = int(answer.status_code)
        if status in REFUSED and row.path.startswith("/api/"):
            problem_of(answer, status, answer.json()["code"])
            assert (status == 401) is (answer.json()["code"] == "sign_in_required")
        return status


@pytest.mark.parametrize("rows", by_area(HERE), ids=area_of)
def test_every_role_is_answered_as_the_matrix_says(world: World, rows: list[Row]) -> None:
    faults: dict[str, str] = {}
    for row in rows:
        statuses = looked_at(row.statuses)
        with noted(faults, name_of(row)):
            assert {role: answer_to(world, role, row) for role in statuses} == statuses
    assert faults == {}


def with_scopes(world: World, row: Row, *scopes: str) -> Caller:
    """Return a caller with a token of somebody whom the row lets in."""
    return world.bearer(new_token(world.people[row.allowed or "buyer"], scopes)[1])


def new_token(person: User, scopes: Sequence[str] = tuple(Scope.values)) -> tuple[ApiToken, str]:
    return create_token(user=person, name="test", scopes=scopes, expires_at=None, now=clock.now())


@pytest.mark.only_in(HOME)
@pytest.mark.parametrize("rows", by_area(BY_TOKEN), ids=area_of)
def test_a_token_does_what_its_scopes_say(world: World, rows: list[Row]) -> None:
    faults: dict[str, str] = {}
    for row in rows:
        with noted(faults, name_of(row)), undone():
            prepare(world, row)
            try_scopes(world, row)
    assert faults == {}


def try_scopes(world: World, row: Row) -> None:
    """Ask with the token that a row needs, and with one that has all the scopes that it does not need."""
    assert row.allowed is not None, "somebody must be let in"
    allowed = row.statuses[row.allowed]
    if row.token == "cookie":
        problem_of(ask(world, with_scopes(world, row, *Scope.values), row), 403, "session_only")
        return
    if row.token == "any":
        assert ask(world, with_scopes(world, row), row).status_code == allowed
        return
    scope = SCOPES[row.token]
    with_others = with_scopes(world, row, *(each for each in Scope.values if each != scope))
    with writing_nothing():
        problem = problem_of(ask(world, with_others, row), 403, "scope_missing")
    assert problem["data"] == {"scope": scope.value}
    assert ask(world, with_scopes(world, row, scope), row).status_code == allowed


@pytest.mark.only_in(HOME)
@pytest.mark.parametrize("role", sorted({row.allowed or "buyer" for row in BY_TOKEN}))
def test_a_token_that_is_over_opens_nothing(world: World, role: str) -> None:
    faults: dict[str, str] = {}
    with undone():
        secrets = [*over(world, world.people[role]), "hwk_unknown"]
        with writing_nothing():
            for row in BY_TOKEN:
                if role == (row.allowed or "buyer"):
                    with noted(faults, name_of(row)):
                        for secret in secrets:
                            problem_of(ask(world, world.bearer(secret), row), 401, "invalid_token")
    assert faults == {}


def over(world: World, person: User) -> list[str]:
    """Return tokens that no longer open anything: expired, revoked, and of somebody who was blocked."""
    troll, now = world.people["troll"], clock.now()
    expired, expired_secret = new_token(person)
    ApiToken.objects.filter(id=expired.id).update(expiry=now)
    revoked, revoked_secret = new_token(person)
    revoke_token(user=person, token_id=revoked.id, now=now)
    _, blocked_secret = new_token(troll)
    block_account(user_id=troll.id, actor=world.people["admin"], now=now)
    return [expired_secret, revoked_secret, blocked_secret]


def routes(resolver: URLResolver, start: str = "/") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield start + str(entry.pattern)
        else:
            yield from routes(entry, start + str(entry.pattern))


def route_of(world: World, row: Row) -> str:
    return "/" + resolve(world.fill(row.path).partition("?")[0]).route


def test_every_route_has_a_row_and_every_row_a_route(world: World) -> None:
    existing = {route for route in routes(get_resolver()) if not route.startswith("/admin/")}
    assert {route_of(world, row) for row in ROWS} == existing


@pytest.mark.only_in(HOME)
def test_every_method_without_a_row_is_refused(world: World) -> None:
    known = {(row.method, route_of(world, row)) for row in ROWS}
    paths = {route_of(world, row): world.fill(row.path).partition("?")[0] for row in ROWS}
    answered = {}
    for route, path in paths.items():
        callers = [world.caller("admin"), world.caller("nobody")]
        if route.startswith("/sandbox/"):
            callers = [world.bearer(settings.GATEWAY_KEY)]
        for method in (method for method in METHODS if (method, route) not in known):
            statuses = {caller.send(method, path).status_code for caller in callers}
            if statuses != {405}:
                answered[method, route] = statuses
    assert answered == {}


@pytest.mark.only_in(HOME)
def test_head_is_get_without_its_body(world: World) -> None:
    nobody, answered, wanted = world.caller("nobody"), {}, {}
    for row in (row for row in HERE if row.method == "GET"):
        answer = nobody.head(world.fill(row.path))
        answered[row.address] = (answer.status_code, answer.content)
        wanted[row.address] = (row.statuses["nobody"], b"")
    assert answered == wanted
