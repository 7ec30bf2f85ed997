"""The admin of orders, payments, parcels and refunds: who sees what, what the buttons do, what lists cost."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.actions.brands import create_brand
from marketplace.lib import clock
from marketplace.models import User
from orders.models import Order, OrderLine, Payment, Shipment
from orders.payments.simulator.models import SimulatedPayment
from refunds.models import Refund
from refunds.tasks import sweep_refunds
from tests.orders.crowd import crowd
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, cancel, pay, ship, states_of
from tests.orders.times import findings, later
from tests.people import sign_up
from tests.plugin import thorough_in

pytestmark = pytest.mark.django_db

BRANDS_LISTS = ("orders_order", "orders_orderline", "orders_shipment")
STATES = ("paid", "completed", "expired")
#: Seconds that one statement may take, on a busy machine and in either database; a plan that reads a table
#: for every row of another takes minutes.
SLOW = 4.0
#: PostgreSQL chooses its plans by what it has counted; SQLite's are the same however many rows there are.
MANY = 100_000 if thorough_in("scaled") else 20_000
STAFF_LISTS = (
    "orders_payment",
    "orders_inboundwebhook",
    "orders_account",
    "orders_transfer",
    "orders_receivedpayout",
    "refunds_refund",
)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def listing(name: str, query: str = "") -> str:
    return reverse(f"admin:{name}_changelist") + query


def page(obj: Any, button: str = "change") -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{button}", args=[obj.pk])


def press(client: Client, obj: Any, button: str, **values: Any) -> str:
    """Open a button's page, send its form, and return what the next page says."""
    asked = client.get(page(obj, button))
    assert asked.status_code == 200
    answer = client.post(page(obj, button), values, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def order(shop: Shop, buyer: User) -> Order:
    """Return Bella's paid order of two units."""
    order = buy(shop, buyer, quantity=2)
    pay(caller(buyer), order)
    return order


@pytest.fixture
def stranger(shop: Shop) -> User:
    """Return somebody of another brand."""
    person = sign_up("stella")
    create_brand(actor=person, name="Other Tea", now=clock.now())
    return person


@pytest.mark.only_in("embedded")
def test_lists_open_for_those_they_are_for(
    order: Order, admin: User, brand_staff: User, host: User, buyer: User
) -> None:
    clients = [signed_in(person) for person in (admin, brand_staff, host, buyer)]
    opened = {
        name: tuple(client.get(listing(name)).status_code for client in clients)
        for name in (*BRANDS_LISTS, *STAFF_LISTS)
    }
    assert opened == {
        **dict.fromkeys(BRANDS_LISTS, (200, 200, 403, 302)),
        **dict.fromkeys(STAFF_LISTS, (200, 403, 403, 302)),
    }


@pytest.mark.only_in("embedded")
def test_states_read_as_words_and_moments_name_their_zone(shop: Shop, buyer: User, brand_staff: User) -> None:
    order = buy(shop, buyer)
    for name in ("orders_order", "orders_orderline"):
        text = signed_in(brand_staff).get(listing(name)).content.decode()
        assert "Pending payment" in text
        assert f"{order.created_at:%-d %b %Y %H:%M} UTC" in text
        assert "pending_payment</" not in " ".join(text.split()).replace(" <", "<")


@pytest.mark.only_in("embedded")
def test_a_brand_sees_its_own_only(order: Order, shop: Shop, brand_staff: User, stranger: User) -> None:
    ship(caller(shop.owner), order, "SF10020030")
    mine = {
        "orders_order": order.id,
        "orders_orderline": "Longjing",
        "orders_shipment": "SF10020030",
    }
    for name, shown in mine.items():
        assert shown in signed_in(brand_staff).get(listing(name)).content.decode()
        assert shown not in signed_in(stranger).get(listing(name)).content.decode()
    line, parcel = OrderLine.objects.get(), Shipment.objects.get()
    for obj in (order, line, parcel):
        assert signed_in(brand_staff).get(page(obj)).status_code == 200
        assert signed_in(stranger).get(page(obj)).status_code == 302
    for obj, button in ((order, "ship"), (order, "cancel"), (line, "ship")):
        assert signed_in(stranger).get(page(obj, button)).status_code == 404
        assert signed_in(stranger).post(page(obj, button), {}).status_code == 404


@pytest.mark.only_in("embedded")
def test_a_brand_sees_the_address_and_no_payments(order: Order, brand_staff: User, admin: User) -> None:
    seen = signed_in(brand_staff).get(page(order)).content.decode()
    assert "Teahouse Lane" in seen
    payment = Payment.objects.get()
    assert payment.id not in seen
    assert payment.id in signed_in(admin).get(page(order)).content.decode()
    assert "Bella Li, +86 138" in signed_in(brand_staff).get(page(OrderLine.objects.get())).content.decode()


@pytest.mark.only_in("embedded")
def test_nothing_is_added_changed_or_deleted_by_hand(order: Order, admin: User) -> None:
    client, names = signed_in(admin), (*BRANDS_LISTS, *STAFF_LISTS)
    added = {name: client.get(reverse(f"admin:{name}_add")).status_code for name in names}
    assert added == dict.fromkeys(names, 403)
    assert client.post(page(order), {"amount": "1"}).status_code == 403
    assert client.post(page(order, "delete")).status_code == 403
    order.refresh_from_db()
    assert order.amount == 7980


@pytest.mark.only_in("embedded")
def test_one_order_ships_from_its_page(order: Order, shop: Shop, brand_staff: User) -> None:
    said = press(
        signed_in(brand_staff),
        order,
        "ship",
        brand=shop.brand.id,
        carrier="Hawker Express",
        tracking_number="SF10020030",
    )
    assert "Parcel SF10020030 is on its way." in said
    assert (states_of(order), shop.level()) == (["shipped"], (8, 0))
    assert findings() == []


@pytest.mark.only_in("embedded")
def test_a_refusal_stands_in_the_form(order: Order, brand_staff: User) -> None:
    client, line = signed_in(brand_staff), OrderLine.objects.get()
    good = {"carrier": "Hawker Express", "tracking_number": "SF10020030"}
    assert "Parcel SF10020030" in press(client, line, "ship", **good)
    assert "The order is not in a state that allows this." in press(client, line, "ship", **good)
    assert "Enter a valid value." in press(client, line, "ship", **{**good, "tracking_number": "no!"})
    assert Shipment.objects.count() == 1


@pytest.mark.only_in("embedded")
def test_many_lines_ship_at_once(shop: Shop, buyer: User, brand_staff: User) -> None:
    orders = [buy(shop, buyer) for _ in range(4)]
    for order in orders[:3]:
        pay(caller(buyer), order)
    chosen = [str(line.id) for line in OrderLine.objects.all()]
    answer = signed_in(brand_staff).post(
        listing("orders_orderline"), {"action": "ship_selected", "_selected_action": chosen}, follow=True
    )
    said = answer.content.decode()
    assert "3 of 4 parcels are on their way." in said
    assert f"{orders[3].id}: The order is not in a state that allows this." in said
    assert [states_of(order) for order in orders] == [["shipped"]] * 3 + [["pending_payment"]]
    assert Shipment.objects.values("tracking_number").distinct().count() == 3
    assert (shop.level(), findings()) == ((7, 1), [])


@pytest.mark.only_in("embedded")
def test_a_brand_cancels_and_the_money_goes_back(order: Order, shop: Shop, brand_staff: User) -> None:
    client = signed_in(brand_staff)
    assert "This field is required." in press(client, order, "cancel", brand="")
    said = press(client, order, "cancel", brand=shop.brand.id)
    assert "The money is on its way back" in said
    assert (states_of(order), shop.level(), Refund.objects.get().amount) == (["cancelled"], (10, 0), 7980)
    assert findings() == []


@pytest.mark.only_in("embedded")
def test_platform_staff_cancel_a_whole_order(order: Order, admin: User) -> None:
    assert "The money is on its way back" in press(signed_in(admin), order, "cancel", brand="")
    assert states_of(order) == ["cancelled"]
    assert "not in a state" in press(signed_in(admin), order, "cancel", brand="")


@pytest.mark.only_in("embedded")
def test_a_failed_refund_is_tried_again_by_a_button(
    shop: Shop, buyer: User, admin: User, hours: Hours
) -> None:
    order = buy(shop, buyer)
    pay(caller(buyer), order, "4000010000000092")
    cancel(caller(buyer), order)
    later(hours, 0)
    later(hours, 2)
    refund = Refund.objects.get()
    assert refund.state == "failed"
    SimulatedPayment.objects.update(scenario="approve")
    assert "The next try is due now" in press(signed_in(admin), refund, "retry")
    sweep_refunds()
    assert Refund.objects.get().state == "done"
    assert "not in a state" in press(signed_in(admin), refund, "retry")


@pytest.mark.parametrize(
    ("name", "found"),
    (
        ("orders_order", ("id", "buyer_id", "buyer.username")),
        ("orders_orderline", ("order_id", "buyer_id", "slot_id")),
    ),
)
def test_whole_ids_and_names_are_found(order: Order, admin: User, name: str, found: tuple[str, ...]) -> None:
    client, line = signed_in(admin), OrderLine.objects.select_related("buyer").get()
    row: Any = order if name == "orders_order" else line
    shown = order.id if name == "orders_order" else "Longjing"
    for path in found:
        term: Any = row
        for part in path.split("."):
            term = getattr(term, part)
        assert shown in client.get(listing(name, f"?q={term}")).content.decode(), path
    for term in ("ord_" + "0" * 32, "nobody", "ord_x", "'"):
        answer = client.get(listing(name, f"?q={term}"))
        assert (answer.status_code, shown in answer.content.decode()) == (200, False)


@pytest.mark.only_in("embedded")
@pytest.mark.parametrize("name", ("orders_order", "orders_orderline"))
def test_a_list_is_narrowed_to_one_show(
    order: Order, shop: Shop, brand_staff: User, stranger: User, name: str
) -> None:
    shown = order.id if name == "orders_order" else "LJ-0"
    client = signed_in(brand_staff)
    page = client.get(listing(name, f"?show={shop.session.id}")).content.decode()
    assert (shown in page, "Spring tea" in page) == (True, True)
    elsewhere = client.get(listing(name, f"?show=ses_{0:032}")).content.decode()
    assert shown not in elsewhere
    other = signed_in(stranger).get(listing(name, f"?show={shop.session.id}")).content.decode()
    assert (shown in other, "Spring tea" in other) == (False, False)


#: Of a page with a list; most of them ask who somebody is, for the sidebar.
MOST_QUERIES = 14

LISTS = (
    *(("admin", name) for name in (*BRANDS_LISTS, *STAFF_LISTS)),
    *(("brand", name) for name in BRANDS_LISTS),
)


def test_a_list_costs_the_same_with_many_rows(shop: Shop, admin: User, brand_staff: User) -> None:
    clients = {"admin": signed_in(admin), "brand": signed_in(brand_staff)}
    for who, name in LISTS:
        clients[who].get(listing(name))  # whatever is asked once a process
    costs = []
    for size in (2, 60):
        crowd(shop, size)
        costs.append({(who, name): queries_of(clients[who], name) for who, name in LISTS})
    assert costs[0] == costs[1]
    assert max(costs[0].values()) <= MOST_QUERIES


def queries_of(client: Client, name: str) -> int:
    """Return how many queries a list takes, none of which counts rows."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(listing(name)).status_code == 200
    assert not [query["sql"] for query in queries if "COUNT(" in query["sql"]], name
    return len(queries)


def slowest_statement(open_page: Callable[[], Any]) -> float:
    """Return the seconds that the slowest statement of a page takes; the best of three when it is slow."""
    best = math.inf
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            assert open_page().status_code == 200
        best = min(best, max(float(asked["time"]) for asked in queries))
        if best <= SLOW:
            break
    return best


@pytest.mark.usefixtures("vacuumed")
def test_lists_open_at_once_however_many_orders_there_are(shop: Shop, admin: User, brand_staff: User) -> None:
    crowd(shop, MANY)
    assert [model.objects.count() for model in (Order, OrderLine, Payment, Shipment)] == [MANY] * 4
    clients = {"admin": signed_in(admin), "brand": signed_in(brand_staff)}
    oldest, middle = (Order.objects.order_by("id")[place].id for place in (0, MANY // 2))
    pages = [(who, listing(name)) for who, name in LISTS]
    for who, client in clients.items():
        pages += [(who, listing("orders_orderline", f"?state__exact={state}")) for state in STATES]
        pages += [(who, listing(name, f"?show={shop.session.id}")) for name in BRANDS_LISTS[:2]]
        pages.append((who, listing("orders_order", f"?q={oldest}")))
        assert oldest in client.get(pages[-1][1]).content.decode()
    clients |= {"stan": caller(brand_staff), "hana": caller(shop.host)}
    pages += [
        ("stan", f"/api/v1/orders?brand={shop.brand.id}&starting_after={middle}&limit=100"),
        ("hana", f"/api/v1/orders?session={shop.session.id}&starting_after={middle}&limit=100"),
    ]
    slow = {
        (who, path): seconds
        for who, path in pages
        if (seconds := slowest_statement(partial(clients[who].get, path))) > SLOW
    }
    assert slow == {}
