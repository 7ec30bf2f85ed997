"""Cancelling before shipping: unpaid orders give their units back, paid ones their money too."""

from functools import partial

import pytest

from marketplace.errors import NotFound
from marketplace.lib import clock
from marketplace.models import Fact, User
from orders.actions.cancel_order import cancel_order
from orders.actions.expire_orders import expire_orders
from orders.actions.ship_lines import ship_lines
from orders.errors import WrongOrderState
from orders.models import LineHistory, Order, OrderLine, Payment
from orders.payments.simulator.models import SimulatedRefund
from refunds.actions.cancel_paid_lines import cancel_paid_lines
from refunds.models import Refund
from refunds.tasks import sweep_refunds
from streams.models import Deal, MinuteFigure, RoomEvent
from tests.marketplace.rest_callers import problem_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, cancel, pay, ship, states_of
from tests.orders.test_expiry import at_once
from tests.orders.times import findings, later


@pytest.fixture
def order(shop: Shop, buyer: User) -> Order:
    """Return Bella's unpaid order of two units."""
    return buy(shop, buyer, quantity=2)


@pytest.mark.django_db
def test_an_unpaid_order_gives_its_units_back(shop: Shop, deal: Deal, buyer: User, hours: Hours) -> None:
    order = buy(shop, buyer, quantity=2)
    hours.move(1)
    answer = cancel(caller(buyer), order)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert (answer.json()["object"], answer.json()["id"]) == ("order", order.id)
    assert (states_of(order), shop.level(), shop.taken(), shop.deal_taken()) == (["cancelled"], (10, 0), 0, 0)
    assert Refund.objects.count() == 0
    room = RoomEvent.objects.filter(session=shop.session, type="stock.changed").order_by("-seq")[0]
    assert {"slot": shop.slot.id, "deal": deal.id, "left": 5, "sold": 0} in room.payload["changes"]
    assert LineHistory.objects.get().actor == buyer.id
    assert findings() == []


@pytest.mark.django_db
def test_a_paid_order_gives_units_and_money_back(shop: Shop, order: Order, buyer: User, hours: Hours) -> None:
    bella = caller(buyer)
    pay(bella, order)
    answer = cancel(bella, order)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert (states_of(order), shop.level(), shop.taken()) == (["cancelled"], (10, 0), 0)
    refund = Refund.objects.get()
    assert (refund.state, refund.reason, refund.amount) == ("created", "cancelled", 7980)
    assert Payment.objects.get().state == "captured"
    assert findings() == []
    sweep_refunds()
    refund.refresh_from_db()
    assert (refund.state, refund.attempts, refund.done_at) == ("done", 1, clock.now())
    payment = Payment.objects.get()
    assert (payment.state, payment.refunded) == ("refunded", 7980)
    assert SimulatedRefund.objects.get().id == refund.gateway_id
    assert sorted(Fact.objects.filter(subject=refund.id).values_list("type", flat=True)) == [
        "refund.created",
        "refund.done",
    ]
    figures = MinuteFigure.objects.filter(session=shop.session)
    assert sum(figures.values_list("given_back", flat=True)) == 7980
    later(hours, 60)
    assert (Refund.objects.count(), SimulatedRefund.objects.count()) == (1, 1)
    assert findings() == []


@pytest.mark.django_db
def test_a_refund_is_read_by_its_buyer_and_platform_staff(
    order: Order, buyer: User, outsider: User, brand_owner: User, admin: User
) -> None:
    bella = caller(buyer)
    pay(bella, order)
    cancel(bella, order)
    sweep_refunds()
    refund = Refund.objects.get()
    expected = {
        "object": "refund",
        "id": refund.id,
        "order": order.id,
        "payment": Payment.objects.get().id,
        "line": None,
        "state": "done",
        "reason": "cancelled",
        "amount": {"amount": 7980, "currency": "CNY"},
        "created_at": "2026-11-11T20:00:00.000Z",
        "done_at": "2026-11-11T20:00:00.000Z",
    }
    for person in (buyer, admin):
        assert caller(person).get(f"/api/v1/refunds/{refund.id}").json() == expected
        assert caller(person).get("/api/v1/refunds").json()["data"] == [expected]
        assert caller(person).get(f"/api/v1/refunds?order={order.id}").json()["data"] == [expected]
    for person in (outsider, brand_owner):
        problem_of(caller(person).get(f"/api/v1/refunds/{refund.id}"), 404, "not_found")
        assert caller(person).get("/api/v1/refunds").json()["data"] == []
    problem_of(bella.get("/api/v1/refunds?order=x"), 400, "invalid")
    problem_of(bella.get("/api/v1/refunds?colour=red"), 400, "invalid")


@pytest.mark.django_db
def test_the_same_key_cancels_once(order: Order, buyer: User) -> None:
    bella = caller(buyer)
    pay(bella, order)
    first, second = cancel(bella, order, key="k1"), cancel(bella, order, key="k1")
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.content == first.content
    problem = problem_of(cancel(bella, order), 409, "wrong_order_state")
    assert problem["data"] == {"state": "cancelled"}
    assert Refund.objects.count() == 1


