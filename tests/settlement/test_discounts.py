"""Who pays for a discount: shown from the card to the receipt, settled, and given back with refunds."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import User
from orders.models import Order, OrderLine, SettledLine, Statement, Transfer
from orders.tasks import sweep_payouts
from streams.actions.discounts import set_discount
from streams.models import Funder, Slot
from tests.ledger.books import balance, doctor, entries_of
from tests.marketplace.rest_callers import with_token
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, cancel, pay
from tests.orders.times import findings
from tests.orders.times import settle as settle_all
from tests.settlement.sales import deliver, end_period, give_back, parts_of, represent, sell
from tests.settlement.test_statements import read

pytestmark = pytest.mark.django_db


def off(shop: Shop, *, platform: int = 0, brand: int = 0, streamer: int = 0) -> None:
    """Take so much off each unit of the show's first slot."""
    for funder, amount in zip(Funder, (platform, brand, streamer), strict=True):
        money = Money(amount, "CNY")
        set_discount(slot_id=shop.slot.id, funder=funder, amount=money, actor=shop.host, now=clock.now())


def settled(shop: Shop, buyer: User, hours: Hours, *, quantity: int = 1) -> Order:
    order = sell(shop, buyer, quantity=quantity)
    deliver(shop, order, hours=hours)
    end_period(hours)
    return order


def funding(shop: Shop) -> tuple[int, int]:
    """Return the balances of what the marketplace, and the streamer, pay of discounts."""
    owners = ("platform", shop.session.streamer_id)
    platform, streamer = (balance("coupon_funding", owner=owner) for owner in owners)
    return platform, streamer


def test_the_buyer_sees_both_prices_from_the_card_to_the_receipt(shop: Shop, buyer: User) -> None:
    off(shop, platform=500, streamer=100)
    order = buy(shop, buyer, quantity=2)
    line = OrderLine.objects.get(order=order)
    copied = (line.platform_discount, line.brand_discount, line.streamer_discount)
    assert (order.amount, line.amount, line.unit_price, copied) == (6780, 6780, 3390, (500, 0, 100))
    client = Client()
    client.force_login(buyer)
    room = client.get(f"/live/{shop.session.id}").content.decode()
    assert "¥33.90" in room
    assert "¥39.90" in room
    assert "¥79.80" in client.get(f"/orders/{order.id}/checkout").content.decode()
    off(shop)  # what is sold keeps its price
    assert pay(caller(buyer), order).status_code == 200
    receipt = client.get(f"/orders/{order.id}").content.decode()
    assert ("¥33.90 each instead of ¥39.90" in receipt, "¥67.80" in receipt) == (True, True)
    [shown] = caller(buyer).get(f"/api/v1/orders/{order.id}").json()["lines"]
    assert (shown["unit_price"]["amount"], shown["full_price"]["amount"]) == (3390, 3990)
    assert [(each["funder"], each["amount"]["amount"]) for each in shown["discounts"]] == [
        ("platform", 500),
        ("streamer", 100),
    ]


def test_each_funder_pays_its_part_when_a_sale_is_settled(shop: Shop, buyer: User, hours: Hours) -> None:
    represent(shop.session.streamer, share_bp=1_500)
    off(shop, platform=500, brand=300, streamer=200)
    order = sell(shop, buyer)  # 39.90 less 10.00
    [estimate] = read(shop.host, f"commissions?session={shop.session.id}")["data"]
    deliver(shop, order, hours=hours)
    end_period(hours)
    # base 34.90 = 29.90 paid + 5.00: commission 6.98, the agency's share 1.05, fee 1.745; 2.00 to the brand
    assert parts_of(order) == [(2618 + 200, 593 - 200, 105, 174)]
    parts = [estimate[f"{party}_part"]["amount"] for party in ("brand", "streamer", "agency", "platform")]
    assert tuple(parts) == parts_of(order)[0]
    assert (estimate["base"]["amount"], estimate["platform_funded"]["amount"]) == (3490, 500)
    assert sorted(entry[:2] for entry in entries_of(Transfer.objects.get(kind="settlement"))) == [
        ("agency_payable", 105),
        ("brand_payable", 2818),
        ("coupon_funding", -500),
        ("coupon_funding", -200),
        ("escrow", -2990),
        ("platform_revenue", 174),
        ("streamer_payable", 593),
    ]
    assert sorted(entry[:2] for entry in entries_of(Transfer.objects.get(kind="funding"))) == [
        ("coupon_funding", 200),
        ("streamer_payable", -200),
    ]
    assert (funding(shop), balance("escrow"), findings()) == ((-500, 0), 0, [])


def test_statements_say_what_came_off_and_who_paid_it(shop: Shop, buyer: User, hours: Hours) -> None:
    off(shop, platform=500, brand=300, streamer=200)
    settled(shop, buyer, hours, quantity=2)
    for party, net in (("brand", 2 * 2818), ("streamer", 2 * 498)):
        one = Statement.objects.get(party=party)
        said = (one.gross, one.discount, one.platform_funded, one.streamer_funded, one.refunded)
        assert said == (7980, 2000, 1000, 400, 0)
        assert (one.commission, one.fee, abs(one.net - net) <= 1) == (1396, 349, True)
    one = Statement.objects.get(party="brand")
    funded = one.platform_funded + one.streamer_funded
    assert one.gross - one.discount + funded - one.refunded - one.commission - one.fee == one.net
    shown = read(shop.owner, f"statements/{one.id}")
    assert (shown["discount"]["amount"], shown["platform_funded"]["amount"]) == (2000, 1000)
    path = f"/api/v1/statements/{one.id}/export"
    answer = with_token(shop.owner, "money:read").send("GET", path, None)
    [row] = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    columns = ("gross", "discount", "platform_funded", "streamer_funded", "net")
    assert [int(row[name]) for name in columns] == [7980, 2000, 1000, 400, one.net]
    sweep_payouts()
    assert (balance("brand_payable", owner=shop.brand.id), funding(shop), findings()) == (0, (-1000, 0), [])


