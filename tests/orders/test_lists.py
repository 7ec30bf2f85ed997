"""Lists of orders: whose, in which order, page by page, and at the same cost however many there are."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.models import User
from tests.marketplace.rest_callers import Caller
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, pay, ship
from tests.people import sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids(shop: Shop, buyer: User, hours: Hours) -> list[str]:
    """Return the ids of seven orders, newest first: three of Bella's, then four of other buyers."""
    made = []
    for number in range(7):
        hours.move(0.01)
        person = buyer if number < 3 else sign_up(f"buyer{number}")
        made.append(buy(shop, person).id)
    return made[::-1]


def listed(client: Caller, query: str) -> tuple[list[str], bool]:
    """Return the ids on a page and whether there is more."""
    answer: Any = client.get(f"/api/v1/orders?{query}")
    assert answer.status_code == 200, answer.content
    page = answer.json()
    assert page["object"] == "list"
    return [order["id"] for order in page["data"]], page["has_more"]


def test_buyers_see_their_own_newest_first(buyer: User, outsider: User, ids: list[str]) -> None:
    assert listed(caller(buyer), "") == (ids[4:], False)
    assert listed(caller(outsider), "") == ([], False)


@pytest.mark.parametrize("whose", ("brand", "session"))
def test_pages_go_both_ways(shop: Shop, ids: list[str], whose: str) -> None:
    client = caller(shop.owner if whose == "brand" else shop.host)
    query = f"{whose}={shop.brand.id if whose == 'brand' else shop.session.id}&limit=3"
    assert listed(client, query) == (ids[:3], True)
    assert listed(client, f"{query}&starting_after={ids[2]}") == (ids[3:6], True)
    assert listed(client, f"{query}&starting_after={ids[5]}") == (ids[6:], False)
    assert listed(client, f"{query}&ending_before={ids[6]}") == (ids[3:6], True)
    assert listed(client, f"{query}&ending_before={ids[3]}") == (ids[:3], False)
    assert listed(client, f"{query}&starting_after={ids[6]}") == ([], False)


def test_a_brand_asks_what_it_has_to_ship(
    shop: Shop, buyer: User, brand_staff: User, ids: list[str], hours: Hours
) -> None:
    stan, mine = caller(brand_staff), f"brand={shop.brand.id}&to_ship=true"
    assert listed(stan, mine) == ([], False)
    orders = [buy(shop, buyer) for _ in range(2)]
    for order in orders:
        pay(caller(buyer), order)
    assert sorted(listed(stan, mine)[0]) == sorted(order.id for order in orders)
    ship(stan, orders[0])
    assert listed(stan, mine) == ([orders[1].id], False)
    assert len(listed(stan, f"brand={shop.brand.id}&to_ship=false")[0]) == 9


def test_a_host_sees_no_address(shop: Shop, buyer: User, host: User) -> None:
    pay(caller(buyer), buy(shop, buyer))
    [seen] = caller(host).get(f"/api/v1/orders?session={shop.session.id}").json()["data"]
    assert (seen["address"], seen["state"]) == (None, "paid")


@pytest.mark.parametrize("query", ("", "brand", "session"))
def test_a_longer_page_asks_no_more_questions(shop: Shop, ids: list[str], buyer: User, query: str) -> None:
    client = {"": caller(buyer), "brand": caller(shop.owner), "session": caller(shop.host)}[query]
    where = {"": "", "brand": f"brand={shop.brand.id}&", "session": f"session={shop.session.id}&"}[query]
    expand = "expand[]=payments&expand[]=shipments&expand[]=history"
    counts = []
    for limit in (1, 1, 3):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            listed(client, f"{where}{expand}&limit={limit}")
        counts.append(len(queries))
    assert counts[1] == counts[2]
    assert counts[2] <= 12


def test_expanding_shows_what_a_list_leaves_out(shop: Shop, buyer: User) -> None:
    pay(caller(buyer), buy(shop, buyer))
    [plain] = caller(buyer).get("/api/v1/orders").json()["data"]
    assert plain.keys().isdisjoint({"payments", "shipments", "history"})
    [full] = caller(buyer).get("/api/v1/orders?expand[]=payments&expand[]=history").json()["data"]
    assert [payment["state"] for payment in full["payments"]] == ["captured"]
    assert [step["to_state"] for step in full["history"]] == ["pending_payment", "paid"]
    assert "shipments" not in full