@pytest.mark.django_db
def test_what_is_over_or_on_its_way_is_not_cancelled(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours
) -> None:
    bella = caller(buyer)
    shipped, overdue = buy(shop, buyer), buy(shop, buyer)
    pay(bella, shipped)
    ship(caller(brand_owner), shipped)
    hours.move(900)
    assert problem_of(cancel(bella, shipped), 409, "wrong_order_state")["data"] == {"state": "shipped"}
    assert problem_of(cancel(bella, overdue), 409, "wrong_order_state")["data"] == {"state": "expired"}
    assert Refund.objects.count() == 0


@pytest.mark.django_db
def test_only_the_buyer_cancels(
    order: Order, outsider: User, brand_owner: User, host: User, admin: User
) -> None:
    for person in (outsider, brand_owner, host, admin):
        problem_of(cancel(caller(person), order), 404, "not_found")
    assert states_of(order) == ["pending_payment"]
    answer = caller(outsider).send("POST", f"/api/v1/orders/{order.id}/cancel")
    assert answer.status_code == 400
    with pytest.raises(NotFound):
        cancel_order(order_id=order.id, buyer_id=outsider.id, now=clock.now())


@pytest.mark.django_db
@pytest.mark.parametrize("body", (b"{", b"\xff", b"[" * 500))
def test_a_malformed_body_is_refused(order: Order, buyer: User, body: bytes) -> None:
    answer = caller(buyer).send(
        "POST", f"/api/v1/orders/{order.id}/cancel", body, headers={"Idempotency-Key": "k1"}
    )
    assert answer.status_code == 400
    assert states_of(order) == ["pending_payment"]


@pytest.mark.django_db
def test_a_brand_cancels_its_own_lines_only(order: Order, shop: Shop, buyer: User) -> None:
    pay(caller(buyer), order)
    with pytest.raises(NotFound):
        cancel_paid_lines(order_id=order.id, brand_id="brd_" + "0" * 32, actor=shop.owner.id, now=clock.now())
    cancel_paid_lines(order_id=order.id, brand_id=shop.brand.id, actor=shop.owner.id, now=clock.now())
    assert (states_of(order), Refund.objects.get().amount) == (["cancelled"], 7980)
    assert findings() == []


@pytest.mark.django_db(transaction=True)
def test_cancelling_twice_at_once_refunds_once(order: Order, shop: Shop, buyer: User) -> None:
    pay(caller(buyer), order)
    run = partial(cancel_paid_lines, order_id=order.id, brand_id=None, actor=buyer.id, now=clock.now())
    results = at_once(*[run] * 4)
    assert sum(isinstance(result, WrongOrderState) for result in results) == 3
    assert (Refund.objects.count(), shop.level(), shop.taken()) == (1, (10, 0), 0)
    assert findings() == []


@pytest.mark.django_db(transaction=True)
def test_cancelling_racing_shipping_has_one_winner(shop: Shop, buyer: User) -> None:
    bella = caller(buyer)
    orders = [buy(shop, buyer) for _ in range(4)]
    for order in orders:
        assert pay(bella, order).status_code == 200
    runs = [
        run
        for order in orders
        for run in (
            partial(cancel_paid_lines, order_id=order.id, brand_id=None, actor=buyer.id, now=clock.now()),
            partial(
                ship_lines,
                order_id=order.id,
                brand_id=shop.brand.id,
                carrier="Hawker Express",
                tracking_number=f"SF{order.id[-8:]}",
                actor=shop.owner.id,
                now=clock.now(),
            ),
        )
    ]
    results = at_once(*runs)
    for index, order in enumerate(orders):
        pair = results[2 * index : 2 * index + 2]
        said = [getattr(result, "data", result) for result in pair]
        assert [type(result) for result in pair].count(WrongOrderState) == 1, said
        assert states_of(order) in (["cancelled"], ["shipped"])
    assert findings() == []


@pytest.mark.django_db(transaction=True)
def test_cancelling_racing_expiry_gives_units_back_once(shop: Shop, buyer: User, hours: Hours) -> None:
    orders = [buy(shop, buyer) for _ in range(4)]
    in_time = clock.now()
    hours.move(900)
    cancels = [partial(cancel_order, order_id=order.id, buyer_id=buyer.id, now=in_time) for order in orders]
    at_once(*cancels, *[partial(expire_orders, now=clock.now())] * 2)
    expire_orders(now=clock.now())
    assert {state for order in orders for state in states_of(order)} <= {"cancelled", "expired"}
    assert LineHistory.objects.filter(from_state="pending_payment").count() == 4
    assert (shop.level(), shop.taken()) == ((10, 0), 0)
    assert findings() == []


@pytest.mark.django_db
def test_the_audit_finds_a_cancellation_without_a_refund(order: Order, buyer: User) -> None:
    pay(caller(buyer), order)
    OrderLine.objects.filter(order=order).update(state="cancelled")
    payment = Payment.objects.get()
    assert f"refund.not_what_came_back {payment.id}: 0, owed 7980" in findings()
