"""Payouts: sent once whatever the bank does, never more than is owed, and the books agree at every step."""

from datetime import datetime
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from marketplace.lib import clock
from marketplace.lib.ids import new_id
from marketplace.lib.money import Money
from marketplace.models import User
from orders.actions import settle as settling
from orders.actions.pay_out import hear_bank, make_payouts, send_payouts
from orders.models import (
    Hold,
    Order,
    Payout,
    SettlementRun,
    SimulatedBankTransfer,
    Statement,
    Transfer,
)
from orders.payments.bank import desk
from orders.settlement.split import split
from orders.tasks import sweep_completed_lines, sweep_parcels, sweep_payouts
from tests.ledger.books import balance, entries_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, caller, ship
from tests.orders.times import findings, later, settle
from tests.settlement.sales import DAY, back_for, deliver, end_period, give_back, sell

pytestmark = pytest.mark.django_db

SPECIAL = {desk.FAILS, desk.LATE, desk.TWICE, desk.SILENT}


def owe(shop: Shop, buyer: User, hours: Hours, *, ending: int) -> Order:
    """Settle a sale of which the brand's part ends in these digits, and the streamer's in none special."""
    order = sell(shop, buyer)
    for back in range(1, 2_000):
        parts = split(Money(3990 - back, "CNY"), rate_bp=2_000, agency_share_bp=0, fee_bp=500)
        if parts.brand.amount % 100 == ending and parts.streamer.amount % 100 not in SPECIAL:
            break
    give_back(order, back)
    deliver(shop, order, hours=hours)
    end_period(hours)
    Hold.objects.update(released_at=clock.now())  # much came back: no reserve in these tests
    return order


def of_brand(shop: Shop) -> Payout:
    return Payout.objects.get(owner=shop.brand.id)


def test_what_is_owed_is_paid_from_the_bank_account(shop: Shop, buyer: User, hours: Hours) -> None:
    deliver(shop, sell(shop, buyer), hours=hours)
    end_period(hours)
    sweep_payouts()
    payout = of_brand(shop)
    assert (payout.state, payout.amount, payout.party) == ("done", 2993, "brand")
    transfer = Transfer.objects.get(key=f"payout:{payout.id}")
    assert (transfer.kind, transfer.subject) == ("payout", payout.id)
    assert [entry[:2] for entry in entries_of(transfer)] == [("brand_payable", -2993), ("bank", 2993)]
    assert set(Statement.objects.values_list("state", flat=True)) == {"paid"}
    assert findings() == []
    later(hours, 2 * DAY)
    sweep_payouts()
    assert Payout.objects.count() == 2  # brand and streamer, once each


@pytest.mark.parametrize("ending", sorted(SPECIAL))
def test_whatever_the_bank_does_money_is_sent_once(
    shop: Shop, buyer: User, hours: Hours, ending: int
) -> None:
    owe(shop, buyer, hours, ending=ending)
    owed = balance("brand_payable", owner=shop.brand.id)
    sweep_payouts()
    first = {desk.FAILS: "failed", desk.LATE: "sent", desk.TWICE: "done", desk.SILENT: "sent"}[ending]
    assert of_brand(shop).state == first
    paid = {"failed": "failed", "sent": "closed", "done": "paid"}[first]
    assert Statement.objects.get(owner=shop.brand.id).state == paid
    assert findings() == []
    for _ in range(2):
        later(hours, DAY)
        sweep_payouts()
    assert (of_brand(shop).state, of_brand(shop).amount) == ("done", owed)
    orders = SimulatedBankTransfer.objects.filter(reference=of_brand(shop).id).exclude(state="failed")
    assert (orders.count(), balance("brand_payable", owner=shop.brand.id)) == (1, 0)
    assert Statement.objects.get(owner=shop.brand.id).state == "paid"
    assert findings() == []


