"""The clock's page: without JavaScript, for everybody to see and for whoever is signed in to press."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from marketplace.actions.move_clock import claim_clock
from marketplace.lib import clock
from marketplace.models import SandboxClock, User
from tests.marketplace.rest_callers import Caller, with_cookie
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, states_of

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]

PAGE = "/sandbox/clock"
DAY = 86_400


def shown(browser: Caller) -> str:
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_press_moves_the_clock_and_the_page_says_what_ran(
    shop: Shop, hours: Hours, buyer: User, outsider: User
) -> None:
    order, otto = buy(shop, buyer), with_cookie(outsider)
    assert "11 Nov 2026, 20:00:00 UTC" in shown(otto)
    answer = otto.post(PAGE, {"seconds": str(DAY)})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    page = shown(with_cookie(buyer))
    assert "12 Nov 2026, 20:00:00 UTC" in page
    assert "1\xa0day ahead of the world" in page
    assert "<td>order expired</td>" in page
    assert states_of(order) == ["expired"]


def test_who_is_not_signed_in_sees_it_and_may_not_press(hours: Hours) -> None:
    nobody = Caller()
    page = shown(nobody)
    assert "Sign in to move it" in page
    assert 'name="seconds"' not in page
    answer = nobody.post(PAGE, {"seconds": str(DAY)})
    assert answer["Location"] == "/sign-in?next=%2Fsandbox%2Fclock"
    assert clock.ahead() == timedelta(0)


def test_a_press_needs_its_form(hours: Hours, outsider: User) -> None:
    assert with_cookie(outsider, checked=True).post(PAGE, {"seconds": str(DAY)}).status_code == 403
    for seconds in ("", "1", "-86400", "x" * 5_000, str(400 * DAY)):
        assert with_cookie(outsider).post(PAGE, {"seconds": seconds}).status_code == 400
    assert clock.ahead() == timedelta(0)


def test_presses_are_limited_and_wait_for_each_other(
    hours: Hours, outsider: User, settings: Settings
) -> None:
    otto = with_cookie(outsider)
    claim_clock(holder="somebody")
    answer = otto.post(PAGE, {"seconds": str(DAY)})
    assert (answer.status_code, answer["Retry-After"]) == (409, "1")
    assert b"being moved by somebody else" in answer.content
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "default": "20/m"}
    assert otto.post(PAGE, {"seconds": str(DAY)}).status_code == 429
    assert SandboxClock.objects.get().ahead == timedelta(0)


def test_the_page_is_strict_and_its_link_is_on_every_page_of_the_sandbox(
    outsider: User, settings: Settings
) -> None:
    policy = Caller().get(PAGE)["Content-Security-Policy"]
    assert "unsafe" not in policy
    link = b'<a href="/sandbox/clock">Clock</a>'
    assert link in Caller().get("/").content
    settings.SANDBOX = False
    assert link not in Caller().get("/").content
