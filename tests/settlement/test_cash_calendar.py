"""The cash calendar sums to what the ledger owes a party and to what its sales are estimated at."""

from collections import Counter
from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.lib.ids import new_id
from marketplace.models import User
from orders.models import Account, Hold, OrderLine, Party, ReserveTier
from orders.queries.own_lines import lines_of
from orders.settlement.commissions import PREFIXES
from orders.settlement.holds import hold_line
from orders.settlement.periods import next_end
from orders.tasks import sweep_payouts
from tests.marketplace.rest_callers import problem_of, with_token
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop
from tests.orders.times import later
from tests.settlement.sales import DAY, deliver, give_back, sell
from tests.settlement.test_payouts import owe

pytestmark = pytest.mark.django_db

PARTS = {"brand": "brand_part", "streamer": "streamer_part"}
LEDGER = {"reserved", "payable", "sent", "failed", "debt"}


def read(person: User, path: str) -> list[dict[str, Any]]:
    answer = with_token(person, "money:read").send("GET", f"/api/v1/{path}", None)
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


def reconciled(shop: Shop, party: str) -> Counter[str]:
    """Return the amounts of a party's calendar by kind; they are its payable, held fees and estimates."""
    person, owner, sales = {
        "brand": (shop.owner, shop.brand.id, f"brand={shop.brand.id}"),
        "streamer": (shop.host, shop.session.streamer_id, f"session={shop.session.id}"),
    }[party]
    sums: Counter[str] = Counter()
    for entry in read(person, f"cash-calendar?party={owner}"):
        sums[entry["kind"]] += entry["amount"]["amount"]
    account = Account.objects.filter(kind=f"{party}_payable", owner=owner).first()
    in_ledger = sum(amount for kind, amount in sums.items() if kind in LEDGER)
    assert in_ledger == (account.balance if account else 0)
    held = [fee for fee in read(person, f"slot-fees?{sales}") if fee["state"] == "held"]
    assert sums["slot_fee"] == sum(fee["amount"]["amount"] for fee in held)
    commissions = read(person, f"commissions?{sales}&limit=100")
    waiting = [row for row in commissions if row["state"] in {"estimated", "due"}]
    estimated = sum(row[PARTS[party]]["amount"] for row in waiting)
    assert sum(sums.values()) == in_ledger + sums["slot_fee"] + estimated
    return sums


def test_every_amount_has_its_date_and_its_reason(
    shop: Shop, buyer: User, outsider: User, hours: Hours
) -> None:
    path = f"cash-calendar?party={shop.brand.id}"
    held, delivered = sell(shop, buyer), sell(shop, buyer)
    [entry] = read(shop.owner, path)
    assert (entry["kind"], entry["amount"]["amount"], entry["at"], entry["lines"]) == (
        "estimated", 2 * 2993, None, 2,
    )  # fmt: skip
    with action():
        hold_line(held.lines.get(), reason="return", subject="ret_1", now=clock.now())
    deliver(shop, held, delivered, hours=hours, days=6)
    last = sell(shop, buyer)
    entries = {entry["kind"]: entry for entry in read(shop.owner, path) if entry["at"]}
    window = delivered.lines.get().return_by
    assert window is not None
    assert list(entries) == ["estimated"]
    assert entries["estimated"]["at"] == next_end(window).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    waiting = [entry for entry in read(shop.owner, path) if not entry["at"]]
    assert [(entry["kind"], entry["reason"], entry["lines"]) for entry in waiting] == [
        ("estimated", "sold, and still to be delivered or in its return window", 1),
        ("held", "an open return", 1),
    ]
    assert waiting[1]["subject"] == held.lines.get().id
    for party in PARTS:
        assert reconciled(shop, party)["held"] > 0
    assert last.lines.get().return_by is None
    problem_of(with_token(outsider, "money:read").send("GET", f"/api/v1/{path}", None), 404, "not_found")


def test_settled_money_is_kept_back_sent_refused_and_owed(shop: Shop, buyer: User, hours: Hours) -> None:
    ReserveTier.objects.all().delete()
    ReserveTier.objects.create(from_rate_bp=0, share_bp=1_000, days=14)
    orders = [sell(shop, buyer, quantity=quantity) for quantity in (1, 2)]
    deliver(shop, *orders, hours=hours, days=0)
    seen = set()
    while "payable" not in seen:
        later(hours, DAY)
        seen |= set(reconciled(shop, "brand"))
    assert seen == {"estimated", "due", "reserved", "payable"}
    assert reconciled(shop, "brand") == {"reserved": 898, "payable": 8080}
    [kept] = [entry for entry in read(shop.owner, f"cash-calendar?party={shop.brand.id}") if entry["at"]][1:]
    hold = Hold.objects.get(id=kept["subject"])
    assert hold.release_at is not None
    assert kept["at"] == hold.release_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    sweep_payouts()
    assert reconciled(shop, "brand") == {"reserved": 898}
    give_back(orders[1], 7980)
    assert reconciled(shop, "brand") == {"reserved": 898, "debt": -5985}
    assert reconciled(shop, "streamer")["debt"] < 0


def test_a_refused_payout_stands_in_the_calendar_with_the_next_try(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    owe(shop, buyer, hours, ending=13)
    sweep_payouts()
    [entry] = [
        one for one in read(shop.owner, f"cash-calendar?party={shop.brand.id}") if one["kind"] in LEDGER
    ]
    [payout] = read(shop.owner, f"payouts?owner={shop.brand.id}")
    assert (entry["kind"], entry["reason"], entry["subject"]) == (
        "failed", payout["failure_code"], payout["id"],
    )  # fmt: skip
    assert (entry["at"], entry["amount"]) == (payout["next_attempt_at"], payout["amount"])
    assert reconciled(shop, "brand")["failed"] == payout["amount"]["amount"]


@pytest.mark.only_in("embedded")  # of so few rows PostgreSQL reads all, whatever indexes there are
@pytest.mark.parametrize("party", list(Party))
def test_the_lines_of_a_party_are_found_by_an_index(party: Party) -> None:
    plan = OrderLine.objects.filter(lines_of({party: [new_id(PREFIXES[party][:-1])]})).explain()
    assert "orders_orderline USING INDEX line_" in plan, plan
