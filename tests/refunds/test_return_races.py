"""Two who act on one return, or on the same units, at once: one wins, and the guards alone are enough."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db.models import F, QuerySet

from marketplace.errors import LimitReached
from marketplace.lib import clock
from marketplace.models import User
from orders import claims
from orders.errors import UnitsClaimed, WrongOrderState
from orders.models import Order, OrderLine
from refunds import cases, trust
from refunds.actions import request_return as requesting
from refunds.actions import show_evidence as showing
from refunds.actions.answer_return import accept_offer, approve_return, withdraw_return
from refunds.actions.expire_return import expire_return
from refunds.actions.request_return import request_return
from refunds.eligibility import Wish
from refunds.errors import WrongReturnState
from refunds.evidence import StoredFile
from refunds.models import Evidence, Refund, Return
from refunds.policy import LIMITS
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop
from tests.orders.test_expiry import at_once
from tests.orders.times import findings
from tests.refunds.claims import all_delivered, asked, delivered, done

CLAIM = Wish(units=2, type="refund_only", reason="not_received")


def request(line: OrderLine, wish: Wish = CLAIM) -> Callable[[], Return]:
    """Return a request for units of a line."""
    return partial(request_return, line_id=line.id, buyer_id=line.buyer_id, wish=wish, now=clock.now())


def approval(case: Return, actor: User) -> Callable[[], Return]:
    """Return a seller's approval of a return."""
    return partial(approve_return, return_id=case.id, actor=actor.id, now=clock.now())


def stale(line: OrderLine) -> Callable[[str], tuple[Order, list[OrderLine]]]:
    """Return a lock that takes none, and sees the order as it is at this moment for ever."""
    seen = [OrderLine.objects.get(id=line.id) for _ in range(2)]
    return lambda _order_id: (Order.objects.get(id=line.order_id), [seen.pop()])


def met(step: Callable[..., Any]) -> Callable[..., Any]:
    """Return a step after which two wait for each other, unless a lock keeps the second away."""
    barrier = threading.Barrier(2)

    def both(*given: Any, **named: Any) -> Any:
        answer = step(*given, **named)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=1)
        return answer

    return both


@pytest.mark.django_db(transaction=True)
def test_two_requests_for_the_same_units_have_one_winner(shop: Shop, buyer: User, hours: Hours) -> None:
    line = delivered(shop, buyer, hours, quantity=3)
    results = at_once(*[request(line)] * 4)
    assert sum(isinstance(result, Return) for result in results) == 1, results
    line.refresh_from_db()
    assert (Return.objects.count(), line.claimed) == (1, 2)
    assert findings() == []


@pytest.mark.django_db(transaction=True)
def test_approval_and_withdrawal_have_one_winner(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours
) -> None:
    lines = all_delivered(shop, buyer, hours, orders=3)
    assert len(lines) == 3
    found = [asked(buyer, line, type="refund_only", reason="not_received") for line in lines]
    pairs = [
        (
            approval(case, brand_owner),
            partial(withdraw_return, return_id=case.id, actor=buyer.id, now=clock.now()),
        )
        for case in found
    ]
    results = at_once(*[run for pair in pairs for run in pair])
    for number, case in enumerate(found):
        pair = results[2 * number : 2 * number + 2]
        assert sum(isinstance(result, WrongReturnState) for result in pair) == 1, pair
        case.refresh_from_db()
        assert case.state in {"refunded", "withdrawn"}
        assert (case.refund is None) is (case.state == "withdrawn")
    assert findings() == []


@pytest.mark.django_db(transaction=True)
def test_two_refunds_of_one_return_are_one(shop: Shop, buyer: User, brand_owner: User, hours: Hours) -> None:
    case = asked(buyer, delivered(shop, buyer, hours), reason="damaged")
    done(brand_owner, case, "offer", {"amount": {"amount": 3990, "currency": "CNY"}})
    run = partial(accept_offer, return_id=case.id, actor=buyer.id, now=clock.now())
    results = at_once(*[run] * 4)
    assert sum(isinstance(result, WrongReturnState) for result in results) == 3, results
    assert (Refund.objects.count(), OrderLine.objects.get().refunded) == (1, 3990)
    assert findings() == []


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_expire_a_return_once(shop: Shop, buyer: User, hours: Hours) -> None:
    case = asked(buyer, delivered(shop, buyer, hours), type="refund_only", reason="not_received")
    hours.move(48 * 3600)
    results = at_once(*[partial(expire_return, return_id=case.id, now=clock.now())] * 4)
    assert sorted(map(str, results)) == ["False", "False", "False", "True"]
    assert Refund.objects.count() == 1
    assert findings() == []


