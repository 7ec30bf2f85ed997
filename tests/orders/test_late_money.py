"""Money that comes after the order has closed: held again, or back to the buyer, never in silence."""

import pytest

from marketplace.models import Fact, User
from orders.models import LineHistory, Order, Payment
from orders.payments.simulator.cards import late_card
from orders.payments.simulator.models import SimulatedRefund
from refunds.models import Refund
from streams.actions.lineup import change_slot
from streams.models import Deal
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, cancel, pay, states_of
from tests.orders.times import findings, later

pytestmark = pytest.mark.django_db

TWENTY_MINUTES = late_card(1_200)


def money(order: Order) -> list[tuple[str, int]]:
    """Return state and refunded amount of an order's payments."""
    payments = Payment.objects.filter(order=order).order_by("created_at")
    return list(payments.values_list("state", "refunded"))


def test_units_that_are_still_there_are_held_again(shop: Shop, deal: Deal, buyer: User, hours: Hours) -> None:
    order = buy(shop, buyer, quantity=2)
    assert pay(caller(buyer), order, TWENTY_MINUTES).json()["state"] == "processing"
    later(hours, 900)
    assert (states_of(order), shop.level(), shop.taken(), shop.deal_taken()) == (["expired"], (10, 0), 0, 0)
    later(hours, 301)
    assert (states_of(order), money(order)) == (["paid"], [("captured", 0)])
    assert (shop.level(), shop.taken(), shop.deal_taken()) == ((10, 2), 2, 2)
    assert list(LineHistory.objects.order_by("at").values_list("to_state", flat=True)) == ["expired", "paid"]
    payment_id = Payment.objects.get().id
    assert sorted(Fact.objects.filter(subject=payment_id).values_list("type", flat=True)) == [
        "payment.captured",
        "payment.captured_late",
        "payment.created",
        "payment.processing",
    ]
    assert Refund.objects.count() == 0
    assert findings() == []


def test_units_that_are_gone_send_the_money_back(
    shop: Shop, buyer: User, outsider: User, hours: Hours
) -> None:
    order, bella = buy(shop, buyer, quantity=4), caller(buyer)
    pay(bella, order, TWENTY_MINUTES)
    later(hours, 900)
    other = buy(shop, outsider, quantity=7)
    later(hours, 301)
    assert (states_of(order), states_of(other)) == (["expired"], ["pending_payment"])
    assert money(order) == [("refunded", 15960)]
    refund = Refund.objects.get(order=order)
    assert (refund.reason, refund.state, refund.amount) == ("late_capture", "done", 15960)
    assert SimulatedRefund.objects.count() == 1
    assert shop.level() == (10, 7)
    seen = bella.get(f"/api/v1/refunds?order={order.id}").json()["data"]
    assert [(one["id"], one["state"], one["reason"]) for one in seen] == [(refund.id, "done", "late_capture")]
    assert findings() == []


def test_a_full_deal_sends_the_money_back(
    shop: Shop, deal: Deal, buyer: User, outsider: User, hours: Hours
) -> None:
    order = buy(shop, buyer, quantity=5)
    pay(caller(buyer), order, TWENTY_MINUTES)
    Deal.objects.filter(id=deal.id).update(closes_at=deal.closes_at.replace(hour=23))
    later(hours, 900)
    buy(shop, outsider, quantity=1)
    later(hours, 301)
    assert (states_of(order), money(order)) == (["expired"], [("refunded", 14950)])
    assert shop.deal_taken() == 1
    assert findings() == []


def test_a_smaller_allocation_sends_the_money_back(shop: Shop, buyer: User, hours: Hours) -> None:
    order = buy(shop, buyer, quantity=5)
    pay(caller(buyer), order, TWENTY_MINUTES)
    later(hours, 900)
    change_slot(slot_id=shop.slot.id, allocation=4, actor=shop.host, now=shop.session.created_at)
    later(hours, 301)
    assert (states_of(order), money(order)) == (["expired"], [("refunded", 19950)])
    assert findings() == []


def test_a_buyer_who_bought_again_up_to_the_limit_gets_the_money_back(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    change_slot(slot_id=shop.slot.id, per_buyer_limit=2, actor=shop.host, now=shop.session.created_at)
    first, bella = buy(shop, buyer, quantity=2), caller(buyer)
    pay(bella, first, TWENTY_MINUTES)
    later(hours, 900)
    second = buy(shop, buyer, quantity=1)
    pay(bella, second)
    later(hours, 301)
    assert (states_of(first), states_of(second)) == (["expired"], ["paid"])
    assert (money(first), money(second)) == ([("refunded", 7980)], [("captured", 0)])
    assert findings() == []


def test_an_order_that_its_buyer_cancelled_stays_cancelled(shop: Shop, buyer: User, hours: Hours) -> None:
    order, bella = buy(shop, buyer), caller(buyer)
    pay(bella, order, TWENTY_MINUTES)
    assert cancel(bella, order).json()["state"] == "cancelled"
    later(hours, 1_201)
    assert (states_of(order), money(order)) == (["cancelled"], [("refunded", 3990)])
    assert shop.level() == (10, 0)
    assert findings() == []


def test_a_payment_given_up_for_lost_pays_when_it_was_captured_after_all(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    order, bella = buy(shop, buyer), caller(buyer)
    pay(bella, order, late_card(120))
    Payment.objects.filter(order=order).update(state="failed", failure_code="not_received")
    later(hours, 121)
    assert (states_of(order), money(order)) == (["paid"], [("captured", 0)])
    assert Payment.objects.get(order=order).failure_code == ""
    assert findings() == []


def test_the_second_of_two_captures_goes_back(shop: Shop, buyer: User, hours: Hours) -> None:
    order, bella = buy(shop, buyer), caller(buyer)
    pay(bella, order, late_card(120))
    Payment.objects.filter(order=order).update(state="failed", failure_code="not_received")
    assert pay(bella, order).status_code == 200
    later(hours, 121)
    assert states_of(order) == ["paid"]
    assert sorted(money(order)) == [("captured", 0), ("refunded", 3990)]
    assert findings() == []
