"""Sign-up, sign-in, sign-out and profile, through the API."""

import pytest
from pytest_django import Settings

from marketplace import limits
from marketplace.lib import clock
from marketplace.models import Brand, Fact, User
from streams.models import Moderator, Streamer
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token
from tests.people import PASSWORD

pytestmark = [pytest.mark.usefixtures("generous_limits"), pytest.mark.only_in("embedded")]


def test_a_person_signs_up_signs_in_and_signs_out(db: None) -> None:
    browser = Caller()
    made = browser.send(
        "POST",
        "/api/v1/accounts",
        {"username": "bella", "password": PASSWORD, "email": "bella@example.org", "display_name": "Bella"},
    )
    assert made.status_code == 201
    user = User.objects.get()
    expected = {
        "object": "user",
        "id": user.id,
        "username": "bella",
        "display_name": "Bella",
        "email": "bella@example.org",
        "created_at": clock.to_wire(user.date_joined),
        "roles": {"brands": [], "streamer": None, "moderates": [], "staff": False},
    }
    assert made.json() == expected
    assert [(fact.type, fact.payload) for fact in Fact.objects.all()] == [
        ("account.created", {"user": user.id})
    ]
    problem_of(browser.send("GET", "/api/v1/me"), 401, "sign_in_required")

    signed_in = browser.send("POST", "/api/v1/session", {"username": "bella", "password": PASSWORD})
    assert (signed_in.status_code, signed_in.json()) == (200, expected)
    assert browser.send("GET", "/api/v1/me").json() == expected

    assert browser.send("DELETE", "/api/v1/session").status_code == 204
    problem_of(browser.send("GET", "/api/v1/me"), 401, "sign_in_required")


def test_signing_in_gives_the_csrf_cookie_that_writing_needs(buyer: User) -> None:
    browser = Caller(enforce_csrf_checks=True)
    browser.send("POST", "/api/v1/session", {"username": "bella", "password": PASSWORD})
    problem_of(browser.send("PATCH", "/api/v1/me", {"display_name": "Bell"}), 403, "csrf_failed")
    token = browser.cookies["csrftoken"].value
    changed = browser.send("PATCH", "/api/v1/me", {"display_name": "Bell"}, headers={"X-CSRFToken": token})
    assert changed.json()["display_name"] == "Bell"


@pytest.mark.parametrize("name", ("bella", "otto", "BELLA"))
def test_a_wrong_name_or_password_is_refused_alike(buyer: User, name: str) -> None:
    answer = Caller().send("POST", "/api/v1/session", {"username": name, "password": "wrong"})
    problem_of(answer, 401, "wrong_credentials")
    assert "sessionid" not in answer.cookies


def test_who_may_no_longer_sign_in_is_refused(buyer: User) -> None:
    User.objects.filter(id=buyer.id).update(is_active=False)
    answer = Caller().send("POST", "/api/v1/session", {"username": "bella", "password": PASSWORD})
    problem_of(answer, 401, "wrong_credentials")


def test_passwords_are_tried_only_so_often(buyer: User, settings: Settings) -> None:
    limits.forget_local()
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": "3/d"}
    settings.REDIS_URL = ""
    answers = [
        Caller().send("POST", "/api/v1/session", {"username": "bella", "password": "wrong"}) for _ in range(4)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    problem_of(answers[-1], 429, "rate_limited")
    limits.forget_local()


@pytest.mark.parametrize("taken", ("bella", "Bella", "BELLA"))
def test_a_name_is_taken_whatever_its_case(buyer: User, taken: str) -> None:
    answer = Caller().send("POST", "/api/v1/accounts", {"username": taken, "password": PASSWORD})
    assert problem_of(answer, 409, "name_taken")["param"] == "username"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("password", "username"), (("short", "bella"), ("12345678901", "bella"), ("bella-bella", "bella-bella"))
)
def test_a_weak_password_is_refused(db: None, password: str, username: str) -> None:
    answer = Caller().send("POST", "/api/v1/accounts", {"username": username, "password": password})
    problem = problem_of(answer, 400, "invalid")
    assert {error["param"] for error in problem["errors"]} == {"password"}
    assert User.objects.count() == 0


def test_a_name_with_blanks_is_refused(db: None) -> None:
    answer = Caller().send("POST", "/api/v1/accounts", {"username": "bel la", "password": PASSWORD})
    assert problem_of(answer, 400, "invalid")["param"] == "username"


def test_roles_follow_from_rows(brand_staff: User, brand: Brand, host: User) -> None:
    now = clock.now()
    streamer = Streamer.objects.create(user=brand_staff, name="Stan live", created_at=now)
    other = Streamer.objects.create(user=host, name="Hana live", created_at=now)
    Moderator.objects.create(streamer=other, user=brand_staff)
    roles = with_cookie(brand_staff).send("GET", "/api/v1/me").json()["roles"]
    assert roles == {
        "brands": [{"brand": brand.id, "name": "Mountain Tea", "role": "staff"}],
        "streamer": streamer.id,
        "moderates": [other.id],
        "staff": False,
    }


def test_platform_staff_are_told_so(admin: User) -> None:
    assert with_cookie(admin).send("GET", "/api/v1/me").json()["roles"]["staff"] is True


def test_a_profile_changes_only_where_it_differs(buyer: User) -> None:
    browser = with_cookie(buyer)
    first = browser.send("PATCH", "/api/v1/me", {"email": "b@example.org", "display_name": "Bella"})
    again = browser.send("PATCH", "/api/v1/me", {"email": "b@example.org"})
    assert first.json() == again.json()
    assert list(Fact.objects.filter(type="account.updated").values_list("payload", flat=True)) == [
        {"user": buyer.id, "changed": ["email"]}
    ]


def test_a_token_reads_who_it_is_and_changes_nothing(buyer: User) -> None:
    token = with_token(buyer)
    assert token.send("GET", "/api/v1/me").json()["id"] == buyer.id
    problem_of(token.send("PATCH", "/api/v1/me", {"display_name": "X"}), 403, "session_only")
    problem_of(token.send("DELETE", "/api/v1/session"), 403, "session_only")


def test_a_key_on_sign_up_is_put_to_use_when_somebody_is_signed_in(admin: User) -> None:
    browser, body = with_cookie(admin), {"username": "newcomer", "password": PASSWORD}
    key = {"Idempotency-Key": "one"}
    first = browser.send("POST", "/api/v1/accounts", body, headers=key)
    again = browser.send("POST", "/api/v1/accounts", body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
