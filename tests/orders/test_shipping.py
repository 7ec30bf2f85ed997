"""Shipping, the carrier's timeline, delivery and completion, all by the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.lib import clock
from marketplace.models import Brand, Fact, User
from orders import carrier
from orders.actions.scan_parcels import scan_parcels
from orders.models import LineHistory, Order, OrderLine, Shipment
from orders.policy import return_by
from tests.marketplace.rest_callers import problem_of
from tests.orders.gateway_receiver import START, Hours
from tests.orders.shop import Shop, buy, caller, open_show, pay, post, ship, states_of
from tests.orders.times import findings, later

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]

DAY = 86_400
SHIPPED_AT = datetime(2026, 11, 11, 20, 0, tzinfo=UTC)


@pytest.fixture
def order(shop: Shop, buyer: User) -> Order:
    """Return Bella's paid order of two units."""
    order = buy(shop, buyer, quantity=2)
    assert pay(caller(buyer), order).status_code == 200
    return order


def test_a_brand_ships_and_its_units_leave_the_shelf(
    shop: Shop, order: Order, brand_staff: User, buyer: User
) -> None:
    answer = ship(caller(brand_staff), order, "SF10020030")
    parcel = Shipment.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "object": "shipment",
            "id": parcel.id,
            "order": order.id,
            "brand": shop.brand.id,
            "state": "handed_over",
            "carrier": "Hawker Express",
            "tracking_number": "SF10020030",
            "shipped_at": "2026-11-11T20:00:00.000Z",
            "delivered_at": None,
        },
    )
    assert states_of(order) == ["shipped"]
    assert (shop.level(), shop.taken()) == ((8, 0), 2)
    assert LineHistory.objects.get(to_state="shipped").actor == brand_staff.id
    assert sorted(Fact.objects.filter(subject=parcel.id).values_list("type", flat=True)) == [
        "shipment.handed_over"
    ]
    seen = caller(buyer).get(f"/api/v1/orders/{order.id}?expand[]=shipments").json()
    assert (seen["state"], [one["id"] for one in seen["shipments"]]) == ("shipped", [parcel.id])
    assert findings() == []


def test_the_timeline_follows_from_the_number_alone() -> None:
    numbers = [f"SF{number}" for number in range(500)]
    days = set()
    for number in numbers:
        scans = carrier.timeline(number, shipped_at=SHIPPED_AT)
        assert scans == carrier.timeline(number, shipped_at=SHIPPED_AT)
        assert [scan.state for scan in scans] == ["handed_over", "in_transit", "delivered"]
        first, depot, door = (scan.at - SHIPPED_AT for scan in scans)
        assert first == timedelta(0)
        assert timedelta(hours=2) <= depot <= timedelta(hours=12)
        assert timedelta(days=1) <= door <= timedelta(days=4)
        days.add(door.days)
    assert days == {1, 2, 3}


def test_parcels_move_when_their_time_has_come(order: Order, brand_staff: User, hours: Hours) -> None:
    ship(caller(brand_staff), order, "SF10020030")
    parcel = Shipment.objects.get()
    _, depot, door = carrier.timeline("SF10020030", shipped_at=START)
    assert parcel.next_scan_at == depot.at
    for at, state in ((depot.at, "handed_over"), (door.at, "in_transit")):
        assert scan_parcels(now=at - timedelta(microseconds=1)) == 0
        assert Shipment.objects.get().state == state
        assert scan_parcels(now=at) == 1
        assert scan_parcels(now=at) == 0
    arrived = Shipment.objects.get()
    assert (arrived.state, arrived.delivered_at, arrived.next_scan_at) == ("delivered", door.at, None)
    assert states_of(order) == ["delivered"]
    assert OrderLine.objects.get(order=order).return_by == door.at + timedelta(days=7)
    assert sorted(Fact.objects.filter(subject=parcel.id).values_list("type", flat=True)) == [
        "shipment.delivered",
        "shipment.handed_over",
        "shipment.in_transit",
    ]


def test_a_parcel_forgotten_for_weeks_arrives_at_its_own_time(
    order: Order, brand_staff: User, hours: Hours
) -> None:
    ship(caller(brand_staff), order, "SF10020030")
    later(hours, 6 * DAY)
    door = carrier.timeline("SF10020030", shipped_at=START)[-1]
    assert Shipment.objects.get().delivered_at == door.at
    assert OrderLine.objects.get(order=order).return_by == door.at + timedelta(days=7)
    assert Fact.objects.filter(type__startswith="shipment.").count() == 3
    assert findings() == []


