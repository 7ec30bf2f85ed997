"""Returns and settlement: an open return keeps its line back, and what comes back later is taken back."""

import random
from collections.abc import Callable

import pytest
from django.db.models import F, Q, Sum

from marketplace.lib import clock
from marketplace.models import User
from orders.models import Account, Hold, OrderLine, Payment, SettledLine, Transfer
from orders.payments.bank.models import SimulatedBankTransfer
from orders.tasks import sweep_payouts
from refunds.models import Return
from refunds.return_states import TERMINAL
from tests.ledger.books import balance
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy
from tests.orders.times import findings, later, settle
from tests.refunds.claims import NOTE, PARCEL, asked, delivered, done, uploaded
from tests.refunds.market import Market
from tests.settlement.sales import DAY, end_period, give_back, parts_of

pytestmark = pytest.mark.django_db

STEPS_TAKEN = 45


def holds_of(line: OrderLine) -> list[tuple[str, str, bool]]:
    """Return (reason, subject, is over) of a line's holds."""
    rows = Hold.objects.filter(line=line).order_by("id")
    return [(hold.reason, hold.subject, hold.released_at is not None) for hold in rows]


def test_an_open_return_keeps_its_line_back(shop: Shop, buyer: User, hours: Hours) -> None:
    line, other = delivered(shop, buyer, hours), delivered(shop, buyer, hours)
    case = asked(buyer, line, type="refund_only", reason="quality", evidence=[uploaded(buyer).json()["id"]])
    done(shop.owner, case, "reject", NOTE)
    later(hours, 6 * DAY)
    done(buyer, case, "dispute", NOTE)
    end_period(hours)
    case.refresh_from_db()
    assert case.state == "disputed"
    assert holds_of(line) == [("dispute", case.id, False)]
    assert (len(parts_of(line.order)), len(parts_of(other.order)), findings()) == (0, 1, [])
    later(hours, 7 * DAY)  # staff did nothing: the money goes back
    assert holds_of(line) == [("dispute", case.id, True)]
    end_period(hours)
    assert (parts_of(line.order), balance("escrow"), findings()) == ([], 0, [])


def test_a_hold_says_what_is_left_when_another_return_of_its_line_is_paid(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    line = delivered(shop, buyer, hours, quantity=3)
    paid = asked(buyer, line, type="refund_only", reason="not_received")
    waits = asked(buyer, line)
    assert Hold.objects.get(subject=waits.id).amount == 11970
    done(shop.owner, paid, "approve", {})
    assert Hold.objects.get(subject=waits.id, released_at=None).amount == 7980
    assert (Hold.objects.get(subject=paid.id).amount, findings()) == (11970, [])


def test_a_withdrawn_return_lets_its_line_be_settled(shop: Shop, buyer: User, hours: Hours) -> None:
    line = delivered(shop, buyer, hours)
    case = asked(buyer, line)
    done(buyer, case, "withdraw")
    assert holds_of(line) == [("return", case.id, True)]
    later(hours, 8 * DAY)
    end_period(hours)
    assert (len(parts_of(line.order)), balance("escrow"), findings()) == (1, 0, [])


def test_units_that_came_back_are_not_shared_out(shop: Shop, buyer: User, hours: Hours) -> None:
    line = delivered(shop, buyer, hours, quantity=3)
    case = asked(buyer, line, units=2)
    for person, step, body in (
        (shop.owner, "approve", {}), (buyer, "send-back", PARCEL), (shop.owner, "receive", None),
        (shop.owner, "accept-goods", {}),
    ):  # fmt: skip
        done(person, case, step, body)
    assert (balance("escrow"), findings()) == (11970, [])
    settle()
    assert (balance("escrow"), findings()) == (3990, [])
    later(hours, 8 * DAY)
    end_period(hours)
    row = SettledLine.objects.get()
    assert (row.gross, row.refunded, balance("escrow"), findings()) == (11970, 7980, 0, [])


def test_a_return_granted_after_settlement_takes_the_parts_back(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    line = delivered(shop, buyer, hours)
    case = asked(buyer, line)
    done(shop.owner, case, "approve", {})
    later(hours, 4 * DAY)
    done(buyer, case, "send-back", PARCEL)
    Hold.objects.update(released_at=clock.now())  # somebody lets go of the money too early
    hours.move(3.5 * DAY)
    settle()
    end_period(hours)
    assert len(parts_of(line.order)) == 1
    done(shop.owner, case, "receive")
    done(shop.owner, case, "accept-goods", {})
    assert Transfer.objects.filter(kind="claw_back", subject=line.order_id).count() == 1
    assert (balance("escrow"), findings()) == (3990, [])
    settle()
    assert [sum(parts) for parts in zip(*parts_of(line.order), strict=True)] == [0, 0, 0, 0]
    assert (balance("escrow"), balance("brand_payable", owner=shop.brand.id), findings()) == (0, 0, [])


class Trade(Market):
    """A market in which periods end, parties are paid, and money of settled lines goes back."""

    def doings(self) -> list[tuple[int, Callable[[], None]]]:
        """Return what can be done, with how often."""
        more = [
            (2, self.buy), (2, self.ship), (1, self.leave), (3, self.period), (2, self.pay_parties),
            (3, self.refund_settled),
        ]  # fmt: skip
        return [*super().doings(), *more]

    def leave(self) -> None:
        """Buy and do not pay."""
        if self.shop.level()[0] - self.shop.level()[1] > 0:
            buy(self.shop, self.chance.choice(self.people))

    def period(self) -> None:
        """Let the period end."""
        end_period(self.hours)

    def pay_parties(self) -> None:
        """Let the bank pay."""
        sweep_payouts()

    def refund_settled(self) -> None:
        """Give a part, or all that is left, of a settled line back."""
        lines = OrderLine.objects.filter(settled__refund="", refunded__lt=F("amount")).order_by("id")
        if lines:
            line = self.chance.choice(list(lines))
            left = line.amount - line.refunded
            give_back(line.order, self.chance.choice((left, self.chance.randint(1, left))))


@pytest.mark.parametrize("seed", (2, 4, 9))
def test_the_books_agree_with_every_life_of_a_sale(shop: Shop, admin: User, hours: Hours, seed: int) -> None:
    trade = Trade(shop, admin, hours, random.Random(seed))
    for person in trade.people:
        delivered(shop, person, hours, quantity=2)
    told = []
    for _ in range(STEPS_TAKEN):
        told.append(trade.step())
        assert findings() == [], told
    for _ in range(5):
        end_period(hours)
        sweep_payouts()
        hours.move(DAY)
        sweep_payouts()
        assert findings() == [], told
    assert set(Return.objects.values_list("state", flat=True)) <= TERMINAL
    assert not OrderLine.objects.filter(state="completed", settled=None).exists()
    assert not Hold.objects.filter(line__isnull=False, released_at=None).exists()
    unshipped = OrderLine.objects.filter(state="paid").aggregate(sum=Sum("amount", default=0))["sum"]
    assert balance("escrow") == unshipped
    kept = Payment.objects.filter(state__in=["captured", "partly_refunded"])
    owed = Account.objects.filter(Q(kind__endswith="_payable") | Q(kind="platform_revenue"))
    assert kept.aggregate(sum=Sum(F("amount") - F("refunded"), default=0))["sum"] == unshipped + sum(
        rows.aggregate(sum=Sum(column, default=0))["sum"]
        for rows, column in (
            (owed, "balance"),
            (SimulatedBankTransfer.objects.filter(state="done"), "amount"),
        )
    )
