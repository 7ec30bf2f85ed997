"""Refunds at a gateway that declines, delays, doubles or is away: tried again, and never paid out twice."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum

from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import Fact, User
from orders.errors import WrongOrderState
from orders.models import InboundWebhook, Order, Payment
from orders.payments.client import HttpGateway
from orders.payments.port import GatewayUnavailable
from orders.payments.simulator.cards import CARDS
from orders.payments.simulator.models import SimulatedPayment, SimulatedRefund
from refunds.actions.send_refund import claim_refund, retry_refund, settle_refund
from refunds.issue import issue
from refunds.models import Refund
from refunds.outcomes import Word
from refunds.states import BACKOFF, MOST_DECLINED, TRANSITIONS, next_try
from refunds.tasks import sweep_late_captures, sweep_refund_webhooks, sweep_refunds
from tests.orders.gateway_receiver import START, Hours
from tests.orders.shop import APPROVE, Shop, buy, caller, cancel, pay, states_of
from tests.orders.test_expiry import at_once
from tests.orders.times import findings, later

REFUND_FAILS, REFUND_LATE, REFUND_FIRST = "4000010000000092", "4000010000000100", "4000010000000068"


def cancelled(shop: Shop, buyer: User, card: str = APPROVE) -> Refund:
    """Return the new refund of an order that was paid with a card and cancelled."""
    bella, order = caller(buyer), buy(shop, buyer)
    assert pay(bella, order, card).status_code == 200
    if Payment.objects.get(order=order).state == "processing":
        raise AssertionError("the card is slow: let time pass before cancelling")
    assert cancel(bella, order).status_code == 200
    return Refund.objects.get(order=order)


def paid_back() -> int:
    """Return how much the gateway has given back in all."""
    done = SimulatedRefund.objects.filter(state="done")
    return int(done.aggregate(sum=Sum("amount", default=0))["sum"])


def test_the_graph_has_no_dead_state() -> None:
    reachable = {"created"} | {to for tos in TRANSITIONS.values() for to in tos}
    assert reachable == set(Refund.State)
    assert [state for state, tos in TRANSITIONS.items() if not tos] == ["done"]


def test_pauses_grow_and_then_stay() -> None:
    pauses = [next_try(attempts, now=START) - START for attempts in range(1, len(BACKOFF) + 3)]
    assert pauses == [*BACKOFF, BACKOFF[-1], BACKOFF[-1]]
    assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2)]


@pytest.mark.django_db
def test_a_refund_that_is_declined_again_and_again_is_tried_daily_and_found(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    refund = cancelled(shop, buyer, REFUND_FAILS)
    later(hours, 0)
    for pause in BACKOFF:
        assert findings() == []
        later(hours, 2)
        later(hours, pause.total_seconds())
    later(hours, 2)
    refund.refresh_from_db()
    assert (refund.state, refund.declined) == ("failed", MOST_DECLINED + 1)
    assert refund.next_attempt_at - clock.now() == timedelta(days=1)
    assert [finding.split()[:2] for finding in findings()] == [["refund.declined", f"{refund.id}:"]]
    SimulatedPayment.objects.update(scenario="approve")
    later(hours, 86_400)
    assert (Refund.objects.get().state, findings()) == ("done", [])


@pytest.mark.django_db
def test_a_slow_refund_is_sent_and_then_done(shop: Shop, buyer: User, hours: Hours) -> None:
    refund = cancelled(shop, buyer, REFUND_LATE)
    sweep_refunds()
    refund.refresh_from_db()
    assert (refund.state, refund.attempts, refund.done_at) == ("sent", 1, None)
    later(hours, 30)
    assert Refund.objects.get().state == "sent"
    later(hours, 31)
    refund.refresh_from_db()
    assert (refund.state, refund.attempts) == ("done", 1)
    assert (SimulatedRefund.objects.count(), paid_back()) == (1, 3990)
    assert findings() == []


@pytest.mark.django_db
def test_without_any_webhook_the_gateway_is_asked(
    shop: Shop, buyer: User, hours: Hours, settings: Any
) -> None:
    refund = cancelled(shop, buyer, REFUND_LATE)
    sweep_refunds()
    hours.move(60)
    sweep_refunds()
    refund.refresh_from_db()
    assert (refund.state, refund.attempts) == ("done", 1)
    assert InboundWebhook.objects.filter(type__startswith="refund.").count() == 0
    assert findings() == []


@pytest.mark.django_db
def test_a_declined_refund_is_tried_again_under_a_new_key(shop: Shop, buyer: User, hours: Hours) -> None:
    refund = cancelled(shop, buyer, REFUND_FAILS)
    later(hours, 0)
    later(hours, 2)
    refund.refresh_from_db()
    assert (refund.state, refund.attempts, refund.last_error) == ("failed", 1, "refund_declined")
    assert Payment.objects.get().state == "captured"
    assert (refund.gateway_key, refund.next_attempt_at) == (f"{refund.id}.1", clock.now() + BACKOFF[0])
    later(hours, 5)
    later(hours, 2)
    refund.refresh_from_db()
    assert (refund.state, refund.attempts, refund.declined) == ("failed", 2, 2)
    keys = SimulatedRefund.objects.order_by("created_at").values_list("idempotency_key", "state")
    assert list(keys) == [(refund.id, "failed"), (f"{refund.id}.1", "failed")]
    SimulatedPayment.objects.update(scenario="approve")
    later(hours, 30)
    refund.refresh_from_db()
    assert (refund.state, refund.attempts, refund.last_error) == ("done", 3, "")
    assert (Payment.objects.get().state, paid_back()) == ("refunded", 3990)
    assert findings() == []


@pytest.mark.django_db
@pytest.mark.parametrize("card", ("4000010000000027", "4000010000000035", REFUND_FIRST, APPROVE))
def test_doubled_and_early_messages_count_once(shop: Shop, buyer: User, hours: Hours, card: str) -> None:
    order, bella = buy(shop, buyer), caller(buyer)
    pay(bella, order, card)
    hours.move(1)
    if CARDS[card].answer_after:
        later(hours, 1)
    cancel(bella, order)
    for seconds in (0, 1, 11, 60):
        later(hours, seconds)
    assert (Refund.objects.get().state, Payment.objects.get().state) == ("done", "refunded")
    assert (Payment.objects.get().refunded, paid_back()) == (3990, 3990)
    assert Fact.objects.filter(type="refund.done").count() == 1
    assert InboundWebhook.objects.filter(applied_at=None).count() == 0
    assert findings() == []


def lose_answers(monkeypatch: pytest.MonkeyPatch, times: int, *, before: bool) -> None:
    """Let the gateway's next answers to refunds be lost: before it acts, or after."""
    left = [times]
    real = HttpGateway.refund

    def refund(self: HttpGateway, *, payment_id: str, money: Money, idempotency_key: str) -> Any:
        if left[0] and before:
            left[0] -= 1
            raise GatewayUnavailable("gone", code="unreachable", request_id="req_1")
        answer = real(self, payment_id=payment_id, money=money, idempotency_key=idempotency_key)
        if left[0]:
            left[0] -= 1
            raise GatewayUnavailable("gone", code="unreachable", request_id="req_1")
        return answer

    monkeypatch.setattr(HttpGateway, "refund", refund)