def test_the_end_of_the_return_window_completes_the_line(
    order: Order, brand_staff: User, buyer: User, hours: Hours
) -> None:
    ship(caller(brand_staff), order)
    later(hours, 4 * DAY)
    line = OrderLine.objects.get(order=order)
    assert (line.state, line.return_by is not None) == ("delivered", True)
    later(hours, 7 * DAY)
    assert states_of(order) == ["completed"]
    seen = caller(buyer).get(f"/api/v1/orders/{order.id}?expand[]=history").json()
    assert [(step["from_state"], step["to_state"], step["by"]) for step in seen["history"]] == [
        (None, "pending_payment", "buyer"),
        ("pending_payment", "paid", "buyer"),
        ("paid", "shipped", "seller"),
        ("shipped", "delivered", "carrier"),
        ("delivered", "completed", "completion"),
    ]
    assert findings() == []


@pytest.mark.parametrize(
    ("policy", "window"),
    (
        ("standard", timedelta(days=7)),
        ("perishable", timedelta(hours=48)),
        ("made_to_order", timedelta(0)),
        ("none", timedelta(0)),
    ),
)
def test_each_policy_has_its_window(policy: str, window: timedelta) -> None:
    assert return_by(policy, delivered_at=SHIPPED_AT) == SHIPPED_AT + window


def test_what_cannot_come_back_completes_on_delivery(
    brand: Brand, brand_owner: User, host: User, admin: User, buyer: User, hours: Hours
) -> None:
    shop = open_show(brand, brand_owner, host, admin, policy="none")
    order = buy(shop, buyer)
    pay(caller(buyer), order)
    ship(caller(brand_owner), order)
    later(hours, 4 * DAY)
    assert states_of(order) == ["completed"]


def test_only_paid_lines_ship(shop: Shop, buyer: User, brand_owner: User) -> None:
    order, olga = buy(shop, buyer), caller(brand_owner)
    problem = problem_of(ship(olga, order), 409, "wrong_order_state")
    assert problem["data"]["state"] == "pending_payment"
    pay(caller(buyer), order)
    assert ship(olga, order).status_code == 201
    problem = problem_of(ship(olga, order), 409, "wrong_order_state")
    assert problem["data"]["state"] == "shipped"
    assert (Shipment.objects.count(), shop.level()) == (1, (9, 0))


def test_a_tracking_number_is_on_one_parcel(shop: Shop, buyer: User, brand_owner: User) -> None:
    olga = caller(brand_owner)
    orders = [buy(shop, buyer) for _ in range(2)]
    for order in orders:
        pay(caller(buyer), order)
    assert ship(olga, orders[0], "SF10020030").status_code == 201
    problem = problem_of(ship(olga, orders[1], "SF10020030"), 409, "tracking_number_taken")
    assert problem["param"] == "tracking_number"
    assert states_of(orders[1]) == ["paid"]
    assert ship(olga, orders[1], "SF10020031").status_code == 201
    assert findings() == []


def test_a_repeated_request_ships_once(order: Order, brand_owner: User) -> None:
    olga, path = caller(brand_owner), f"/api/v1/orders/{order.id}/shipments"
    body = {"carrier": "Hawker Express", "tracking_number": "SF10020030"}
    first, second = (post(olga, path, body, key="k1") for _ in range(2))
    assert (first.status_code, second.status_code, first.content == second.content) == (201, 201, True)
    assert Shipment.objects.count() == 1


def test_nobody_else_ships(order: Order, buyer: User, outsider: User, host: User, admin: User) -> None:
    for person in (buyer, outsider, host):
        problem_of(ship(caller(person), order), 404, "not_found")
    assert ship(caller(admin), order).status_code == 201


def test_platform_staff_may_name_the_brand(order: Order, shop: Shop, admin: User) -> None:
    problem_of(ship(caller(admin), order, brand="brd_" + "0" * 32), 404, "not_found")
    assert ship(caller(admin), order, brand=shop.brand.id).status_code == 201


_BAD_VALUES: dict[str, tuple[object, ...]] = {
    "carrier": (None, "", 1, [], "x" * 41, "a/b", "<b>"),
    "tracking_number": (None, "", 1, {}, "abc", "x" * 61, "SF 1002", "号码号码"),
    "brand": ("", 1, "brd_1", "ord_" + "0" * 32, []),
    "weight": (3,),
}


def test_malformed_parcels_are_refused(order: Order, brand_owner: User) -> None:
    olga, path = caller(brand_owner), f"/api/v1/orders/{order.id}/shipments"
    for param, value in ((param, value) for param, values in _BAD_VALUES.items() for value in values):
        body = {"carrier": "Hawker Express", "tracking_number": "SF10020030", param: value}
        problem = problem_of(post(olga, path, body), 400, "invalid")
        assert problem["param"] == param, (param, value)
    assert states_of(order) == ["paid"]


def test_the_clock_moves_many_parcels_at_once(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours
) -> None:
    bella, olga = caller(buyer), caller(brand_owner)
    orders = [buy(shop, buyer) for _ in range(6)]
    for order in orders:
        pay(bella, order)
        ship(olga, order)
    hours.move(4 * DAY)
    assert scan_parcels(now=clock.now(), limit=4) == 4
    assert scan_parcels(now=clock.now(), limit=4) == 2
    assert [states_of(order) for order in orders] == [["delivered"]] * 6
