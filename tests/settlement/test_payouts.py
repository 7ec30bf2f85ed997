"""Payouts: sent once whatever the bank does, never more than is owed, and the books agree at every step."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.lib import clock
from marketplace.lib.ids import new_id
from marketplace.lib.money import Money
from marketplace.models import User
from orders.models import (
    Hold,
    Order,
    Payout,
    SettledLine,
    SettlementRun,
    SimulatedBankTransfer,
    Statement,
    Transfer,
)
from orders.payments.bank import desk
from orders.settlement.split import split
from orders.tasks import sweep_payouts, sweep_settlement
from tests.ledger.books import balance, entries_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, caller, ship
from tests.orders.times import findings, later, settle
from tests.plugin import dealt
from tests.security.world import undone
from tests.settlement.sales import DAY, deliver, end_period, give_back, sell

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
    newer.id, newer.run, newer.created_at = new_id("stm"), run, now
    newer.save(force_insert=True)
    SimulatedBankTransfer.objects.filter(reference=of_brand(shop).id).update(
        state="failed", failure_code="account_closed", resolves_at=now
    )
    sweep_payouts()
    assert of_brand(shop).state == "failed"
    states = dict(Statement.objects.filter(owner=shop.brand.id).values_list("id", "state"))
    assert states == {older.id: "failed", newer.id: "closed"}


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


class Trade:
    """A shop in which everything happens that can happen to money."""

    def __init__(self, shop: Shop, buyer: User, hours: Hours) -> None:
        self.shop, self.buyer, self.hours = shop, buyer, hours

    def sell(self, number: int) -> None:
        """Sell some units."""
        if self.shop.taken() < 7:
            sell(self.shop, self.buyer, quantity=1 + number % 2)

    def ship(self, _: int) -> None:
        """Ship what is paid."""
        for order in Order.objects.filter(lines__state="paid"):
            ship(caller(self.shop.owner), order)

    def give_back(self, number: int) -> None:
        """Refund a part of some line; of one that is settled sometimes all that is left."""
        lines = [line for order in Order.objects.order_by("id") for line in order.lines.all()]
        open_ = [line for line in lines if line.state in {"delivered", "completed"}]
        if open_:
            line = open_[number % len(open_)]
            left = line.amount - line.refunded
            whole = number % 3 == 0 and line.settled.exists()
            back = left if whole else left * (number % 10) // 10
            if back:
                give_back(line.order, back)
                settle()

    def settle(self, _: int) -> None:
        """Let the period end."""
        end_period(self.hours)

    def pay_out(self, _: int) -> None:
        """Let the bank work."""
        sweep_payouts()

    def wait(self, number: int) -> None:
        """Let days go by."""
        later(self.hours, (1, 3, 8)[number % 3] * DAY)


DEEDS = ("sell", "sell", "ship", "give_back", "settle", "pay_out", "wait")


@settings(
    max_examples=len(dealt(range(6))),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 30)), min_size=6, max_size=14))
def test_every_cent_is_where_it_should_be_after_every_deed(
    shop: Shop, buyer: User, hours: Hours, deeds: list[tuple[str, int]]
) -> None:
    with undone():
        trade = Trade(shop, buyer, hours)
        sell(shop, buyer)
        for name, number in [*deeds, ("ship", 0), ("wait", 2), ("wait", 2), ("settle", 0), ("pay_out", 0)]:
            getattr(trade, name)(number)
            assert findings() == []
        for row in SettledLine.objects.filter(refund="").select_related("line"):
            rows = SettledLine.objects.filter(line=row.line)
            kept = sum(
                each.brand_part + each.streamer_part + each.agency_part + each.platform_part for each in rows
            )
            assert kept == row.line.amount - row.line.refunded
        sweep_settlement()
        assert findings() == []
