"""Returns and settlement: an open return keeps its line back, and what comes back later is taken back."""

import pytest

from marketplace.lib import clock
from marketplace.models import Brand, User
from orders.models import Hold, OrderLine, SettledLine, Transfer
from tests.ledger.books import balance
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, open_show
from tests.orders.times import findings, later, settle
from tests.refunds.claims import NOTE, PARCEL, asked, delivered, done, uploaded
from tests.settlement.sales import DAY, end_period, parts_of

pytestmark = pytest.mark.django_db


def holds_of(line: OrderLine) -> list[tuple[str, str, bool]]:
    """Return (reason, subject, is over) of a line's holds."""
    rows = Hold.objects.filter(line=line).order_by("id")
    return [(hold.reason, hold.subject, hold.released_at is not None) for hold in rows]


def test_an_open_return_keeps_its_line_back(shop: Shop, buyer: User, hours: Hours) -> None:
    line, other = delivered(shop, buyer, hours), delivered(shop, buyer, hours)
    case = asked(buyer, line, type="refund_only", reason="quality", evidence=[uploaded(buyer).json()["id"]])
    done(shop.owner, case, "reject", NOTE)
    later(hours, 7 * DAY - 60)  # a minute before it is too late: the period ends with the windows over
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


@pytest.mark.parametrize("reason", ("damaged", "not_received"))
@pytest.mark.parametrize("policy", ("made_to_order", "none"))
def test_goods_without_a_return_window_are_settled_before_the_last_claims_of_them(
    brand: Brand,
    brand_owner: User,
    host: User,
    admin: User,
    buyer: User,
    hours: Hours,
    policy: str,
    reason: str,
) -> None:
    shop = open_show(brand, brand_owner, host, admin, policy=policy)
    line = delivered(shop, buyer, hours)
    end_period(hours)
    [settled] = parts_of(line.order)
    shown = {"evidence": [uploaded(buyer).json()["id"]]}
    case = asked(buyer, line, type="refund_only", reason=reason, **shown)
    done(shop.owner, case, "approve", {})
    assert parts_of(line.order) == [settled, tuple(-part for part in settled)]
    settle()
    assert (balance("escrow"), findings()) == (0, [])


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