@pytest.mark.only_in("scaled")  # SQLite lets in one writer at a time, with or without a lock
@pytest.mark.parametrize("locked", (True, False))
@pytest.mark.django_db(transaction=True)
def test_the_limit_of_one_buyer_holds_for_requests_at_once_by_the_lock_on_the_buyer(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    lines = [delivered(shop, buyer, hours, quantity=2) for _ in range(2)]
    monkeypatch.setattr(trust, "LIMITS", replace(LIMITS, open_per_buyer=1))
    monkeypatch.setattr(requesting, "check_limits", met(trust.check_limits))
    if not locked:
        monkeypatch.setattr(requesting, "lock_person", lambda _: None)
    results = at_once(*map(request, lines))
    refused = [result for result in results if isinstance(result, LimitReached)]
    assert (len(refused), Return.objects.count()) == ((1, 1) if locked else (0, 2)), results


@pytest.mark.only_in("scaled")
@pytest.mark.parametrize("locked", (True, False))
@pytest.mark.django_db(transaction=True)
def test_the_limit_of_unused_files_holds_for_uploads_at_once_by_the_same_lock(
    buyer: User, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    monkeypatch.setattr(showing, "LIMITS", replace(LIMITS, unused_files=1))
    monkeypatch.setattr(QuerySet, "count", met(QuerySet.count))
    if not locked:
        monkeypatch.setattr(showing, "lock_person", lambda _: None)
    runs = [
        partial(
            showing.add_evidence,
            return_id=None,
            file=StoredFile(f"{name}.png", "png", 1),
            owner_id=buyer.id,
            now=clock.now(),
        )
        for name in ("a", "b")
    ]
    results = at_once(*runs)
    monkeypatch.undo()
    refused = [result for result in results if isinstance(result, LimitReached)]
    assert (len(refused), Evidence.objects.count()) == ((1, 1) if locked else (0, 2)), results


# ------------------------------------------------------------- without the lock, and without the guard too


def _claims_without_lock(line: OrderLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask twice for the same units, each seeing the line as it was before."""
    monkeypatch.setattr(requesting, "lock_order", stale(line))
    request(line)()
    request(line)()


@pytest.mark.django_db
def test_the_guard_refuses_units_that_others_have(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = delivered(shop, buyer, hours, quantity=3)
    with pytest.raises(UnitsClaimed) as refused:
        _claims_without_lock(line, monkeypatch)
    assert refused.value.data["left"] == 1
    assert Return.objects.count() == 1
    assert findings() == []


@pytest.mark.django_db
def test_without_the_guard_units_are_claimed_twice(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unguarded(line: OrderLine, units: int) -> None:
        OrderLine.objects.filter(id=line.id).update(claimed=F("quantity"))

    line = delivered(shop, buyer, hours, quantity=3)
    monkeypatch.setattr(claims, "claim", unguarded)
    _claims_without_lock(line, monkeypatch)
    assert sum(Return.objects.values_list("units", flat=True)) == 4
    assert {finding.split()[0] for finding in findings()} == {"return.line_miscounted"}


def _refunds_without_lock(
    line: OrderLine, seller: User, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approve two returns of a line of three units, each seeing the line without the other's refund."""
    found = [asked(buyer, line, units=units, type="refund_only", reason="not_received") for units in (2, 1)]
    OrderLine.objects.filter(id=line.id).update(refunded=line.amount - 7980)
    monkeypatch.setattr(cases, "lock_order", stale(line))
    for case in found:
        approval(case, seller)()


@pytest.mark.django_db
def test_the_guard_refuses_more_money_than_was_paid(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = delivered(shop, buyer, hours, quantity=3)
    with pytest.raises(WrongOrderState):
        _refunds_without_lock(line, brand_owner, buyer, monkeypatch)
    assert [refund.amount for refund in Refund.objects.all()] == [7980]
    line.refresh_from_db()
    assert line.refunded == line.amount


@pytest.mark.django_db
def test_without_the_guard_more_goes_back_than_was_counted(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unguarded(line: OrderLine, amount: int, *, units: int) -> None:
        line.refunded += amount

    line = delivered(shop, buyer, hours, quantity=3)
    monkeypatch.setattr(claims, "count_refund", unguarded)
    _refunds_without_lock(line, brand_owner, buyer, monkeypatch)
    assert sum(Refund.objects.values_list("amount", flat=True)) == 11970
    kinds = {finding.split()[0] for finding in findings()}
    assert kinds == {
        "return.line_miscounted", "return.line_refunded_in_part", "refund.not_what_came_back",
        "reports.counters_differ",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_return_that_moved_in_the_meantime_stays_where_it_is(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours
) -> None:
    from marketplace.lib.atomic import action

    case = asked(buyer, delivered(shop, buyer, hours), type="refund_only", reason="not_received")
    with action():
        seen = cases.lock_case(case.id)
    done(buyer, case, "withdraw")
    with pytest.raises(WrongReturnState), action():
        cases.move(seen, "approved", actor=brand_owner.id, now=clock.now())
    case.refresh_from_db()
    assert (case.state, Refund.objects.count()) == ("withdrawn", 0)
    assert findings() == []
