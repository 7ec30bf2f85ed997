"""The report of a show over the API: sums that meet, people counted once, and each party's own part."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import User
from marketplace.reports.queries.people import reach
from marketplace.reports.queries.session_report import report_of
from orders.models import OrderLine
from streams.actions.discounts import set_discount
from streams.actions.show import end_session
from streams.models import Funder
from tests.marketplace.rest_callers import with_token
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, pay
from tests.orders.times import later
from tests.refunds.claims import DAY, bought
from tests.reports.cups import second_brand
from tests.settlement.sales import deliver, end_period, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def report(person: User, session_id: str) -> dict[str, Any]:
    answer = with_token(person, "money:read").get(f"/api/v1/sessions/{session_id}/report")
    assert answer.status_code == 200, answer.content
    shown: dict[str, Any] = answer.json()
    return shown


def money_of(shop: Shop) -> dict[str, int]:
    """Return what each party has of the show, in minor units."""
    return {each["party"]: each["amount"]["amount"] for each in report(shop.host, shop.session.id)["money"]}


def yuan(amount: int) -> dict[str, object]:
    return {"amount": amount, "currency": "CNY"}


def test_parts_and_reasons_sum_to_what_was_paid(shop: Shop, sold: OrderLine, hours: Hours) -> None:
    shown = report(shop.host, shop.session.id)
    total = shown["total"]
    assert (total["orders"], total["units"], total["units_sold"], total["units_back"]) == (3, 5, 4, 2)
    assert (total["gross"], total["kept"]) == (yuan(19_950), yuan(10_970))
    assert shown["reasons"] == [
        {"reason": "cancelled", "refunds": 1, "units": 1, "amount": yuan(3990)},
        {"reason": "not_received", "refunds": 1, "units": 1, "amount": yuan(3990)},
        {"reason": "damaged", "refunds": 1, "units": 0, "amount": yuan(1000)},
    ]
    parts = money_of(shop)
    assert parts == {"brand": 5_235, "streamer": 1_396, "agency": 0, "platform": 349, "buyers": 8_980}
    assert sum(parts.values()) == 4 * 3990
    assert {each["settled"]["amount"] for each in shown["money"] if each["party"] != "buyers"} == {0}
    later(hours, 12 * DAY)
    end_period(hours)
    settled = {each["party"]: each for each in report(shop.host, shop.session.id)["money"]}
    assert {name: each["amount"]["amount"] for name, each in settled.items()} == parts
    assert settled["brand"]["settled"] == settled["brand"]["amount"]


def test_discounts_go_off_the_part_of_who_pays_for_them(shop: Shop, buyer: User, hours: Hours) -> None:
    for funder, amount in ((Funder.PLATFORM, 500), (Funder.STREAMER, 200)):
        money = Money(amount, "CNY")
        set_discount(slot_id=shop.slot.id, funder=funder, amount=money, actor=shop.host, now=clock.now())
    order = sell(shop, buyer)  # 39.90 less 7.00; shared is 37.90: commission 7.58, fee 1.895
    expected = {"brand": 2843 + 200, "streamer": 758 - 200, "agency": 0, "platform": 189 - 500, "buyers": 0}
    assert money_of(shop) == expected
    deliver(shop, order, hours=hours)
    end_period(hours)
    assert (money_of(shop), sum(expected.values())) == (expected, 3290)


def test_people_are_counted_once_at_each_step(shop: Shop, sold: OrderLine) -> None:
    """Otto bought without the room: he came too, so no step is larger than the one before."""
    assert report(shop.host, shop.session.id)["funnel"] == {"came": 3, "bought": 2, "paid": 2, "kept": 1}
    assert (reach(shop.session.id).came, reach(shop.session.id).buyers) == (3, 2)


def test_minutes_and_products_say_where_it_was_sold(shop: Shop, sold: OrderLine) -> None:
    shown = report(shop.host, shop.session.id)
    assert [
        (each["sales"]["orders"], each["sales"]["gross"]["amount"], each["sales"]["kept"]["amount"])
        for each in shown["minutes"]
    ] == [(1, 11_970, 6_980), (2, 7_980, 3_990)]
    [product] = shown["products"]
    assert (product["product"], product["title"], product["rate_bp"]) == (sold.product_id, "Longjing", 5_000)
    assert product["sales"] == shown["total"]
    assert shown["after_show"]["orders"] == 0
    assert shown["return_rates"]["units_back"] == 2


def test_what_is_ordered_after_the_end_is_told_apart(shop: Shop, line: OrderLine, hours: Hours) -> None:
    end_session(session_id=shop.session.id, actor=shop.host, now=clock.now())
    OrderLine.objects.filter(id=line.id).update(created_at=clock.now() + (clock.now() - line.created_at))
    shown = report(shop.host, shop.session.id)
    assert (shown["state"], shown["minutes"], shown["after_show"]["units"]) == ("ended", [], 3)


def test_a_brand_reads_what_it_sold_itself(
    shop: Shop, line: OrderLine, buyer: User, outsider: User, admin: User
) -> None:
    """Otto's brand sells a cup in Hana's show: Olga reads of her tea, Otto of his cup, Hana of both."""
    cup = second_brand(shop, outsider)
    assert pay(caller(buyer), buy(shop, buyer, slot=cup)).status_code == 200
    whole, theirs = report(shop.host, shop.session.id), report(shop.owner, shop.session.id)
    own = report(outsider, shop.session.id)
    assert report(admin, shop.session.id) == whole
    assert [each["title"] for each in whole["products"]] == ["Longjing", "Cup"]
    assert [each["title"] for each in theirs["products"]] == ["Longjing"]
    assert [each["title"] for each in own["products"]] == ["Cup"]
    assert (whole["brands"], [brand["name"] for brand in own["brands"]]) == (None, ["Cups"])
    assert (whole["total"]["gross"], own["total"]["gross"]) == (yuan(11_970 + 3990), yuan(3990))
    assert sum(each["amount"]["amount"] for each in own["money"]) == 3990
    assert (own["funnel"]["bought"], own["return_rates"]["units_sold"], len(own["minutes"])) == (1, 1, 1)


def test_reading_costs_the_same_however_much_was_sold(shop: Shop, line: OrderLine, outsider: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            report_of(shop.session, {line.brand_id}, now=clock.now())
        return len(queries)

    before = cost()
    for _ in range(3):
        bought(shop, outsider)
    assert before == cost() <= 20
