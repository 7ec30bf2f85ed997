"""The audit sees each way in which returns, lines and refunds can contradict each other."""

from datetime import timedelta
from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.models import User
from orders.models import Hold, OrderLine
from refunds import audit
from refunds.models import Refund, Return
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop
from tests.orders.times import findings
from tests.refunds.claims import asked, delivered, done

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(shop: Shop, buyer: User, brand_owner: User, hours: Hours) -> Return:
    """Return Bella's open request; another unit of the line was refunded before."""
    line = delivered(shop, buyer, hours, quantity=3)
    first = asked(buyer, line, type="refund_only", reason="not_received")
    done(brand_owner, first, "approve", {})
    assert findings() == []
    return asked(buyer, line)


def found() -> set[str]:
    """Return the kinds of what the audit of refunds finds."""
    return {str(finding).split()[0] for finding in audit.findings(clock.now())}


@pytest.mark.parametrize(
    ("kind", "changes"),
    (
        ("return.wrong_deadline", {"deadline": None}),
        ("return.wrong_deadline", {"state": "decided_for_seller"}),
        ("return.refund_differs", {"state": "accepted", "deadline": None}),
        ("return.line_miscounted", {"units": 2}),
        ("return.line_miscounted", {"state": "closed", "deadline": None}),
        ("return.restocked_unpaid", {"restocked": True}),
    ),
)
def test_a_return_that_contradicts_itself_is_found(case: Return, kind: str, changes: dict[str, Any]) -> None:
    Return.objects.filter(id=case.id).update(**changes)
    assert kind in found()


def test_a_refund_that_hangs_on_an_open_return_is_found(case: Return) -> None:
    Return.objects.filter(state="refunded").update(
        state="requested", deadline=clock.now() + timedelta(hours=1)
    )
    assert {"return.refund_differs", "return.line_miscounted"} <= found()


def test_a_refund_of_something_else_is_found(case: Return, shop: Shop, buyer: User, hours: Hours) -> None:
    other = delivered(shop, buyer, hours)
    Refund.objects.update(line=other)
    assert {"return.refund_differs", "return.line_miscounted"} <= found()


@pytest.mark.parametrize(
    ("kind", "changes"),
    (
        ("return.line_miscounted", {"refunded": 3989}),
        ("return.line_miscounted", {"claimed": 3}),
        ("return.line_miscounted", {"returned": 0}),
        ("refund.not_what_came_back", {"refunded": 3991}),
        ("return.line_refunded_in_part", {"state": "refunded"}),
    ),
)
def test_a_line_that_counts_wrong_is_found(case: Return, kind: str, changes: dict[str, Any]) -> None:
    OrderLine.objects.filter(id=case.line_id).update(**changes)
    assert kind in found()


def test_a_line_that_does_not_wait_for_its_return_is_found(case: Return) -> None:
    holds = Hold.objects.filter(subject=case.id)
    assert holds.update(released_at=clock.now()) == 1
    assert found() == {"return.not_held"}


def test_a_line_that_waits_for_a_return_that_is_over_is_found(case: Return, buyer: User) -> None:
    done(buyer, case, "withdraw")
    assert found() == set()
    Hold.objects.filter(subject=case.id).update(released_at=None)
    assert found() == {"return.held_on"}


def test_a_deadline_that_nobody_acts_on_is_found(case: Return, hours: Hours) -> None:
    hours.move((timedelta(hours=48) + audit.LONGEST_WAIT).total_seconds())
    assert found() == set()
    hours.move(1)
    assert found() == {"return.overdue"}
