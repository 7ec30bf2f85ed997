"""Who sees which orders, and how much of them."""

from collections.abc import Callable
from typing import Any

import pytest

from marketplace.actions.brands import create_brand, members
from marketplace.lib import clock
from marketplace.models import Brand, BrandMember, User
from orders.models import Order, Payment, Shipment
from streams.actions.people import register_streamer
from tests.marketplace.rest_callers import Caller, problem_of, with_token
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import ADDRESS, Shop, buy, caller, cancel, pay, post, ship
from tests.people import sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]


@pytest.fixture
def order(shop: Shop, buyer: User, brand_owner: User) -> Order:
    """Return Bella's order, paid and shipped."""
    order = buy(shop, buyer, quantity=2)
    pay(caller(buyer), order)
    ship(caller(brand_owner), order, "SF10020030")
    return order


@pytest.fixture
def people(
    buyer: User, outsider: User, host: User, rival: User, brand_staff: User, brand_owner: User, admin: User
) -> dict[str, Caller]:
    """Return everybody by role, with tokens, and nobody."""
    register_streamer(user=rival, name="Rico", now=clock.now())
    stranger = sign_up("stella")
    other = create_brand(actor=stranger, name="Other Tea", now=clock.now())
    members.add(
        other.id,
        username=outsider.username,
        role=BrandMember.Role.STAFF,
        actor=stranger,
        now=clock.now(),
    )
    known = {
        "buyer": buyer, "other_brand": outsider, "host": host, "other_host": rival,
        "brand_staff": brand_staff, "brand_owner": brand_owner, "admin": admin,
        "other_buyer": sign_up("olaf"),
    }  # fmt: skip
    return {name: caller(person) for name, person in known.items()} | {"nobody": Caller()}


Address = Callable[[Order], str]
EVERYBODY = {
    "buyer", "other_buyer", "other_brand", "host", "other_host", "brand_staff", "brand_owner", "admin",
    "nobody",
}  # fmt: skip
SELLERS = {"brand_staff", "brand_owner", "admin"}

#: Method, address, body, and who is let in (the others get 404, nobody 401).
ROUTES: dict[str, tuple[str, Address, Any, set[str]]] = {
    "read": ("GET", lambda order: f"/api/v1/orders/{order.id}", None, {"buyer", "host", *SELLERS}),
    "payments": ("GET", lambda order: f"/api/v1/orders/{order.id}/payments", None, {"buyer", "admin"}),
    "shipments": (
        "GET",
        lambda order: f"/api/v1/orders/{order.id}/shipments",
        None,
        {"buyer", "host", *SELLERS},
    ),
    "payment": ("GET", lambda _: f"/api/v1/payments/{Payment.objects.get().id}", None, {"buyer", "admin"}),
    "shipment": (
        "GET",
        lambda _: f"/api/v1/shipments/{Shipment.objects.get().id}",
        None,
        {"buyer", *SELLERS},
    ),
    "of brand": (
        "GET",
        lambda _: f"/api/v1/orders?brand={Shipment.objects.get().brand_id}",
        None,
        SELLERS,
    ),
    "parcels of brand": (
        "GET",
        lambda _: f"/api/v1/shipments?brand={Shipment.objects.get().brand_id}",
        None,
        SELLERS,
    ),
    "of session": (
        "GET",
        lambda order: f"/api/v1/orders?session={order.session_id}",
        None,
        {"host", "admin"},
    ),
    "of buyer": ("GET", lambda order: f"/api/v1/orders?buyer={order.buyer_id}", None, {"buyer", "admin"}),
    "own": ("GET", lambda _: "/api/v1/orders", None, EVERYBODY - {"nobody"}),
    "own payments": ("GET", lambda _: "/api/v1/payments", None, EVERYBODY - {"nobody"}),
    "own shipments": ("GET", lambda _: "/api/v1/shipments", None, EVERYBODY - {"nobody"}),
}


def test_each_route_lets_in_whom_it_should(order: Order, people: dict[str, Caller]) -> None:
    answers, expected = {}, {}
    for route, (method, address, body, allowed) in ROUTES.items():
        path = address(order)
        answers[route] = {name: one.send(method, path, body).status_code for name, one in people.items()}
        expected[route] = {name: 200 if name in allowed else 404 for name in EVERYBODY} | {"nobody": 401}
    assert answers == expected


def test_what_each_sees_of_an_order(order: Order, people: dict[str, Caller]) -> None:
    path = f"/api/v1/orders/{order.id}?expand[]=payments&expand[]=shipments&expand[]=history"
    seen = {name: people[name].get(path).json() for name in ("buyer", "admin", "brand_staff", "host")}
    shown = {
        name: (one["address"], len(one["payments"]), len(one["shipments"]), len(one["history"]), one["state"])
        for name, one in seen.items()
    }
    assert shown == {
        "buyer": (ADDRESS, 1, 1, 3, "shipped"),
        "admin": (ADDRESS, 1, 1, 3, "shipped"),
        "brand_staff": (ADDRESS, 0, 1, 3, "shipped"),
        "host": (None, 0, 0, 3, "shipped"),
    }


