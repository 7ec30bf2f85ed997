"""``manage.py clock``, and what production does about a clock that was moved."""

import io
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError, SystemCheckError
from pytest_django import Settings

from marketplace import clock_follower
from marketplace.lib import clock
from marketplace.models import SandboxClock, User
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, states_of
from tests.servers import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]


def said(*words: str) -> str:
    out = io.StringIO()
    call_command("clock", *words, stdout=out)
    return out.getvalue()


def test_the_command_shows_and_moves(shop: Shop, hours: Hours, buyer: User) -> None:
    order = buy(shop, buyer)
    assert said() == "It is 2026-11-11T20:00:00.000Z, 0:00:00 ahead of this machine.\n"
    expired, now = said("advance", "7d").splitlines()
    assert expired.split() == [clock.to_wire(order.pay_by), "1", "order.expired"]
    assert now == "It is 2026-11-18T20:00:00.000Z, 7 days, 0:00:00 ahead of this machine."
    assert states_of(order) == ["expired"]


@pytest.mark.parametrize("by", ("7", "d", "0d", "401d", "1.5h", "1w", ""))
def test_the_command_says_what_it_takes(by: str) -> None:
    with pytest.raises(CommandError, match="is not a time such as 90s"):
        said("advance", f"{by}")
    assert not SandboxClock.objects.exists()


def test_a_process_that_starts_later_goes_by_the_row(hours: Hours) -> None:
    SandboxClock.objects.create(ahead=timedelta(days=3))
    clock_follower.follow()
    assert clock.to_wire(clock.now()) == "2026-11-14T20:00:00.000Z"


def test_production_ignores_the_row_and_is_not_let_near_it(settings: Settings) -> None:
    SandboxClock.objects.create(ahead=timedelta(days=3))
    settings.SANDBOX, settings.PRODUCTION = False, True
    settings.ALLOWED_HOSTS, settings.GATEWAY_URL = ["shop.example"], "https://pay.example/v1"
    clock_follower.follow()
    clock_follower.start()
    assert clock.ahead() == timedelta(0)
    with pytest.raises(CommandError, match="only a sandbox"):
        said()
    with pytest.raises(SystemCheckError, match=r"hawker\.E007"):
        call_command("check", tags=["database"], databases=["default"])
    SandboxClock.objects.update(ahead=timedelta(0))
    call_command("check", tags=["database"], databases=["default"])


def test_production_has_no_address_for_it() -> None:
    ask = (
        "import django; django.setup()\n"
        "from django.urls import Resolver404, resolve\n"
        "for path in ('/sandbox/clock', '/api/v1/sandbox/clock', '/api/v1/sandbox/clock/advance'):\n"
        "    try:\n        print('found', resolve(path))\n"
        "    except Resolver404:\n        print('none')\n"
    )
    secret = "whsec_YS1zZWNyZXQtdGhhdC1vbmx5LXRoaXMtdGVzdC1rbm93cw=="
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "marketplace.settings",
        "MARKETPLACE_MODE": "production",
        "SECRET_KEY": "x" * 60,
        "GATEWAY_KEY": "a-key",
        "GATEWAY_WEBHOOK_SECRET": secret,
    }
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["none"] * 3
