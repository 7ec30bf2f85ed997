"""A run that stops anywhere goes on from there, and comes to what an undisturbed one comes to."""

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import transaction

from marketplace.actions.brands import create_brand
from marketplace.lib import clock
from marketplace.models import Brand, User
from orders.actions import settle as settling
from orders.actions.settle import settle
from orders.models import Account, Order, OrderLine, SettledLine, SettlementRun, Statement, Transfer
from orders.settlement.periods import next_end
from orders.tasks import sweep_completed_lines, sweep_settlement
from tests.ledger.books import balance
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop
from tests.orders.test_expiry import at_once
from tests.orders.times import findings
from tests.orders.times import settle as settle_all
from tests.servers import Ours, Worker, wait_until
from tests.settlement.sales import deliver, give_back, sell
from tests.system.holds import wait_until_somebody_waits

#: Where, and at which call, the worker goes.
KILLS = (
    ("settle_brands", 1),
    ("settle_brands", 2),
    ("attach_claw_backs", 1),
    ("open_statements", 1),
    ("close_statements", 1),
)


class Killed(Exception):
    """The worker is gone."""


def killed(real: Callable[..., Any], *, time: int, after: bool) -> Callable[..., Any]:
    """Return a step that kills its worker at a call: before its work, or before the commit of it."""
    calls = count(1)

    def step(*args: Any, **kwargs: Any) -> Any:
        last = next(calls) == time
        if last and not after:
            raise Killed
        answer = real(*args, **kwargs)
        if last:
            raise Killed
        return answer

    return step


def trade(shop: Shop, buyer: User, owner: User, hours: Hours) -> Brand:
    """Have sales of two brands wait for the end of the period, and let it end."""
    orders = [sell(shop, buyer) for _ in range(3)]
    deliver(shop, *orders, hours=hours, days=9)
    other = create_brand(actor=owner, name="Other", country="CN", now=clock.now())
    OrderLine.objects.filter(order=orders[0]).update(brand=other)
    hours.move((next_end(clock.now()) - clock.now()).total_seconds())
    sweep_completed_lines()
    return other


def result(shop: Shop, other: Brand) -> dict[str, Any]:
    return {
        "lines": SettledLine.objects.count(),
        "transfers": Transfer.objects.filter(kind="settlement").count(),
        "statements": sorted(Statement.objects.values_list("owner", "lines", "net", "state")),
        "paid": [balance("brand_payable", owner=brand.id) for brand in (shop.brand, other)],
        "escrow": balance("escrow"),
        "findings": findings(),
    }


def wanted(shop: Shop, other: Brand) -> dict[str, Any]:
    return {
        "lines": 3,
        "transfers": 2,
        "statements": sorted(
            [
                (shop.brand.id, 2, 5986, "closed"),
                (other.id, 1, 2993, "closed"),
                (shop.session.streamer_id, 3, 2394, "closed"),
            ]
        ),
        "paid": [5986, 2993],
        "escrow": 0,
        "findings": [],
    }


@pytest.mark.django_db
@pytest.mark.parametrize("after", (False, True))
def test_a_run_that_is_killed_goes_on(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    other = trade(shop, buyer, brand_owner, hours)
    monkeypatch.setattr(settling, "CHUNK", 1)
    for step, time in KILLS:
        with monkeypatch.context() as broken:
            broken.setattr(settling, step, killed(getattr(settling, step), time=time, after=after))
            with pytest.raises(Killed):
                settle(now=clock.now())
        if time == 2:
            assert SettledLine.objects.values("brand").distinct().count() == 1
        assert "settlement.payable_differs" not in " ".join(findings())
    settle(now=clock.now())
    assert result(shop, other) == wanted(shop, other)


@pytest.mark.needs("scaled")
@pytest.mark.django_db(transaction=True)
def test_a_celery_worker_killed_in_the_middle_leaves_its_run_to_the_next(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours, launch: Callable[..., Ours]
) -> None:
    other = trade(shop, buyer, brand_owner, hours)
    with transaction.atomic():
        Account.objects.select_for_update().get(kind="escrow")  # where every settlement takes from
        worker = launch(Worker)
        sweep_settlement.delay()
        wait_until_somebody_waits()
        worker.kill()
    assert SettlementRun.objects.filter(stage="lines").count() == 1
    assert (SettledLine.objects.count(), balance("escrow")) == (0, 11_970)
    launch(Worker)
    sweep_settlement.delay()
    wait_until(
        lambda: Statement.objects.filter(state="closed").count() == 3, seconds=20, what="it is settled"
    )
    wait_until(lambda: not SettlementRun.objects.exclude(stage="done"), seconds=20, what="all runs are done")
    assert result(shop, other) == wanted(shop, other)


@pytest.mark.django_db(transaction=True)
def test_two_workers_settle_every_line_once(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = trade(shop, buyer, brand_owner, hours)
    monkeypatch.setattr(settling, "CHUNK", 1)
    runs = at_once(*(lambda: settle(now=clock.now()).id for _ in range(3)))
    assert len(set(runs)) == 1
    assert SettlementRun.objects.get(id=str(runs[0])).stage == "done"
    assert result(shop, other) == wanted(shop, other)


@pytest.mark.django_db(transaction=True)
def test_a_refund_beside_a_run_comes_from_escrow_or_from_the_parties(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours
) -> None:
    trade(shop, buyer, brand_owner, hours)
    orders = Order.objects.order_by("id")
    refunds = [partial(give_back, order, 1_000) for order in orders]
    answers = at_once(partial(settle, now=clock.now()), *refunds)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    settle_all()
    rows = SettledLine.objects.all()
    assert (rows.filter(refund="").count(), sum(row.refunded for row in rows)) == (3, 3_000)
    assert (balance("escrow"), findings()) == (0, [])