def test_an_order_in_full(order: Order, shop: Shop, buyer: User) -> None:
    seen = caller(buyer).get(f"/api/v1/orders/{order.id}").json()
    line = order.lines.get()
    price, total = {"amount": 3990, "currency": "CNY"}, {"amount": 7980, "currency": "CNY"}
    assert seen == {
        "object": "order",
        "id": order.id,
        "state": "shipped",
        "buyer": buyer.id,
        "session": shop.session.id,
        "amount": total,
        "pay_by": "2026-11-11T20:15:00.000Z",
        "address": ADDRESS,
        "lines": [
            {
                "object": "order_line",
                "id": line.id,
                "state": "shipped",
                "slot": shop.slot.id,
                "deal": None,
                "seq": line.seq,
                "product": line.product_id,
                "variant": shop.slot.variant_id,
                "brand": shop.brand.id,
                "streamer": shop.session.streamer_id,
                "title": "Longjing, 100 g",
                "sku": "LJ-0",
                "quantity": 2,
                "unit_price": price,
                "full_price": price,
                "discounts": [],
                "amount": total,
                "return_policy": "standard",
                "return_by": None,
            }
        ],
        "created_at": "2026-11-11T20:00:00.000Z",
    }


def test_tokens_need_the_scope_to_act_and_none_to_read(shop: Shop, buyer: User, brand_owner: User) -> None:
    order = buy(shop, buyer)
    bella, olga = with_token(buyer, "catalogue:write"), with_token(brand_owner, "catalogue:write")
    for answer in (pay(bella, order), cancel(bella, order), ship(olga, order)):
        assert problem_of(answer, 403, "scope_missing")["data"] == {"scope": "orders:write"}
    assert bella.get(f"/api/v1/orders/{order.id}").status_code == 200


def test_nobody_acts_without_signing_in(shop: Shop, buyer: User) -> None:
    order = buy(shop, buyer)
    for answer in (pay(Caller(), order), cancel(Caller(), order), ship(Caller(), order)):
        problem_of(answer, 401, "sign_in_required")


@pytest.mark.parametrize(
    "path",
    (
        "orders/ord_x",
        "orders/ord_" + "0" * 31,
        "orders/ord_" + "0" * 32,
        "orders/pay_" + "0" * 32,
        "orders/ord_" + "0" * 32 + "/payments",
        "orders/ord_" + "0" * 32 + "/shipments",
        "payments/pay_" + "0" * 32,
        "shipments/shp_" + "0" * 32,
        "refunds/rfd_" + "0" * 32,
        "orders?brand=brd_" + "0" * 32,
        "orders?session=ses_" + "0" * 32,
        "shipments?brand=brd_" + "0" * 32,
    ),
)
def test_what_does_not_exist_is_not_found(buyer: User, path: str) -> None:
    problem_of(caller(buyer).get(f"/api/v1/{path}"), 404, "not_found")


@pytest.mark.parametrize("action", ("pay", "cancel", "shipments"))
def test_acting_on_what_does_not_exist_is_not_found(buyer: User, action: str) -> None:
    body = {
        "pay": {"card": "4242424242424242", "address": ADDRESS},
        "shipments": {"carrier": "Post", "tracking_number": "SF10020030"},
        "cancel": None,
    }[action]
    path = f"/api/v1/orders/ord_{'0' * 32}/{action}"
    problem_of(post(caller(buyer), path, body), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "param"),
    (
        ("brand=x", "brand"),
        ("session=1", "session"),
        ("buyer=%00", "buyer"),
        ("to_ship=true", "to_ship"),
        ("to_ship=1&brand=brd_" + "0" * 32, "to_ship"),
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("starting_after=x", "starting_after"),
        ("ending_before=pay_" + "0" * 32, "ending_before"),
        ("expand[]=buyer", "expand[]"),
    ),
)
def test_malformed_queries_are_refused(buyer: User, query: str, param: str) -> None:
    problem = problem_of(caller(buyer).get(f"/api/v1/orders?{query}"), 400, "invalid")
    assert problem["param"] == param


def test_filters_do_not_mix(shop: Shop, brand_owner: User) -> None:
    path = f"/api/v1/orders?brand={shop.brand.id}&session={shop.session.id}"
    problem_of(caller(brand_owner).get(path), 400, "invalid")


def test_a_malformed_cursor_of_a_brand_is_refused(shop: Shop, brand: Brand, brand_owner: User) -> None:
    path = f"/api/v1/orders?brand={brand.id}&starting_after=ord_x"
    assert problem_of(caller(brand_owner).get(path), 400, "invalid")["param"] == "starting_after"


def test_methods_that_do_not_exist_are_refused(order: Order, buyer: User, hours: Hours) -> None:
    bella = caller(buyer)
    for method, path in (
        ("DELETE", f"/api/v1/orders/{order.id}"),
        ("PUT", f"/api/v1/orders/{order.id}"),
        ("GET", f"/api/v1/orders/{order.id}/pay"),
        ("POST", "/api/v1/payments"),
    ):
        problem_of(bella.send(method, path), 405, "method_not_allowed")
