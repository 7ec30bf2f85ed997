"""What brands and streamers read of their commissions and statements over the API."""

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import User
from orders.models import CommissionLine, Hold, Statement
from orders.settlement.holds import hold_line
from orders.tasks import sweep_payouts
from tests.marketplace.rest_callers import problem_of, with_token
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, cancel
from tests.settlement.sales import deliver, end_period, give_back, sell

pytestmark = pytest.mark.django_db


def read(person: User, path: str) -> Any:
    answer = with_token(person, "money:read").send("GET", f"/api/v1/{path}", None)
    assert answer.status_code == 200, answer.content
    return answer.json()


def states(person: User, path: str) -> list[str]:
    return [row["state"] for row in read(person, path)["data"]]


def test_brand_and_streamer_see_the_same_estimate_from_payment_on(shop: Shop, buyer: User) -> None:
    buy(shop, buyer)  # not paid
    order = sell(shop, buyer)
    by_brand = read(shop.owner, f"commissions?brand={shop.brand.id}")
    by_show = read(shop.host, f"commissions?session={shop.session.id}")
    assert by_brand == by_show
    [row] = by_brand["data"]
    assert (row["state"], row["order"], row["due_at"], row["holds"]) == ("estimated", order.id, None, [])
    parts = [row[name]["amount"] for name in ("brand_part", "streamer_part", "agency_part", "platform_part")]
    assert (parts, row["base"]) == ([2993, 798, 0, 199], {"amount": 3990, "currency": "CNY"})


def test_a_commission_goes_from_estimated_to_clawed_back(shop: Shop, buyer: User, hours: Hours) -> None:
    path = f"commissions?brand={shop.brand.id}"
    order, gone = sell(shop, buyer), sell(shop, buyer)
    cancel(caller(buyer), gone)
    assert states(shop.owner, path) == ["voided", "estimated"]
    with action():
        hold_line(order.lines.get(), reason="return", subject="ret_1", now=clock.now())
    deliver(shop, order, hours=hours)
    row = read(shop.owner, path)["data"][1]
    assert (row["state"], row["holds"][0]["reason"], row["holds"][0]["amount"]["amount"]) == (
        "due",
        "return",
        3990,
    )
    order.lines.get().holds.update(released_at=clock.now())
    end_period(hours)
    assert states(shop.owner, path) == ["voided", "settled"]
    give_back(order, 3990)
    row = read(shop.owner, path)["data"][1]
    assert (row["state"], row["brand_part"]["amount"], row["base"]["amount"]) == ("clawed_back", 0, 0)


def test_a_commission_is_paid_to_each_party_with_its_statement(shop: Shop, buyer: User, hours: Hours) -> None:
    order = sell(shop, buyer)
    deliver(shop, order, hours=hours)
    end_period(hours)
    [statement] = Statement.objects.filter(party="streamer")
    with action():
        hold = Hold.objects.create(
            statement=statement, reason="reserve", subject="x", amount=statement.net, currency="CNY",
            created_at=clock.now(),
        )  # fmt: skip
    by_brand, by_show = f"commissions?brand={shop.brand.id}", f"commissions?session={shop.session.id}"
    assert (states(shop.owner, by_brand), states(shop.host, by_show)) == (["settled"], ["settled"])
    sweep_payouts()
    assert (states(shop.owner, by_brand), states(shop.host, by_show)) == (["paid"], ["settled"])
    assert read(shop.host, by_show)["data"][0]["paid_to"] == ["brand"]
    Hold.objects.filter(id=hold.id).update(released_at=clock.now())
    sweep_payouts()
    assert states(shop.host, by_show) == ["paid"]
    assert read(shop.owner, by_brand)["data"][0]["paid_to"] == ["brand", "streamer"]
    give_back(order, 3990)
    assert states(shop.owner, by_brand) == ["clawed_back"]


