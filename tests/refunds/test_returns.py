"""The life of a return: every way through it, what each way gives, and that there is no other."""

from datetime import timedelta

import pytest

from marketplace.lib import clock
from marketplace.models import Fact, StockMovement, User
from marketplace.reports import memory
from marketplace.reports.queries.lines import Whose
from marketplace.reports.queries.sales import CameBack, came_back
from orders.models import OrderLine, Payment
from refunds.models import Refund, Return
from tests.marketplace.rest_callers import problem_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, caller, cancel, ship
from tests.orders.times import settle
from tests.refunds.claims import (
    HOUR,
    NOTE,
    PARCEL,
    PART,
    ask,
    asked,
    asker,
    bought,
    done,
    step,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("audited"),
    pytest.mark.only_in("embedded"),
]


def test_goods_that_come_back_in_order_are_refunded_and_sold_again(
    shop: Shop, line: OrderLine, buyer: User, brand_owner: User
) -> None:
    case = asked(buyer, line, units=2)
    assert (case.state, case.amount, case.deadline) == (
        "requested", 7980, clock.now() + timedelta(hours=48),
    )  # fmt: skip
    assert done(brand_owner, case, "approve", {})["state"] == "approved"
    sent = done(buyer, case, "send-back", PARCEL)
    assert (sent["state"], sent["carrier"], sent["tracking_number"]) == ("in_transit", *PARCEL.values())
    assert done(brand_owner, case, "receive")["state"] == "received"
    assert shop.level() == (7, 0)
    end = done(brand_owner, case, "accept-goods", {})
    refund = Refund.objects.get()
    assert (end["state"], end["terminal"], end["next_actions"], end["refund"], end["restocked"]) == (
        "refunded", True, [], refund.id, True,
    )  # fmt: skip
    assert (refund.amount, refund.line_id, refund.reason) == (7980, line.id, "returned")
    assert shop.level() == (9, 0)
    assert StockMovement.objects.get(kind="return").reference == case.id
    line.refresh_from_db()
    assert (line.state, line.claimed, line.returned, line.refunded) == ("delivered", 2, 2, 7980)
    settle()
    assert (Payment.objects.get().state, Payment.objects.get().refunded) == ("partly_refunded", 7980)
    assert list(Fact.objects.filter(subject=case.id).order_by("id").values_list("type", flat=True)) == [
        "return.requested", "return.approved", "return.in_transit", "return.received", "return.refunded",
    ]  # fmt: skip
    memory.forget()
    rates = came_back(Whose.PRODUCT, [line.product_id], now=clock.now())
    assert rates == {line.product_id: CameBack(back=2, paid=3)}


def test_the_last_units_refund_the_whole_line(
    line: OrderLine, buyer: User, brand_owner: User, hours: Hours
) -> None:
    for units in (2, 1):
        case = asked(buyer, line, units=units)
        done(brand_owner, case, "approve", {})
        done(buyer, case, "send-back", PARCEL)
        done(brand_owner, case, "receive")
        done(brand_owner, case, "accept-goods", {})
    line.refresh_from_db()
    assert (line.state, line.refunded) == ("refunded", 11970)
    settle()
    assert Payment.objects.get().state == "refunded"
    why = problem_of(ask(buyer, line), 409, "not_returnable")["data"]["why"]
    assert why == "closed"


def test_a_refund_without_goods_begins_with_the_approval(
    shop: Shop, line: OrderLine, buyer: User, brand_owner: User
) -> None:
    case = asked(buyer, line, type="refund_only", reason="not_received")
    shown = done(brand_owner, case, "approve", {"note": "Sorry."})
    assert (shown["state"], shown["freight_paid_by"], shown["restocked"]) == ("refunded", None, False)
    assert Refund.objects.get().amount == 3990
    assert shop.level() == (7, 0)
    steps = asker(buyer).get(f"/api/v1/returns/{case.id}?expand[]=history").json()["history"]
    assert [(each["from_state"], each["to_state"], each["by"], each["note"]) for each in steps] == [
        (None, "requested", "buyer", ""),
        ("requested", "approved", "seller", "Sorry."),
        ("approved", "refunded", "seller", ""),
    ]


def test_an_offer_that_is_accepted_refunds_a_part_and_leaves_the_goods(
    shop: Shop, line: OrderLine, buyer: User, brand_owner: User
) -> None:
    case = asked(buyer, line, reason="damaged")
    shown = done(brand_owner, case, "offer", PART)
    assert (shown["state"], shown["offered"]) == ("offered", PART["amount"])
    assert done(buyer, case, "accept-offer")["state"] == "accepted"
    line.refresh_from_db()
    assert (line.state, line.claimed, line.returned, line.refunded) == ("delivered", 1, 0, 1000)
    assert (Refund.objects.get().amount, shop.level()) == (1000, (7, 0))
    memory.forget()
    assert came_back(Whose.PRODUCT, [line.product_id], now=clock.now())[line.product_id].back == 0


