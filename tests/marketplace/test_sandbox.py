"""Simulated people and the audit over the API."""

import pytest

from marketplace.models import Fact, User
from marketplace.models.tokens import Scope
from tests.marketplace.rest_callers import Caller, with_token

pytestmark = pytest.mark.django_db


def test_the_same_people_come_back_with_new_tokens(host: User) -> None:
    caller = with_token(host, Scope.SANDBOX)
    first, again = (
        caller.send("POST", "/api/v1/sandbox/people", {"count": 3, "seed": 7, "first": 5}).json()["data"]
        for _ in range(2)
    )
    assert [each["username"] for each in first] == ["sim~7~5", "sim~7~6", "sim~7~7"]
    assert [each["id"] for each in again] == [each["id"] for each in first]
    assert Fact.objects.filter(type="account.created", payload__by=host.id).count() == 3
    assert Caller(token=first[0]["token"]).send("GET", "/api/v1/me").status_code == 401
    assert Caller(token=again[0]["token"]).send("GET", "/api/v1/me").json()["id"] == first[0]["id"]
    assert Caller(token=again[0]["token"]).send("POST", "/api/v1/realtime/tickets").status_code == 201
    assert not User.objects.get(username="sim~7~5").has_usable_password()


def test_nobody_can_sign_up_as_a_simulated_person() -> None:
    body = {"username": "sim~7~5", "password": "a long and good one"}
    assert Caller().send("POST", "/api/v1/accounts", body).status_code == 400


def test_the_audit_of_a_sound_marketplace_finds_nothing(host: User) -> None:
    answer = with_token(host, Scope.SANDBOX).send("GET", "/api/v1/sandbox/audit")
    assert answer.json() == {"object": "audit", "findings": []}
