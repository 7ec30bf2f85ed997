"""A gateway that rejects requests: only its no to the refund itself is a no, and nothing is paid twice."""

from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.models import User
from orders.models import OrderLine, Payment
from orders.payments.simulator import views
from orders.payments.simulator.models import SimulatedPayment, SimulatedRefund
from orders.payments.simulator.refusals import Refusal
from refunds.models import Refund
from refunds.states import BACKOFF
from refunds.tasks import sweep_refunds
from tests.orders.gateway_receiver import Hours
from tests.orders.times import findings, later
from tests.refunds.claims import DAY, asked, done
from tests.refunds.test_refund_tries import lose_answers, paid_back

pytestmark = pytest.mark.django_db

REJECTIONS = ((401, "unauthorized"), (403, "forbidden"), (404, "gone_away"), (409, "busy"), (422, "x_17"))
of_all_kinds = pytest.mark.parametrize(("status", "code"), REJECTIONS)


@pytest.fixture
def refund(line: OrderLine, buyer: User, brand_owner: User) -> Refund:
    """Return the new refund of one unit of three: the payment holds enough to pay it twice."""
    case = asked(buyer, line, type="refund_only", reason="not_received")
    done(brand_owner, case, "approve", {})
    return Refund.objects.get()


class Rejecting:
    """The gateway's door, which rejects every request as long as one says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch, self._real = monkeypatch, views._authenticate

    def begin(self, status: int, code: str) -> None:
        """Reject every request from now on."""

        def reject(_request: Any) -> None:
            raise Refusal(status, code, "Not like this.")

        self._patch.setattr(views, "_authenticate", reject)

    def end(self) -> None:
        """Let requests in again."""
        self._patch.setattr(views, "_authenticate", self._real)


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Rejecting:
    """Return the gateway's door, which is open."""
    return Rejecting(monkeypatch)


def swept(refund: Refund, hours: Hours, seconds: float) -> tuple[str, int, str, str]:
    """Let time pass without any message, send what is due, and return how the refund stands then."""
    hours.move(seconds)
    sweep_refunds()
    refund.refresh_from_db()
    return refund.state, refund.declined, refund.gateway_key, refund.last_error


def assert_paid_once(refund: Refund) -> None:
    """Assert that the gateway has one refund, and that it and the books say the same."""
    assert [one.idempotency_key for one in SimulatedRefund.objects.all()] == [refund.id]
    assert (paid_back(), Payment.objects.get().refunded, findings()) == (3990, 3990, [])


@of_all_kinds
def test_a_question_that_is_rejected_is_no_answer(
    refund: Refund, hours: Hours, door: Rejecting, status: int, code: str
) -> None:
    SimulatedPayment.objects.update(scenario="refund_late")
    assert swept(refund, hours, 0) == ("sent", 0, refund.id, "")
    door.begin(status, code)
    for _ in range(2):
        assert swept(refund, hours, 60) == ("sent", 0, refund.id, code)
    door.end()
    assert swept(refund, hours, 60) == ("done", 0, refund.id, "")
    later(hours, 60)
    assert_paid_once(refund)


@of_all_kinds
def test_after_a_lost_answer_a_rejection_says_nothing(
    refund: Refund, hours: Hours, door: Rejecting, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    lose_answers(monkeypatch, 1, before=False)
    assert swept(refund, hours, 0) == ("created", 0, refund.id, "unreachable")
    door.begin(status, code)
    assert swept(refund, hours, BACKOFF[0].total_seconds()) == ("created", 0, refund.id, code)
    assert refund.next_attempt_at - clock.now() == BACKOFF[1]
    door.end()
    assert swept(refund, hours, BACKOFF[1].total_seconds()) == ("done", 0, refund.id, "")
    later(hours, 60)
    assert_paid_once(refund)


def test_what_the_gateway_does_not_know_is_sent_again_under_the_same_key(
    refund: Refund, hours: Hours
) -> None:
    SimulatedPayment.objects.update(scenario="refund_late")
    swept(refund, hours, 0)
    known_as = refund.gateway_id
    Refund.objects.update(gateway_id="gwr_of_another_day")
    hours.move(59)
    SimulatedRefund.objects.update(resolves_at=clock.now() + BACKOFF[2])
    assert swept(refund, hours, 1) == ("sent", 0, refund.id, "")
    assert refund.gateway_id == known_as
    later(hours, BACKOFF[2].total_seconds())
    refund.refresh_from_db()
    assert refund.state == "done"
    assert_paid_once(refund)


def test_a_refund_that_is_refused_itself_is_tried_again_under_a_new_key(refund: Refund, hours: Hours) -> None:
    SimulatedPayment.objects.update(refunded=11_970)
    assert swept(refund, hours, 0) == ("failed", 1, f"{refund.id}.1", "refund_too_large")
    SimulatedPayment.objects.update(refunded=0)
    assert swept(refund, hours, BACKOFF[0].total_seconds()) == ("done", 1, f"{refund.id}.1", "")
    later(hours, 60)
    assert (paid_back(), findings()) == (3990, [])


@pytest.mark.parametrize("scenario", ("approve", "refund_late"))
def test_a_refund_without_an_answer_for_a_day_is_found(
    refund: Refund, hours: Hours, door: Rejecting, scenario: str
) -> None:
    SimulatedPayment.objects.update(scenario=scenario)
    if scenario == "refund_late":
        swept(refund, hours, 0)
    door.begin(401, "unauthorized")
    swept(refund, hours, 60)
    hours.move(DAY - 60)
    assert findings() == []
    hours.move(1)
    assert [finding.split()[:2] for finding in findings()] == [["refund.unanswered", f"{refund.id}:"]]
    door.end()
    sweep_refunds()
    assert (Refund.objects.get().state, findings()) == ("done", [])