@pytest.mark.django_db
@pytest.mark.parametrize("before", (True, False))
def test_lost_answers_are_asked_for_again_under_the_same_key(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    refund = cancelled(shop, buyer)
    lose_answers(monkeypatch, 2, before=before)
    pauses = []
    for _ in range(3):
        sweep_refunds()
        refund.refresh_from_db()
        pauses.append(
            (refund.state, refund.attempts, refund.next_attempt_at - clock.now(), refund.last_error)
        )
        hours.move(max(0, (refund.next_attempt_at - clock.now()).total_seconds()))
    assert pauses[:2] == [
        ("created", 1, BACKOFF[0], "unreachable"),
        ("created", 2, BACKOFF[1], "unreachable"),
    ]
    assert pauses[2][:2] == ("done", 3)
    assert [one.idempotency_key for one in SimulatedRefund.objects.all()] == [refund.id]
    assert paid_back() == 3990
    assert findings() == []


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_send_a_refund_once(shop: Shop, buyer: User, hours: Hours) -> None:
    refund = cancelled(shop, buyer)
    claims = at_once(*[partial(claim_refund, refund_id=refund.id, now=clock.now())] * 4)
    assert sum(isinstance(claim, Refund) for claim in claims) == 1, claims
    hours.move(31)
    sweeps = at_once(*[sweep_refunds] * 3)
    assert sweeps == [None] * 3
    refund.refresh_from_db()
    assert (refund.state, refund.attempts, paid_back()) == ("done", 2, 3990)
    assert findings() == []


@pytest.mark.django_db
def test_a_button_makes_the_next_try_due(shop: Shop, buyer: User, hours: Hours, admin: User) -> None:
    refund = cancelled(shop, buyer, REFUND_FAILS)
    later(hours, 0)
    later(hours, 2)
    SimulatedPayment.objects.update(scenario="approve")
    retry_refund(refund_id=refund.id, actor=admin.id, now=clock.now())
    sweep_refunds()
    refund.refresh_from_db()
    assert refund.state == "done"
    assert Fact.objects.get(type="refund.retried").payload["actor"] == admin.id
    with pytest.raises(WrongOrderState):
        retry_refund(refund_id=refund.id, actor=admin.id, now=clock.now())


@pytest.mark.django_db
def test_no_more_goes_back_than_was_paid(shop: Shop, buyer: User) -> None:
    refund = cancelled(shop, buyer)
    payment = Payment.objects.get()
    with pytest.raises(WrongOrderState):
        issue(payment, 1, reason="cancelled", now=clock.now())
    sweep_refunds()
    done = Word(gateway_id="gwr_x", state="done", money=refund.total)
    assert settle_refund(refund_id=refund.id, word=done, now=clock.now()).state == "done"
    payment.refresh_from_db()
    assert (payment.refunded, payment.state) == (3990, "refunded")
    wrong = Word(gateway_id="gwr_x", state="done", money=Money(1, "CNY"))
    settle_refund(refund_id=refund.id, word=wrong, now=clock.now())
    assert findings() == []


@pytest.mark.django_db
def test_news_of_an_earlier_try_is_out_of_date(shop: Shop, buyer: User, hours: Hours) -> None:
    refund = cancelled(shop, buyer, REFUND_FAILS)
    later(hours, 0)
    later(hours, 2)
    later(hours, 5)
    refund.refresh_from_db()
    assert (refund.state, refund.declined) == ("sent", 1)
    stale = Word(gateway_id="gwr_x", state="failed", money=refund.total, key=refund.id)
    assert settle_refund(refund_id=refund.id, word=stale, now=clock.now()).state == "sent"


@pytest.mark.django_db
def test_messages_about_unknown_refunds_are_noted(hours: Hours) -> None:
    body = (
        '{"type": "refund.done", "at": "2026-11-11T20:00:00Z", "data": {"refund": "gwr_1",'
        ' "payment": "gwp_1", "reference": "pay_1", "amount": 1, "currency": "CNY", "idempotency_key": "%s"}}'
    )
    for number, key in enumerate(("rfd_" + "0" * 32, "nonsense")):
        InboundWebhook.objects.create(
            webhook_id=f"msg_{number}", type="refund.done", body=body % key, received_at=clock.now()
        )
    InboundWebhook.objects.create(webhook_id="msg_2", type="refund.done", body="{", received_at=clock.now())
    sweep_refund_webhooks()
    assert sorted(InboundWebhook.objects.values_list("outcome", flat=True)) == [
        "unknown: no such refund",
        "unknown: no such refund",
        "unused: malformed",
    ]


@pytest.mark.django_db
def test_late_money_is_refunded_once(shop: Shop, buyer: User, hours: Hours) -> None:
    order: Order = buy(shop, buyer)
    pay(caller(buyer), order)
    Payment.objects.update(state="captured_late")
    sweep_late_captures()
    sweep_late_captures()
    assert [(one.reason, one.amount) for one in Refund.objects.all()] == [("late_capture", 3990)]
    assert states_of(order) == ["paid"]
