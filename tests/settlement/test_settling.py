"""Sales that are final leave escrow for the parties; statements say what each is owed, to the cent."""

from datetime import timedelta

import pytest

from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import User
from orders.actions.settle import settle
from orders.models import Hold, ReserveTier, SettledLine, SettlementRun, Statement, Transfer
from orders.settlement.holds import hold_line, release_line
from orders.settlement.periods import next_end
from orders.tasks import sweep_completed_lines, sweep_parcels
from streams.models import Collaboration
from tests.ledger.books import balance, entries_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, caller, ship
from tests.orders.times import findings, later
from tests.orders.times import settle as settle_all
from tests.settlement.sales import DAY, deliver, end_period, give_back, parts_of, represent, sell

pytestmark = pytest.mark.django_db


def test_a_final_sale_is_split_by_the_terms_on_its_line(shop: Shop, buyer: User, hours: Hours) -> None:
    streamer = shop.session.streamer
    agency = represent(streamer, share_bp=1_500)
    order = sell(shop, buyer)
    Collaboration.objects.update(rate_bp=9_000)  # touches no line that is sold
    deliver(shop, order, hours=hours)
    end_period(hours)
    # 39.90 at 20 %: 7.98, of which the agency has 15 %; the fee is 5 %, 1.995
    assert parts_of(order) == [(2993, 678, 120, 199)]
    transfer = Transfer.objects.get(kind="settlement")
    run = SettlementRun.objects.get(id=transfer.subject)
    assert sorted(entry[:2] for entry in entries_of(transfer)) == [
        ("agency_payable", 120),
        ("brand_payable", 2993),
        ("escrow", -3990),
        ("platform_revenue", 199),
        ("streamer_payable", 678),
    ]
    assert balance("agency_payable", owner=agency.id) == 120
    assert (balance("escrow"), run.stage, findings()) == (0, "done", [])


def test_a_statement_is_closed_for_each_party_once(shop: Shop, buyer: User, hours: Hours) -> None:
    orders = [sell(shop, buyer, quantity=quantity) for quantity in (1, 2)]
    deliver(shop, *orders, hours=hours)
    end_period(hours)
    statements = Statement.objects.order_by("party")
    said = [
        (one.party, one.owner, one.lines, one.gross, one.commission, one.fee, one.net) for one in statements
    ]
    assert said == [
        ("brand", shop.brand.id, 2, 11970, 2394, 598, 8978),
        ("streamer", shop.session.streamer_id, 2, 11970, 2394, 598, 2394),
    ]
    assert {one.state for one in statements} == {"closed"}
    before = (SettledLine.objects.count(), Statement.objects.count(), Transfer.objects.count())
    settle(now=clock.now())
    SettlementRun.objects.update(stage="lines")  # even where a run is begun again
    settle(now=clock.now())
    assert (SettledLine.objects.count(), Statement.objects.count(), Transfer.objects.count()) == before
    assert findings() == []


