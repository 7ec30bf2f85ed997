"""A month of a show in seconds: all that can become of an order does, and every cent is accounted for."""

import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from marketplace.actions.brands import create_brand
from marketplace.lib import clock
from marketplace.models import Brand, User
from orders.models import Order, OrderLine, Payout, SettlementRun, Statement
from orders.settlement.commissions import STATES
from refunds.models import Refund, Return
from refunds.return_states import TERMINAL
from tests.clock.month import DAY, TIME_TO_PAY, Month, live
from tests.ledger.books import balance
from tests.marketplace.rest_callers import Caller
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import PRICE, open_show
from tests.orders.times import findings
from tests.people import sign_up
from tests.security.world import undone
from tests.settlement.rows import settled_rows, sold_rows

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.only_in("embedded"),
    pytest.mark.usefixtures("evidence_folder", "unlimited"),
]

ADVANCE = "/api/v1/sandbox/clock/advance"
ORDERS, FEW_ORDERS = 500, 43


@pytest.fixture
def unlimited(settings: Settings) -> None:
    """Let one person do in a moment what takes people days."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/s")


@pytest.fixture
def open_month(
    hours: Hours, brand: Brand, brand_owner: User, host: User, admin: User
) -> Callable[[int], Month]:
    """Return a function that opens two shows in which so many orders will be placed."""
    baker, hugo = sign_up("baker"), sign_up("hugo")
    bakery = create_brand(actor=baker, name="Bakery", country="CN", now=clock.now())
    show = open_show(brand, brand_owner, host, admin, variants=2)
    return lambda orders: Month(show, open_show(bakery, baker, hugo, admin), admin, orders=orders)


def go(mover: Caller, seconds: int) -> None:
    """Move the clock, as often as it takes."""
    while seconds:
        move = mover.send("POST", ADVANCE, {"seconds": seconds}).json()
        assert move["failed"] == [], move
        seconds = move["left_seconds"]


def test_a_month_of_five_hundred_orders(open_month: Callable[[int], Month], mover: Caller) -> None:
    month, began = open_month(ORDERS), clock.now()

    live(month, partial(go, mover))

    assert (Order.objects.count(), (clock.now() - began).days) == (ORDERS, 30)
    reached = month.reached()
    assert reached["line"] == set(OrderLine.State.values)
    assert reached["return"] == set(Return.State.values)
    assert reached["refund"] == set(Refund.State.values)
    assert reached["commission"] == set(STATES)
    assert reached["payout"] == {"sent", "done", "failed"}  # none waits: it is made and sent in one sweep
    assert reached["statement"] == {"closed", "paid", "failed"}  # nor is one open after its run
    assert reached["payment"] >= {"processing", "captured", "failed", "partly_refunded", "refunded"}
    assert findings() == []
    assert _trial_balance()[-1][0] == "total"
    _check_that_all_is_over(began)


def _check_that_all_is_over(began: Any) -> None:
    """See that nothing waits any more, but for the one order that nobody ships."""
    assert set(Return.objects.values_list("state", flat=True)) <= TERMINAL
    assert set(Refund.objects.values_list("state", flat=True)) == {"done"}
    assert set(Payout.objects.values_list("state", flat=True)) == {"done"}
    assert (OrderLine.objects.filter(state="paid").count(), balance("escrow")) == (1, PRICE.amount)
    runs = SettlementRun.objects.order_by("period_start")
    weeks = [(run.period_start, run.stage) for run in runs]
    monday = weeks[0][0]
    assert [(monday + number * timedelta(days=7), "done") for number in range(3)] == weeks
    assert Statement.objects.filter(run__in=runs).exclude(closed_at=None).count() == Statement.objects.count()


def _trial_balance() -> list[list[str]]:
    """Print the trial balance, and return its rows; debit and credit are even."""
    printed = StringIO()
    call_command("trial_balance", stdout=printed)
    sys.stdout.write(printed.getvalue())
    rows = [line.split() for line in printed.getvalue().splitlines() if line]
    assert rows[-1][-1] == rows[-1][-2]
    return rows


def test_a_jump_of_thirty_days_comes_to_what_thirty_days_come_to(
    open_month: Callable[[int], Month], mover: Caller
) -> None:
    month = open_month(FEW_ORDERS)
    month.sell()
    go(mover, TIME_TO_PAY)
    month.sell_what_came_back()
    go(mover, DAY - TIME_TO_PAY)
    month.ship()
    go(mover, 5 * DAY)
    month.ask_back()
    month.see_to_refunds()
    found, stood = [], clock.ahead()
    for steps in (1, 30):
        with undone():
            for _ in range(steps):
                go(mover, 30 * DAY // steps)
            found.append({**sold_rows(), **settled_rows()})
        clock.set_ahead(stood)
    jumped, walked = found
    assert (jumped["findings"], len(jumped["runs"])) == ([], 2)
    for table, rows in walked.items():
        assert jumped[table] == rows, table