def test_a_streamer_pays_at_most_what_they_earn_and_the_brand_the_rest(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    represent(shop.session.streamer, share_bp=1_500)
    off(shop, brand=100, streamer=2_000)
    order = settled(shop, buyer, hours)
    # base 18.90: commission 3.78, of which the agency has 0.57, fee 0.945
    line = OrderLine.objects.get(order=order)
    assert (line.amount, line.brand_discount, line.streamer_discount) == (1890, 100 + 2_000 - 321, 321)
    assert parts_of(order) == [(1418 + 321, 321 - 321, 57, 94)]
    owed = balance("streamer_payable", owner=shop.session.streamer_id)
    assert (owed, funding(shop), findings()) == (0, (0, 0), [])


def test_refunds_before_settlement_take_the_funders_share_back(shop: Shop, buyer: User, hours: Hours) -> None:
    off(shop, platform=500, streamer=100)
    order = sell(shop, buyer)  # 33.90
    give_back(order, 1_000)
    line = OrderLine.objects.get(order=order)
    assert (line.platform_unfunded, line.streamer_unfunded) == (147, 29)  # 500 and 100 x 1000 / 3390
    give_back(order, 1)
    deliver(shop, order, hours=hours)
    end_period(hours)
    row = SettledLine.objects.get()
    assert (row.gross, row.discount, row.refunded) == (3990, 600, 1001)
    assert (row.platform_funded, row.streamer_funded) == (353, 71)
    assert sum(parts_of(order)[0]) == 3390 - 1001 + 353
    assert (balance("escrow") > 0, findings()) == (False, [])


def test_refunds_after_settlement_bring_every_account_back(shop: Shop, buyer: User, hours: Hours) -> None:
    represent(shop.session.streamer, share_bp=1_500)
    off(shop, platform=500, brand=300, streamer=200)
    order = settled(shop, buyer, hours)
    give_back(order, 997)
    assert (funding(shop), findings()) == ((-500 + 166, 0), [])  # 500 x 997 / 2990
    back = SettledLine.objects.exclude(refund="").get()
    assert (back.platform_funded, back.streamer_funded) == (-166, -66)
    assert sum(parts_of(order)[1]) == -997 - 166
    give_back(order, 1)
    give_back(order, 1_992)
    settle_all()
    end_period(hours)
    assert [sum(parts) for parts in zip(*parts_of(order), strict=True)] == [0, 0, 0, 0]
    kinds = ("brand_payable", shop.brand.id), ("streamer_payable", shop.session.streamer_id)
    assert [balance(kind, owner=owner) for kind, owner in kinds] == [0, 0]
    assert (funding(shop), balance("platform_revenue"), balance("escrow")) == ((0, 0), 0, 0)
    line = OrderLine.objects.get(order=order)
    assert (line.platform_unfunded, line.streamer_unfunded, findings()) == (500, 200, [])


def test_a_cancelled_sale_costs_nobody_a_discount(shop: Shop, buyer: User, hours: Hours) -> None:
    off(shop, platform=500, streamer=100)
    cancel(caller(buyer), sell(shop, buyer))
    settle_all()
    end_period(hours)
    [row] = read(shop.owner, f"commissions?brand={shop.brand.id}")["data"]
    assert (row["state"], row["base"]["amount"], row["platform_funded"]["amount"]) == ("voided", 0, 0)
    assert (Transfer.objects.filter(kind="funding").exists(), findings()) == (False, [])


def test_the_audit_finds_a_discount_that_nobody_sold(shop: Shop, buyer: User, hours: Hours) -> None:
    off(shop, platform=500)
    order = settled(shop, buyer, hours)
    doctor("UPDATE orders_orderline SET platform_discount = 400 WHERE order_id = %s", order.id[-32:])
    [found] = findings()
    assert found.startswith("settlement.discount_differs oln_")
    doctor("UPDATE orders_orderline SET platform_discount = 500 WHERE order_id = %s", order.id[-32:])
    doctor("UPDATE ledger_account SET balance = balance - 1 WHERE kind = %s", "coupon_funding")
    assert "settlement.funding_differs platform" in " ".join(findings())


def test_a_purchase_with_discounts_takes_as_many_statements(shop: Shop, buyer: User) -> None:
    buy(shop, buyer)  # what is remembered from the first purchase
    with CaptureQueriesContext(connection) as plain:
        buy(shop, buyer)
    off(shop, platform=500, brand=300, streamer=200)
    with CaptureQueriesContext(connection) as discounted:
        buy(shop, buyer)
    assert len(discounted) <= len(plain)
    assert Slot.objects.get(id=shop.slot.id).price == Money(2990, "CNY")
