"""Who may call: tokens with scopes, browsers with cookies, and nobody."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from marketplace import limits
from marketplace.lib import clock
from marketplace.models import ApiToken, Brand, Fact, User
from marketplace.rest import lean
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token

pytestmark = [
    pytest.mark.urls("tests.marketplace.rest_site"),
    pytest.mark.django_db,
    pytest.mark.only_in("embedded"),
]

NEW = {"name": "Green"}
KEY = {"Idempotency-Key": "key-1"}


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    limits.forget_local()


def test_nobody_may_read_what_is_public_and_no_more(brand: Brand) -> None:
    assert Caller().get("/api/v1/brands").status_code == 200
    response = Caller().send("POST", "/api/v1/brands", NEW, headers=KEY)
    problem_of(response, 401, "sign_in_required")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="hawker"'
    problem_of(Caller().get("/api/v1/tokens"), 401, "sign_in_required")


def test_a_token_needs_the_scope_of_the_operation(outsider: User) -> None:
    without = with_token(outsider, "orders:write").send("POST", "/api/v1/brands", NEW, headers=KEY)
    assert problem_of(without, 403, "scope_missing")["data"] == {"scope": "catalogue:write"}
    assert not Brand.objects.exists()

    response = with_token(outsider, "catalogue:write").send("POST", "/api/v1/brands", NEW, headers=KEY)
    assert (response.status_code, response.json()["name"]) == (201, "Green")


def test_reading_needs_no_scope(outsider: User, brand: Brand) -> None:
    assert with_token(outsider).get("/api/v1/tokens").status_code == 200


def test_whose_a_token_is_costs_one_query(
    outsider: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    caller = with_token(outsider)
    with django_assert_num_queries(2):  # and the list itself
        assert caller.get("/api/v1/tokens").status_code == 200


def test_an_operation_without_a_scope_is_for_browsers(outsider: User, brand: Brand) -> None:
    everything = with_token(outsider, "catalogue:write", "orders:write")
    problem_of(everything.send("DELETE", f"/api/v1/brands/{brand.id}"), 403, "session_only")
    assert with_cookie(outsider).send("DELETE", f"/api/v1/brands/{brand.id}").status_code == 204


def test_a_cookie_has_every_scope_and_needs_the_csrf_token(outsider: User) -> None:
    browser = with_cookie(outsider, checked=True)
    problem_of(browser.send("POST", "/api/v1/brands", NEW, headers=KEY), 403, "csrf_failed")
    assert not Brand.objects.exists()

    browser.cookies["csrftoken"] = "a" * 32
    response = browser.send("POST", "/api/v1/brands", NEW, headers={**KEY, "X-CSRFToken": "a" * 32})
    assert response.status_code == 201


def test_a_token_is_taken_before_a_cookie(outsider: User, buyer: User) -> None:
    browser = with_cookie(outsider)
    browser.defaults["HTTP_AUTHORIZATION"] = "Bearer hwk_wrong"
    problem_of(browser.get("/api/v1/brands"), 401, "invalid_token")


@pytest.mark.parametrize("scheme", ("Bearer", "bearer", "Token", "TOKEN"))
def test_both_schemes_are_taken(outsider: User, scheme: str) -> None:
    _, secret = made(outsider)
    assert Caller().get("/api/v1/tokens", headers={"Authorization": f"{scheme} {secret}"}).status_code == 200


@pytest.mark.parametrize(
    "header",
    (
        "Bearer",
        "Bearer ",
        "Bearer hwk_",
        "Bearer hwk_" + "0" * 64,
        "Bearer a b",
        "Bearer é",
        "Bearer " + "x" * 9000,
    ),
)
def test_a_wrong_token_is_not_a_fault(header: str, db: None) -> None:
    problem_of(Caller().get("/api/v1/brands", headers={"Authorization": header}), 401, "invalid_token")


def test_another_scheme_is_nobody(db: None) -> None:
    assert Caller().get("/api/v1/brands", headers={"Authorization": "Basic YTpi"}).status_code == 200


def test_trying_tokens_is_limited_per_address(outsider: User) -> None:
    bad = {"Authorization": "Bearer hwk_guess"}
    for _ in range(10):
        problem_of(Caller().get("/api/v1/brands", headers=bad), 401, "invalid_token")
    problem_of(Caller().get("/api/v1/brands", headers=bad), 429, "rate_limited")
    assert with_token(outsider).get("/api/v1/tokens").status_code == 200


def test_an_expired_token_or_an_idle_person_gets_nowhere(outsider: User) -> None:
    caller = with_token(outsider, expires_at=clock.now() + timedelta(hours=1))
    assert caller.get("/api/v1/tokens").status_code == 200

    ApiToken.objects.update(expiry=clock.now())
    problem_of(caller.get("/api/v1/tokens"), 401, "invalid_token")
    assert ApiToken.objects.count() == 1

    ApiToken.objects.update(expiry=None)
    User.objects.update(is_active=False)
    problem_of(caller.get("/api/v1/tokens"), 401, "invalid_token")


def made(person: User, **body: object) -> tuple[dict[str, object], str]:
    """Return a token made through the API by a browser, and its secret."""
    response = with_cookie(person).send("POST", "/api/v1/tokens", {"name": "ci", "scopes": [], **body})
    assert response.status_code == 201, response.content
    answer = response.json()
    return answer, str(answer["token"])


def test_a_token_is_shown_once_and_kept_as_a_digest(outsider: User) -> None:
    answer, secret = made(outsider, scopes=["sandbox", "catalogue:write", "sandbox"])

    stored = ApiToken.objects.get()
    assert secret.startswith("hwk_")
    assert answer == {
        "object": "token",
        "id": stored.id,
        "name": "ci",
        "prefix": secret[:15],
        "scopes": ["catalogue:write", "sandbox"],
        "created_at": clock.to_wire(stored.created),
        "expires_at": None,
        "token": secret,
    }
    assert secret not in str(vars(stored))
    listed = with_cookie(outsider).get("/api/v1/tokens").json()["data"]
    assert listed == [{key: value for key, value in answer.items() if key != "token"}]
    assert Fact.objects.filter(type="token.created", subject=stored.id).count() == 1


def test_a_replay_does_not_show_the_secret_again(outsider: User) -> None:
    browser = with_cookie(outsider)
    first = browser.send("POST", "/api/v1/tokens", {"name": "ci", "scopes": []}, headers=KEY)
    again = browser.send("POST", "/api/v1/tokens", {"name": "ci", "scopes": []}, headers=KEY)
    assert first.json()["token"].startswith("hwk_")
    assert again.json() == {**first.json(), "token": None}
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "param"),
    (
        ({"scopes": []}, "name"),
        ({"name": "", "scopes": []}, "name"),
        ({"name": "x" * 81, "scopes": []}, "name"),
        ({"name": "x"}, "scopes"),
        ({"name": "x", "scopes": ["root"]}, "scopes.0"),
        ({"name": "x", "scopes": "sandbox"}, "scopes"),
        ({"name": "x", "scopes": [], "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "scopes": [], "expires_at": "tomorrow"}, "expires_at"),
        ({"name": "x", "scopes": [], "user": "usr_1"}, "user"),
    ),
)
def test_a_bad_token_request_is_refused_by_name(outsider: User, body: dict[str, object], param: str) -> None:
    response = with_cookie(outsider).send("POST", "/api/v1/tokens", body)
    assert problem_of(response, 400, "invalid")["param"] == param
    assert not ApiToken.objects.exists()


def test_a_token_makes_no_token_that_may_do_more(outsider: User) -> None:
    soon = clock.now() + timedelta(hours=1)
    caller = with_token(outsider, "orders:write", expires_at=soon)
    wider = {"name": "x", "scopes": ["money:read", "orders:write"], "expires_at": clock.to_wire(soon)}
    problem = problem_of(caller.send("POST", "/api/v1/tokens", wider), 403, "token_too_wide")
    assert problem["data"]["scopes"] == ["money:read"]
    problem_of(caller.send("POST", "/api/v1/tokens", {"name": "x", "scopes": []}), 403, "token_too_wide")
    earlier = clock.to_wire(soon - timedelta(minutes=1))
    response = caller.send("POST", "/api/v1/tokens", {"name": "x", "scopes": [], "expires_at": earlier})
    assert response.status_code == 201


def test_a_person_has_a_hundred_tokens_at_most(outsider: User) -> None:
    for _ in range(100):
        with_token(outsider)
    limits.forget_local()
    response = with_cookie(outsider).send("POST", "/api/v1/tokens", {"name": "x", "scopes": []})
    assert problem_of(response, 409, "limit_reached")["data"] == {"limit": 100}


def test_a_revoked_token_is_gone_at_once(outsider: User, buyer: User) -> None:
    answer, secret = made(outsider)
    identity = lean.resolve_token(secret)
    assert identity is not None
    assert (identity.user_id, identity.scopes, identity.token_id) == (outsider.id, frozenset(), answer["id"])

    problem_of(with_cookie(buyer).send("DELETE", f"/api/v1/tokens/{answer['id']}"), 404, "not_found")
    assert lean.resolve_token(secret) is identity

    assert with_cookie(outsider).send("DELETE", f"/api/v1/tokens/{answer['id']}").status_code == 204
    assert lean.resolve_token(secret) is None
    problem_of(Caller(token=secret).get("/api/v1/tokens"), 401, "invalid_token")
    problem_of(with_cookie(outsider).send("DELETE", f"/api/v1/tokens/{answer['id']}"), 404, "not_found")
    assert Fact.objects.filter(type="token.revoked", subject=answer["id"]).count() == 1


def test_a_token_revokes_itself_and_none_that_may_do_more(outsider: User) -> None:
    wide, _ = made(outsider, scopes=["sandbox"])
    narrow, secret = made(outsider)
    caller = Caller(token=secret)
    problem_of(caller.send("DELETE", f"/api/v1/tokens/{wide['id']}"), 403, "token_too_wide")
    assert caller.send("DELETE", f"/api/v1/tokens/{narrow['id']}").status_code == 204
    assert [token.id for token in ApiToken.objects.all()] == [wide["id"]]


def test_a_lean_answer_is_remembered_for_a_moment(outsider: User, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = made(outsider, scopes=["orders:write"])
    now = [100.0]
    monkeypatch.setattr("marketplace.rest.lean.time.monotonic", lambda: now[0])
    identity = lean.resolve_token(secret)
    assert identity is not None
    assert identity.has("orders:write")
    ApiToken.objects.all().delete()

    now[0] += 4.9
    assert lean.resolve_token(secret) is identity
    now[0] += 0.1
    assert lean.resolve_token(secret) is None


def test_a_lean_answer_ends_with_the_token(outsider: User, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = made(outsider, expires_at=clock.to_wire(clock.now() + timedelta(hours=1)))
    assert lean.resolve_token(secret) is not None
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr("marketplace.rest.lean.clock.machine_now", lambda: later)
    assert lean.resolve_token(secret) is None


def test_what_was_read_before_a_revocation_is_not_remembered_after_it(
    outsider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = made(outsider)
    put = lean._cache.put

    def revoked_meanwhile(identity: lean.TokenIdentity, *, generation: int) -> None:
        ApiToken.objects.all().delete()
        lean.forget_token(identity.token_digest)
        put(identity, generation=generation)

    monkeypatch.setattr(lean._cache, "put", revoked_meanwhile)
    assert lean.resolve_token(secret) is not None
    assert lean.resolve_token(secret) is None


def test_the_cache_has_a_bound(outsider: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lean, "CACHE_SIZE", 2)
    lean.forget_all()
    secrets = [made(outsider)[1] for _ in range(3)]
    for secret in secrets:
        lean.resolve_token(secret)
    assert len(lean._cache._entries) == 2
    assert lean.digest_of(secrets[0]) not in lean._cache._entries


@pytest.mark.parametrize(
    ("header", "token"),
    (
        ("Bearer hwk_1", "hwk_1"),
        ("token hwk_1", "hwk_1"),
        ("Basic hwk_1", None),
        ("Bearer", None),
        ("", None),
        ("Bearer " + "x" * 200, None),
    ),
)
def test_the_token_of_a_header(header: str, token: str | None) -> None:
    assert lean.bearer(header) == token