def test_a_payout_that_fails_late_says_nothing_of_a_newer_statement(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    owe(shop, buyer, hours, ending=desk.LATE)
    sweep_payouts()
    older = Statement.objects.get(owner=shop.brand.id)
    later(hours, DAY // 2)
    now = clock.now()
    run = SettlementRun.objects.create(period_start=now, period_end=now, stage="done", started_at=now)
    newer = Statement.objects.get(id=older.id)
    newer.id, newer.run, newer.payout, newer.created_at = new_id("stm"), run, None, now
    newer.save(force_insert=True)
    SimulatedBankTransfer.objects.filter(reference=of_brand(shop).id).update(
        state="failed", failure_code="account_closed", resolves_at=now
    )
    sweep_payouts()
    assert of_brand(shop).state == "failed"
    states = dict(Statement.objects.filter(owner=shop.brand.id).values_list("id", "state"))
    assert states == {older.id: "failed", newer.id: "closed"}


def test_a_payout_between_two_runs_is_of_the_first_ones_statements(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sell(shop, buyer), sell(shop, buyer)
    give_back(first, back_for(desk.LATE))
    deliver(shop, first, hours=hours, days=9)
    assert ship(caller(shop.owner), second).status_code == 201
    for days in (9, 9, 7):  # nobody settles meanwhile
        hours.move(days * DAY)
        sweep_parcels()
        sweep_completed_lines()
    began = clock.now()
    hours.move(1)
    one_run = settling._settle

    def run_and_pay(*period: Any, now: datetime) -> SettlementRun:
        run = one_run(*period, now=now)
        sweep_payouts()
        return run

    monkeypatch.setattr(settling, "_settle", run_and_pay)
    settling.settle(now=began)
    older, newer = Statement.objects.filter(owner=shop.brand.id).order_by("id")
    assert Payout.objects.filter(owner=shop.brand.id, sent_at__gt=newer.created_at).exists()
    hours.move(DAY)
    hear_bank(now=clock.now())
    states = Statement.objects.filter(owner=shop.brand.id).order_by("id").values_list("state", flat=True)
    assert (of_brand(shop).amount, list(states)) == (older.net, ["paid", "closed"])
    sweep_payouts()
    assert (list(states.all()), findings()) == (["paid", "paid"], [])


def test_a_sweep_that_began_before_a_run_ended_pays_the_statements_of_the_run(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    deliver(shop, sell(shop, buyer), hours=hours, days=9)
    began = clock.now()
    end_period(hours)
    make_payouts(now=began)
    assert send_payouts(now=began) == 2  # after others that took it the time
    assert Statement.objects.earliest("created_at").created_at > began
    assert set(Statement.objects.values_list("state", flat=True)) == {"paid"}


def test_a_payout_on_its_way_when_the_database_is_migrated_pays_its_statements(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    owe(shop, buyer, hours, ending=desk.LATE)
    sweep_payouts()
    Statement.objects.update(payout=None)
    migration = import_module("orders.migrations.0012_statement_payout")
    migration.find_those_on_their_way(apps, None)
    hours.move(DAY)
    sweep_payouts()
    assert Statement.objects.get(owner=shop.brand.id).state == "paid"


def test_a_payout_that_failed_waits_for_a_run_that_is_on_its_way(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    owe(shop, buyer, hours, ending=desk.FAILS)
    sweep_payouts()
    SettlementRun.objects.update(stage="closing")  # what is kept back of it is not known yet
    hours.move(DAY)
    sweep_payouts()
    assert of_brand(shop).state == "failed"
    SettlementRun.objects.update(stage="done")
    sweep_payouts()
    assert (of_brand(shop).state, findings()) == ("done", [])


def test_a_debt_is_carried_forward(shop: Shop, buyer: User, hours: Hours) -> None:
    order = sell(shop, buyer)
    deliver(shop, order, hours=hours)
    end_period(hours)
    sweep_payouts()
    give_back(order, 3990)
    settle()
    later(hours, 7 * DAY)
    sweep_payouts()
    assert balance("brand_payable", owner=shop.brand.id) == -2993
    assert (Payout.objects.filter(owner=shop.brand.id).count(), findings()) == (1, [])
    deliver(shop, sell(shop, buyer, quantity=3), hours=hours)
    end_period(hours)
    Hold.objects.update(released_at=clock.now())
    sweep_payouts()
    assert Payout.objects.filter(owner=shop.brand.id).latest("id").amount == 8978 - 2993
    assert findings() == []


def test_a_reserve_is_paid_when_it_is_let_go(shop: Shop, buyer: User, hours: Hours) -> None:
    order = sell(shop, buyer)
    give_back(order, 2_000)
    deliver(shop, order, hours=hours)
    end_period(hours)
    hold = Hold.objects.get(statement__owner=shop.brand.id)
    sweep_payouts()
    assert of_brand(shop).amount + hold.amount == Statement.objects.get(owner=shop.brand.id).net
    later(hours, 30 * DAY)
    sweep_payouts()
    amounts = Payout.objects.filter(owner=shop.brand.id).order_by("id").values_list("amount", flat=True)
    assert list(amounts)[1:] == [hold.amount]
    assert (balance("brand_payable", owner=shop.brand.id), findings()) == (0, [])


def test_a_payout_that_failed_is_sent_again_with_what_is_owed_then(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    order = owe(shop, buyer, hours, ending=desk.FAILS)
    sweep_payouts()
    give_back(order, 1_000)
    left = balance("brand_payable", owner=shop.brand.id)
    later(hours, DAY)
    sweep_payouts()
    assert (of_brand(shop).state, of_brand(shop).amount, of_brand(shop).declined) == ("done", left, 1)
    assert findings() == []
