"""A month of a show, moved by hand on the clock's page: the same is reached as over the API."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest
from pytest_django import Settings

from marketplace import clock_follower
from marketplace.actions.brands import create_brand
from marketplace.actions.tokens import create_token
from marketplace.lib import clock
from marketplace.models import User
from marketplace.models.tokens import Scope
from orders.models import OrderLine, Payout, Statement
from orders.settlement.commissions import STATES
from refunds.models import Refund, Return
from refunds.return_states import TERMINAL
from tests.browser.conftest import Meet
from tests.browser.person import Person
from tests.browser.site import Site
from tests.browser.test_clock import servers_stopped
from tests.clock.month import DAY, Month, live
from tests.flush import empty_tables
from tests.orders.shop import open_show
from tests.orders.times import findings
from tests.people import PASSWORD, sign_up
from tests.security.world import session_key
from tests.servers import ROOT

__all__ = ["servers_stopped"]

pytestmark = pytest.mark.only_in("embedded")

ORDERS = 43


class Presses:
    """Days go by on the clock's page, what is less over the API."""

    def __init__(self, person: Person, site: Site, secret: str) -> None:
        self._person, self._site, self._secret = person, site, secret

    def pass_by(self, seconds: int) -> None:
        """Let so much time go by, and go by it in this process too."""
        days, rest = divmod(seconds, DAY)
        if rest:
            answer = httpx.post(
                f"{self._site.url}/api/v1/sandbox/clock/advance",
                json={"seconds": rest},
                headers={"Authorization": f"Bearer {self._secret}"},
                timeout=60,
            )
            assert (answer.status_code, answer.json()["left_seconds"]) == (200, 0), answer.text
        weeks, days = divmod(days, 7)
        for name in ["7 days"] * weeks + ["1 day"] * days:
            self._press(name)
        self._site.ask(clock_follower.follow)

    def _press(self, name: str) -> None:
        page = self._person.page
        self._person.visit("/sandbox/clock")
        with page.expect_navigation(timeout=60_000):
            page.get_by_role("button", name=f"Move ahead by {name}").click()
        assert page.get_by_role("heading", name="The last move").is_visible()
        assert page.get_by_text("Press again").count() == 0
        assert page.get_by_text("Some of the work failed").count() == 0


def open_month() -> tuple[Month, User, str]:
    """Empty the world, open two shows in it, and return the month, who presses, and their token."""
    empty_tables()
    names = ("olga", "hana", "baker", "hugo")
    olga, hana, baker, hugo = (sign_up(name) for name in names)
    admin = User.objects.create_superuser("ada", password=PASSWORD, date_joined=clock.now())
    brands = [
        create_brand(actor=owner, name=name, country="CN", now=clock.now())
        for owner, name in ((olga, "Mountain Tea"), (baker, "Bakery"))
    ]
    show = open_show(brands[0], olga, hana, admin, variants=2)
    month = Month(show, open_show(brands[1], baker, hugo, admin), admin, orders=ORDERS)
    scopes = [Scope.SANDBOX]
    secret = create_token(user=admin, name="clock", scopes=scopes, expires_at=None, now=clock.now())[1]
    return month, admin, secret


def until_wednesday_evening() -> int:
    """Return the seconds until the next Wednesday, eight o'clock in the evening."""
    now = clock.now()
    evening = now.replace(hour=20, minute=0, second=0, microsecond=0) + timedelta(
        days=(2 - now.weekday()) % 7
    )
    return int((evening - now).total_seconds()) % (7 * DAY)


def test_a_month_on_the_page_of_the_clock(
    site: Site, meet: Meet, settings: Settings, server_environment: Mapping[str, str]
) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/s")
    month, admin, secret = site.ask(open_month)
    person = meet()
    person.sign_in_by(site.ask(lambda: session_key(admin)))
    presses = Presses(person, site, secret)
    presses.pass_by(site.ask(until_wednesday_evening))
    began = site.ask(clock.now)

    live(month, presses.pass_by, act=site.ask)

    assert (site.ask(clock.now) - began).days == 30
    reached = site.ask(month.reached)
    assert reached["line"] == set(OrderLine.State.values)
    assert reached["return"] == set(Return.State.values)
    assert reached["refund"] == set(Refund.State.values)
    assert reached["commission"] == set(STATES)
    assert reached["payout"] == {"sent", "done", "failed"}
    assert reached["statement"] == {"closed", "paid", "failed"}
    over = site.ask(
        lambda: (
            set(Return.objects.values_list("state", flat=True)) - TERMINAL,
            set(Payout.objects.values_list("state", flat=True)),
            Statement.objects.filter(closed_at=None).count(),
            findings(),
        )
    )
    assert over == (set(), {"done"}, 0, [])
    printed = subprocess.run(
        [sys.executable, "manage.py", "trial_balance"],
        cwd=ROOT,
        env={**os.environ, **server_environment, "DJANGO_SETTINGS_MODULE": "marketplace.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    sys.stdout.write(printed.stdout)
    total = printed.stdout.split("total")[-1].split()
    assert total[0] == total[1] != "0.00"