def test_brand_and_streamer_see_a_commission_in_the_admin_at_once(
    shop: Shop, buyer: User, admin: User, hours: Hours
) -> None:
    unpaid, order = buy(shop, buyer), sell(shop, buyer)

    def pages(person: User) -> str:
        client = Client()
        client.force_login(person)
        row = CommissionLine.objects.get(order=order)
        addresses = (
            reverse("admin:orders_commissionline_changelist"),
            reverse("admin:orders_commissionline_change", args=[row.pk]),
        )
        return "".join(client.get(address).content.decode() for address in addresses)

    for person in (shop.owner, shop.host, admin):
        seen = pages(person)
        assert "29.93 CNY" in seen
        assert "7.98 CNY" in seen
        assert "estimated" in seen.lower()
        assert unpaid.lines.get().pk not in seen
    deliver(shop, order, hours=hours)
    end_period(hours)
    sweep_payouts()
    assert "brand, streamer" in pages(shop.host)


def test_the_export_sums_to_the_statement(shop: Shop, buyer: User, hours: Hours) -> None:
    orders = [sell(shop, buyer, quantity=quantity) for quantity in (1, 2)]
    deliver(shop, *orders, hours=hours)
    end_period(hours)
    give_back(orders[0], 500)
    [statement] = read(shop.host, "statements")["data"]
    assert (statement["party"], statement["lines"], statement["net"]["amount"]) == ("streamer", 2, 2394)
    assert read(shop.host, f"statements/{statement['id']}") == statement
    assert len(read(shop.owner, f"statements?owner={shop.brand.id}")["data"]) == 1
    answer = with_token(shop.host, "money:read").send(
        "GET", f"/api/v1/statements/{statement['id']}/export", None
    )
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["order"] for row in rows] == [order.id for order in orders]
    assert (sum(int(row["net"]) for row in rows), rows[0]["product"]) == (2394, "Longjing, 100 g")
    answer = with_token(shop.host, "money:read").send(
        "GET", f"/api/v1/statements/{statement['id']}/export?form=json", None
    )
    assert [
        {name: str(value) for name, value in row.items()}
        for row in json.loads(b"".join(answer.streaming_content))
    ] == rows


def test_the_lines_of_a_statement_come_in_pages(
    shop: Shop, buyer: User, outsider: User, hours: Hours
) -> None:
    orders = [sell(shop, buyer, quantity=quantity) for quantity in (1, 2, 1)]
    deliver(shop, *orders, hours=hours)
    end_period(hours)
    refund = give_back(orders[0], 500)
    end_period(hours)
    later, first = read(shop.owner, f"statements?owner={shop.brand.id}")["data"]
    path = f"statements/{first['id']}/lines"
    page = read(shop.owner, f"{path}?limit=2")
    rest = read(shop.owner, f"{path}?limit=2&starting_after={page['data'][-1]['id']}")
    lines = page["data"] + rest["data"]
    assert [line["order"] for line in lines] == [order.id for order in orders]
    assert (page["has_more"], rest["has_more"]) == (True, False)
    assert sum(line["net"]["amount"] for line in lines) == first["net"]["amount"]
    names = ("gross", "discount", "refunded", "commission", "fee", "net")
    assert [lines[1][name]["amount"] for name in names] == [7980, 0, 0, 1596, 399, 5985]
    before = read(shop.owner, f"{path}?limit=1&ending_before={lines[2]['id']}")
    assert (before["data"], before["has_more"]) == ([lines[1]], True)
    [back] = read(shop.owner, f"statements/{later['id']}/lines")["data"]
    assert (back["refund"], back["order"], back["net"]) == (refund, orders[0].id, later["net"])
    assert [back[name]["amount"] for name in names] == [0, 0, 500, -100, -25, -375]
    answer = with_token(shop.owner, "money:read").send(
        "GET", f"/api/v1/statements/{first['id']}/export?form=jsonl", None
    )
    written = [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]
    assert [line["order"] for line in written] == [order.id for order in orders]
    reader = with_token(shop.owner, "money:read")
    problem_of(reader.send("GET", f"/api/v1/{path}?starting_after={orders[0].id}", None), 400, "invalid")
    problem_of(with_token(outsider, "money:read").send("GET", f"/api/v1/{path}", None), 404, "not_found")


def test_commissions_are_asked_for_by_brand_or_show(shop: Shop, outsider: User) -> None:
    stranger = with_token(outsider, "money:read")
    problem_of(stranger.send("GET", "/api/v1/commissions", None), 400, "invalid")
    problem_of(stranger.send("GET", f"/api/v1/commissions?brand={shop.brand.id}", None), 404, "not_found")
    assert read(outsider, "statements")["data"] == []
