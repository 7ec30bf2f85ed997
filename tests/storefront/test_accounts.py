"""Signing up, in and out, and the demo viewer."""

import pytest
from django.conf import settings
from pytest_django import Settings

from marketplace.models import User
from tests.marketplace.rest_callers import Caller
from tests.people import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_in("embedded")]


def who(browser: Caller) -> str:
    return str(browser.get("/api/v1/me").json().get("username", ""))


def test_sign_up_sign_out_sign_in(nobody: Caller) -> None:
    typed = {"username": "nina", "password": "a long and good one", "next": "/orders"}
    answer = nobody.post("/sign-up", typed)
    assert (answer.status_code, answer["Location"], who(nobody)) == (302, "/orders", "nina")
    assert nobody.post("/sign-out")["Location"] == "/"
    assert who(nobody) == ""
    assert nobody.post("/sign-in", typed)["Location"] == "/orders"
    assert who(nobody) == "nina"


def test_a_weak_password_keeps_the_name_and_makes_nobody(nobody: Caller) -> None:
    answer = nobody.post("/sign-up", {"username": "nina", "password": "12345"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="nina"' in page
    assert "12345" not in page
    assert not User.objects.exists()


def test_a_wrong_password_says_so(nobody: Caller, buyer: User) -> None:
    answer = nobody.post("/sign-in", {"username": buyer.username, "password": "wrong"})
    assert (answer.status_code, b"The name or the password is wrong." in answer.content) == (401, True)
    assert nobody.post("/sign-in", {"username": buyer.username, "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("elsewhere", ("https://evil.example/", "//evil.example", "javascript:alert(1)"))
def test_next_never_leaves_the_site(nobody: Caller, buyer: User, elsewhere: str) -> None:
    typed = {"username": buyer.username, "password": PASSWORD, "next": elsewhere}
    assert nobody.post("/sign-in", typed)["Location"] == "/"


def test_tries_are_limited(nobody: Caller, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": "2/m"}
    statuses = [nobody.post("/sign-in", {"username": "x", "password": "y"}).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]
    assert nobody.post("/demo-viewer").status_code == 429


def test_a_browser_has_one_demo_viewer(nobody: Caller) -> None:
    assert nobody.post("/demo-viewer", {"next": "/orders"})["Location"] == "/orders"
    name = who(nobody)
    assert name.startswith("demo-")
    nobody.post("/sign-out")
    nobody.post("/demo-viewer")
    assert (who(nobody), User.objects.count()) == (name, 1)
    other = Caller()
    other.post("/demo-viewer")
    assert who(other) not in {"", name}


def test_production_has_no_demo_viewer(nobody: Caller, settings: Settings) -> None:
    settings.SANDBOX = False
    assert nobody.post("/demo-viewer").status_code == 404
    assert not User.objects.exists()


def test_posts_need_the_csrf_token() -> None:
    for path in ("/sign-in", "/sign-up", "/sign-out", "/demo-viewer"):
        assert Caller(enforce_csrf_checks=True).post(path).status_code == 403
    assert settings.CSRF_COOKIE_NAME == "csrftoken"