def test_each_of_the_weeks_in_which_nobody_settled_has_its_own_statement(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    early, late = sell(shop, buyer), sell(shop, buyer, quantity=2)
    later(hours, 60)
    assert ship(caller(shop.owner), early).status_code == 201
    hours.move(14 * DAY)
    assert ship(caller(shop.owner), late).status_code == 201
    for _ in range(12):
        hours.move(2 * DAY)
        for sweep in (sweep_parcels, sweep_completed_lines):  # no worker settles meanwhile
            sweep()
    settle_all()
    runs = SettlementRun.objects.order_by("period_start")
    weeks = [run.period_start for run in runs]
    assert weeks == [weeks[0] + number * timedelta(days=7) for number in range(len(weeks))]
    statements = Statement.objects.filter(party="brand").order_by("run__period_start")
    assert [(one.lines, one.gross) for one in statements] == [(1, 3990), (1, 7980)]
    ends = [one.run.period_end for one in statements]
    assert ends == [next_end(order.lines.get().return_by or clock.now()) for order in (early, late)]
    assert ends[1] - ends[0] >= timedelta(days=14)
    give_back(early, 3990)
    later(hours, 21 * DAY)  # and what was taken back stands in the statement of its own week
    last = Statement.objects.filter(party="brand").latest("run__period_start")
    assert (last.net, last.run.period_end) == (-2993, next_end(clock.now() - timedelta(days=21)))
    assert findings() == []


def test_what_is_not_final_waits(shop: Shop, buyer: User, hours: Hours) -> None:
    sell(shop, buyer)
    end_period(hours)
    assert (SettledLine.objects.count(), balance("escrow")) == (0, 3990)
    assert Statement.objects.count() == 0


def test_a_held_line_waits_for_the_period_in_which_it_is_let_go(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    held, free = sell(shop, buyer), sell(shop, buyer, quantity=2)
    line = held.lines.get()
    with action():
        first = hold_line(line, reason="dispute", subject="ret_1", now=clock.now())
        again = hold_line(line, reason="dispute", subject="ret_1", now=clock.now())
    assert first is not None
    assert again == first
    deliver(shop, held, free, hours=hours)
    end_period(hours)
    assert (len(parts_of(held)), len(parts_of(free)), balance("escrow")) == (0, 1, 3990)
    with action():
        assert release_line(line, subject="ret_1", now=clock.now()) == 1
    end_period(hours)
    assert (len(parts_of(held)), balance("escrow"), findings()) == (1, 0, [])
    with action():
        assert hold_line(line, reason="review", subject="ret_2", now=clock.now()) is None


def test_a_hold_ends_by_itself_on_its_day(shop: Shop, buyer: User, hours: Hours) -> None:
    order = sell(shop, buyer)
    with action():
        until = clock.now() + timedelta(days=20)
        hold_line(order.lines.get(), reason="review", subject="x", now=clock.now(), release_at=until)
    deliver(shop, order, hours=hours)
    end_period(hours)
    assert parts_of(order) == []
    later(hours, 20 * DAY)
    end_period(hours)
    assert (len(parts_of(order)), Hold.objects.filter(released_at=None).count()) == (1, 0)


def test_what_came_back_before_is_not_shared_out(shop: Shop, buyer: User, hours: Hours) -> None:
    order = sell(shop, buyer)
    give_back(order, 1_000)
    deliver(shop, order, hours=hours)
    end_period(hours)
    assert parts_of(order) == [(2243, 598, 0, 149)]
    row = SettledLine.objects.get()
    assert (row.gross, row.refunded, balance("escrow"), findings()) == (3990, 1000, 0, [])


def test_a_refund_after_settlement_takes_every_part_back(shop: Shop, buyer: User, hours: Hours) -> None:
    represent(shop.session.streamer, share_bp=1_500)
    order = sell(shop, buyer)
    deliver(shop, order, hours=hours)
    end_period(hours)
    refund = give_back(order, 1_001)
    transfer = Transfer.objects.get(kind="claw_back")
    assert sorted(entry[:2] for entry in entries_of(transfer)) == [
        ("agency_payable", -30),
        ("brand_payable", -751),
        ("escrow", 1001),
        ("platform_revenue", -50),
        ("streamer_payable", -170),
    ]
    assert findings() == []
    settle_all()
    assert (balance("escrow"), findings()) == (0, [])
    end_period(hours)
    statement = Statement.objects.filter(party="brand").latest("id")
    assert (statement.lines, statement.gross, statement.refunded, statement.net) == (1, 0, 1001, -751)
    assert SettledLine.objects.get(refund=refund).run_id == statement.run_id
    give_back(order, 2_989)
    settle_all()
    assert [sum(parts) for parts in zip(*parts_of(order), strict=True)] == [0, 0, 0, 0]
    payables = ("brand_payable", shop.brand.id), ("streamer_payable", shop.session.streamer_id)
    assert [balance(kind, owner=owner) for kind, owner in payables] == [0, 0]
    assert (balance("platform_revenue"), findings()) == (0, [])


def test_a_party_whose_sales_come_back_has_a_reserve(shop: Shop, buyer: User, hours: Hours) -> None:
    ReserveTier.objects.all().delete()
    ReserveTier.objects.create(from_rate_bp=1_000, share_bp=500, days=14)
    ReserveTier.objects.create(from_rate_bp=5_000, share_bp=1_000, days=30)
    order, other = sell(shop, buyer), sell(shop, buyer)
    give_back(order, 1_000)  # 12.5 % of what was sold
    deliver(shop, order, other, hours=hours)
    end_period(hours)
    statement = Statement.objects.get(party="brand")
    hold = statement.holds.get()
    assert (hold.reason, hold.amount, hold.release_at) == (
        "reserve",
        262,
        hold.created_at + timedelta(days=14),
    )
    assert statement.net == 2243 + 2993
    later(hours, 14 * DAY)
    assert statement.holds.get().released_at is not None
    assert findings() == []