def test_an_offer_that_is_declined_leaves_the_request(
    line: OrderLine, buyer: User, brand_owner: User, hours: Hours
) -> None:
    case = asked(buyer, line)
    for _ in range(3):
        done(brand_owner, case, "offer", PART)
        hours.move(HOUR)
        shown = done(buyer, case, "decline-offer", NOTE)
        assert (shown["state"], shown["offered"]) == ("requested", None)
    assert Return.objects.get().deadline == clock.now() + timedelta(hours=48)
    assert problem_of(step(brand_owner, case, "offer", PART), 409, "limit_reached")["data"]["limit"] == 3


@pytest.mark.parametrize("amount", (0, 3991, 10**12))
def test_an_offer_is_within_the_claim(line: OrderLine, buyer: User, brand_owner: User, amount: int) -> None:
    case = asked(buyer, line)
    body = {"amount": {"amount": amount, "currency": "CNY"}}
    assert problem_of(step(brand_owner, case, "offer", body), 400, "invalid")["param"] == "amount"
    other = {"amount": {"amount": 100, "currency": "USD"}}
    assert problem_of(step(brand_owner, case, "offer", other), 400, "invalid")["param"] == "amount"
    assert Return.objects.get().state == "requested"


@pytest.mark.parametrize(
    ("decision", "amount", "state", "refunded"),
    (
        ("buyer", None, "decided_for_buyer", 3990),
        ("buyer", 990, "decided_for_buyer", 990),
        ("seller", None, "decided_for_seller", 0),
    ),
)
def test_staff_decide_what_was_rejected(
    line: OrderLine, buyer: User, brand_owner: User, admin: User,
    decision: str, amount: int | None, state: str, refunded: int,
) -> None:  # fmt: skip
    case = asked(buyer, line)
    done(brand_owner, case, "reject", NOTE)
    assert done(buyer, case, "dispute", NOTE)["state"] == "disputed"
    money = {} if amount is None else {"amount": {"amount": amount, "currency": "CNY"}}
    shown = done(admin, case, "decide", {"decision": decision, **money, **NOTE})
    assert (shown["state"], shown["terminal"]) == (state, True)
    assert sum(Refund.objects.values_list("amount", flat=True)) == refunded
    left = problem_of(ask(buyer, line, units=3), 409, "not_returnable")["data"]["units"]
    assert left == 2


def test_goods_refused_at_inspection_can_be_disputed(
    shop: Shop, line: OrderLine, buyer: User, brand_owner: User, admin: User
) -> None:
    case = asked(buyer, line)
    done(brand_owner, case, "approve", {})
    done(buyer, case, "send-back", PARCEL)
    done(brand_owner, case, "receive")
    assert done(brand_owner, case, "refuse-goods", NOTE)["state"] == "refused_at_inspection"
    done(buyer, case, "dispute", NOTE)
    done(admin, case, "decide", {"decision": "buyer", **NOTE})
    assert (Refund.objects.count(), shop.level()) == (1, (7, 0))


def test_a_seller_disputes_a_parcel_that_never_came(
    line: OrderLine, buyer: User, brand_owner: User, admin: User
) -> None:
    case = asked(buyer, line)
    done(brand_owner, case, "approve", {})
    problem_of(step(brand_owner, case, "dispute", NOTE), 409, "wrong_return_state")
    done(buyer, case, "send-back", PARCEL)
    problem_of(step(buyer, case, "dispute", NOTE), 409, "wrong_return_state")
    assert done(brand_owner, case, "dispute", NOTE)["state"] == "disputed"
    done(admin, case, "decide", {"decision": "seller", **NOTE})
    assert Refund.objects.count() == 0


def test_what_is_withdrawn_can_be_asked_for_again(line: OrderLine, buyer: User) -> None:
    case = asked(buyer, line, units=3)
    left = problem_of(ask(buyer, line), 409, "not_returnable")["data"]
    assert left["why"] == "already_claimed"
    assert done(buyer, case, "withdraw")["state"] == "withdrawn"
    assert asked(buyer, line, units=3).amount == 11970


def test_an_unshipped_line_is_cancelled_whole(shop: Shop, buyer: User, brand_owner: User) -> None:
    line = bought(shop, buyer, quantity=2).lines.get()
    assert problem_of(ask(buyer, line, type="refund_only"), 409, "not_returnable")["data"]["why"] == "units"
    case = asked(buyer, line, units=2, type="refund_only")
    problem_of(step(brand_owner, case, "offer", PART), 409, "not_returnable")
    done(brand_owner, case, "approve", {})
    line.refresh_from_db()
    assert (line.state, line.refunded, shop.level(), shop.taken()) == ("cancelled", 7980, (10, 0), 0)
    settle()
    assert Payment.objects.get().state == "refunded"


def test_cancelling_the_order_closes_the_request(shop: Shop, buyer: User) -> None:
    order = bought(shop, buyer)
    case = asked(buyer, order.lines.get(), type="refund_only")
    assert cancel(caller(buyer), order).status_code == 200
    case.refresh_from_db()
    assert (case.state, case.deadline, Refund.objects.get().amount) == ("closed", None, 3990)


def test_a_line_that_ships_in_the_meantime_is_refunded_all_the_same(
    shop: Shop, buyer: User, brand_owner: User
) -> None:
    order = bought(shop, buyer)
    case = asked(buyer, order.lines.get(), type="refund_only")
    ship(caller(brand_owner), order)
    done(brand_owner, case, "approve", {})
    assert OrderLine.objects.get().state == "refunded"
    settle()
