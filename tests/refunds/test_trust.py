"""Whom the marketplace trusts, and who asks too often."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from marketplace.models import Brand, User
from orders import tasks
from refunds import trust
from refunds.actions import answer_return
from refunds.models import Refund
from refunds.policy import LIMITS, TRUSTED
from tests.marketplace.rest_callers import problem_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, open_show
from tests.refunds.claims import DAY, NOTE, ask, asked, delivered, done, step
from tests.refunds.test_return_rules import preview, shown_file

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited"), pytest.mark.only_in("embedded")]


@pytest.fixture
def _regulars(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust whoever has kept two lines."""
    monkeypatch.setattr(trust, "TRUSTED", replace(TRUSTED, kept_lines=2))


def kept_lines(shop: Shop, buyer: User, hours: Hours, count: int) -> None:
    """Have a buyer keep what they bought in some orders."""
    for _ in range(count):
        delivered(shop, buyer, hours)
    hours.move(7 * DAY)
    tasks.sweep_completed_lines()


@pytest.mark.usefixtures("_regulars")
def test_a_trusted_buyer_is_believed_at_once(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours
) -> None:
    kept_lines(shop, buyer, hours, 4)
    line = delivered(shop, buyer, hours, quantity=2)
    assert preview(buyer, line).json()["instant"] is True
    case = asked(buyer, line, type="refund_only", reason="not_received")
    assert [case.state, case.instant, Refund.objects.get().amount] == ["refunded", True, 3990]
    assert [each.actor for each in case.history.all()] == [buyer.id, "trust", "trust"]
    other = asked(buyer, line)
    assert [other.state, other.instant, other.refund_id] == ["approved", True, None]


@pytest.mark.usefixtures("_regulars")
@pytest.mark.parametrize("trouble", ("few", "amount", "returns", "dispute"))
def test_trust_has_to_be_earned(
    shop: Shop, buyer: User, brand_owner: User, admin: User, hours: Hours, monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:  # fmt: skip
    if trouble == "amount":
        monkeypatch.setattr(trust, "TRUSTED", replace(TRUSTED, kept_lines=2, most={"CNY": 3989}))
    kept_lines(shop, buyer, hours, 1)
    if trouble in {"returns", "dispute"}:
        line = delivered(shop, buyer, hours)
        case = asked(buyer, line, type="refund_only", reason="not_received")
        if trouble == "returns":
            done(brand_owner, case, "approve", {})
        else:
            done(brand_owner, case, "reject", NOTE)
            done(buyer, case, "dispute", NOTE)
            done(admin, case, "decide", {"decision": "seller", **NOTE})
    if trouble != "few":
        kept_lines(shop, buyer, hours, 1)
    line = delivered(shop, buyer, hours)
    assert preview(buyer, line).json()["instant"] is False
    assert asked(buyer, line).state == "requested"


@pytest.mark.usefixtures("_regulars")
def test_claims_of_almost_everything_cost_trust(
    brand: Brand, brand_owner: User, host: User, admin: User, buyer: User, hours: Hours
) -> None:
    shop = open_show(brand, brand_owner, host, admin, policy="perishable")
    kept_lines(shop, buyer, hours, 4)
    claim = {"type": "refund_only", "reason": "damaged", "share": 99}
    answers = []
    for _ in range(3):
        line = delivered(shop, buyer, hours)
        answers.append(asked(buyer, line, **claim, evidence=shown_file(buyer)))
    assert [(case.state, case.instant) for case in answers] == [
        ("refunded", True), ("refunded", True), ("requested", False),
    ]  # fmt: skip


@pytest.mark.parametrize("back", ("all", "part"))
def test_a_line_with_money_back_is_not_kept(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, back: str
) -> None:
    monkeypatch.setattr(trust, "TRUSTED", replace(TRUSTED, kept_lines=2, back_percent=100))
    kept_lines(shop, buyer, hours, 1)
    case = asked(buyer, delivered(shop, buyer, hours), type="refund_only", reason="not_received")
    if back == "all":
        done(brand_owner, case, "approve", {})
    else:
        done(brand_owner, case, "offer", {"amount": {"amount": 100, "currency": "CNY"}})
        done(buyer, case, "accept-offer")
    hours.move(7 * DAY)
    tasks.sweep_completed_lines()
    line = delivered(shop, buyer, hours)
    assert preview(buyer, line).json()["instant"] is False
    kept_lines(shop, buyer, hours, 1)
    assert preview(buyer, delivered(shop, buyer, hours)).json()["instant"] is True


@pytest.mark.parametrize("limit", ("per_line", "open_per_buyer", "lately"))
def test_nobody_asks_without_end(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    two: dict[str, Any] = {limit: 2}
    monkeypatch.setattr(trust, "LIMITS", replace(LIMITS, **two))
    lines = [delivered(shop, buyer, hours, quantity=2) for _ in range(2)]
    target = lines[0]
    for number in range(2):
        case = asked(buyer, target if limit == "per_line" else lines[number])
        if limit != "open_per_buyer":
            done(buyer, case, "withdraw")
    problem = problem_of(ask(buyer, target), 409, "limit_reached")
    assert problem["data"] == {"limit": 2, "left": 0}
    if limit == "lately":
        hours.move(0)
        monkeypatch.setattr(trust, "LIMITS", replace(LIMITS, lately=2, lately_is=timedelta(0)))
        assert ask(buyer, target).status_code == 201


def test_offers_have_an_end(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_return, "LIMITS", replace(LIMITS, offers=1))
    case = asked(buyer, delivered(shop, buyer, hours))
    offer = {"amount": {"amount": 100, "currency": "CNY"}}
    done(brand_owner, case, "offer", offer)
    done(buyer, case, "decline-offer", {})
    problem_of(step(brand_owner, case, "offer", offer), 409, "limit_reached")
