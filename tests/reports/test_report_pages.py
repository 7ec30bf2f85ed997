"""Pages of reports: what the host, a brand and platform staff find there, and who finds none."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.console import charts
from marketplace.lib import clock
from marketplace.models import User
from orders.models import OrderLine
from streams.actions.show import end_session
from tests.orders.shop import Shop, buy, caller, pay
from tests.reports.cups import second_brand

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]


def page(person: User, name: str, *args: str, query: str = "") -> str:
    client = Client()
    client.force_login(person)
    answer = client.get(reverse(f"console:{name}", args=args) + query)
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def test_the_host_reads_what_the_show_came_to(shop: Shop, sold: OrderLine) -> None:
    end_session(session_id=shop.session.id, actor=shop.host, now=clock.now())
    text = page(shop.host, "report", shop.session.id)
    for said in (
        "Kept sales 109.70 CNY",
        "Gross sales 199.50 CNY given back 89.80 CNY",
        "Units sold 4 2 came back",
        "Refund rate so far 50.0 %",
        "Came 3 100.0 % Bought 2 66.7 % Paid 2 66.7 % Kept something 1 33.3 %",
        "Cancelled before shipping 39.90 CNY 1 unit Not received 39.90 CNY 1 unit Damaged 10.00 CNY 0 units",
        "Brand 52.35 CNY 0.00 CNY Streamer 13.96 CNY 0.00 CNY",
        "Back to buyers 89.80 CNY",
        "Longjing 109.70 CNY 199.50 CNY 3 4 2 50.0 %",
    ):
        assert said in text, (said, text)
    assert re.search(r"7 days – known on \d+ \w{3} \d\d:\d\d UTC", text), text
    client = Client()
    client.force_login(shop.host)
    console = client.get(reverse("console:show", args=[shop.session.id])).content.decode()
    assert reverse("console:report", args=[shop.session.id]) in console
    assert (
        reverse("console:report", args=[shop.session.id])
        in client.get(reverse("admin:streams_session_changelist")).content.decode()
    )


def test_a_brand_finds_its_part_and_its_own_figures(
    shop: Shop, line: OrderLine, buyer: User, outsider: User, admin: User
) -> None:
    cup = second_brand(shop, outsider)
    assert pay(caller(buyer), buy(shop, buyer, slot=cup)).status_code == 200
    own = page(outsider, "report", shop.session.id)
    assert "What Cups sold in this show." in own
    assert "Longjing" not in own
    assert "Gross sales 39.90 CNY" in own
    assert "Gross sales 159.60 CNY" in page(admin, "report", shop.session.id)
    listed = page(outsider, "reports")
    assert "Kept sales 39.90 CNY of 39.90 CNY gross Orders 1 1 unit sold Refund rate so far 0.0 %" in listed
    assert "Spring tea 39.90 CNY 39.90 CNY 1 Hana" in listed
    assert "Spring tea 159.60 CNY 159.60 CNY 2 Hana" in page(shop.host, "reports")
    hers = page(admin, "reports", query=f"?brand={line.brand_id}")
    assert "Spring tea 119.70 CNY 119.70 CNY 1 Hana" in hers


def test_somebody_elses_brand_is_not_there(shop: Shop, outsider: User, buyer: User) -> None:
    client = Client()
    client.force_login(shop.owner)
    second = second_brand(shop, outsider).variant.brand_id
    for brand in (second, "brd_x", "", "x" * 300):
        assert client.get(reverse("console:reports"), {"brand": brand}).status_code == 404


def test_a_show_that_sold_nothing_says_so(shop: Shop) -> None:
    assert "Nothing was ordered in this show yet." in page(shop.host, "report", shop.session.id)


def test_bars_stand_on_the_ground_and_never_rise_above_the_chart() -> None:
    assert charts.bars([5, 0, -3, 10], highest=10, width=40, height=20) == (
        "M1.0,20V10.0H9.0V20Z M31.0,20V0.0H39.0V20Z"
    )
    assert charts.bars([], highest=0, width=40, height=20) == ""
    assert [charts.share(*each) for each in ((1, 3), (-1, 3), (1, 0))] == [33.33, 0, 0]
