"""The simulator's webhooks: planned, signed, retried, given up, and each attempt made by one sweep only."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from marketplace.lib import clock
from orders.payments.port import Gateway
from orders.payments.simulator.actions.attempts import RETRY_AFTER, claim_attempt
from orders.payments.simulator.actions.payouts import PAYOUT_AFTER
from orders.payments.simulator.cards import late_card
from orders.payments.simulator.deliveries import deliver_due, next_due
from orders.payments.simulator.models import SimulatedDelivery, SimulatedEvent, SimulatedKey, SimulatedPayment
from tests.orders.gateway_receiver import START, TEA, Hours, Inbox, pay


@pytest.mark.django_db
def test_nothing_is_due_before_anything_happened(gateway: Gateway, hours: Hours) -> None:
    assert deliver_due(clock.now()) == 0
    assert next_due() is None


@pytest.mark.django_db
def test_next_due_is_the_earliest_of_outcomes_refunds_and_messages(gateway: Gateway, hours: Hours) -> None:
    pay(gateway, late_card(60), reference="pay_1")
    assert next_due() == START + timedelta(seconds=60)
    payment = pay(gateway, "4000010000000092", reference="pay_2")
    hours.pass_by(0)
    gateway.refund(payment_id=payment.id, money=TEA, idempotency_key="rfd_1")
    assert next_due() == START + timedelta(seconds=2)
    pay(gateway, reference="pay_3")
    assert next_due() == START
    hours.pass_by(60)
    assert next_due() == START + PAYOUT_AFTER
    hours.pass_by(3 * 86_400 - 60)
    assert next_due() is None


@pytest.mark.django_db
def test_a_message_is_delivered_once_and_not_again(gateway: Gateway, inbox: Inbox, hours: Hours) -> None:
    pay(gateway)
    assert deliver_due(clock.now()) == 1
    assert deliver_due(clock.now()) == 0
    hours.pass_by(200_000)
    assert inbox.types == ["payment.captured"]
    delivery = SimulatedDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("delivered", 1, 200)
    assert delivery.delivered_at == START


@pytest.mark.django_db
@pytest.mark.parametrize("status", (500, 404, 302, 410))
def test_a_message_that_is_not_taken_comes_again_under_its_id(
    gateway: Gateway, inbox: Inbox, hours: Hours, status: int
) -> None:
    inbox.statuses = [status, status]
    pay(gateway)
    hours.pass_by(0)
    hours.pass_by(4)
    assert len(inbox.events) == 1
    hours.pass_by(1)
    assert len(inbox.events) == 2
    hours.pass_by(29)
    assert len(inbox.events) == 2
    hours.pass_by(1)
    assert len(inbox.events) == 3
    assert len(set(inbox.events)) == 1
    hours.pass_by(200_000)
    assert len(inbox.events) == 3


@pytest.mark.django_db
def test_a_message_is_given_up_after_the_last_retry(gateway: Gateway, inbox: Inbox, hours: Hours) -> None:
    inbox.statuses = [503] * 20
    pay(gateway)
    hours.pass_by(0)
    for seconds in RETRY_AFTER:
        hours.pass_by(seconds)
    assert RETRY_AFTER == (5, 30, 120, 600, 3_600, 21_600, 86_400)
    assert len(inbox.events) == len(RETRY_AFTER) + 1
    hours.pass_by(86_400)
    assert len(inbox.events) == len(RETRY_AFTER) + 1
    delivery = SimulatedDelivery.objects.get()
    assert (delivery.state, delivery.last_status, delivery.delivered_at) == ("given_up", 503, None)
    assert next_due() == START + PAYOUT_AFTER


@pytest.mark.django_db
def test_nobody_listening_is_a_failed_attempt(
    gateway: Gateway, inbox: Inbox, hours: Hours, settings: Any
) -> None:
    settings.GATEWAY_WEBHOOK_URL = "http://127.0.0.1:1/nobody"
    pay(gateway)
    hours.pass_by(0)
    delivery = SimulatedDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("pending", 1, None)
    settings.GATEWAY_WEBHOOK_URL = ""
    hours.pass_by(5)
    assert inbox.types == ["payment.captured"]


@pytest.mark.django_db
def test_every_attempt_is_signed_at_its_own_time(gateway: Gateway, inbox: Inbox, hours: Hours) -> None:
    inbox.statuses = [500] * 4
    pay(gateway)
    hours.pass_by(0)
    for seconds in RETRY_AFTER[:4]:
        hours.pass_by(seconds)
    assert len(inbox.events) == 5
    assert inbox.refused == []


@pytest.mark.django_db
def test_one_message_that_fails_holds_up_no_other(gateway: Gateway, inbox: Inbox, hours: Hours) -> None:
    inbox.statuses = [500]
    pay(gateway, reference="pay_1")
    hours.move(1)
    pay(gateway, reference="pay_2")
    hours.pass_by(0)
    hours.pass_by(5)
    assert [event.reference for event in inbox.events] == ["pay_1", "pay_2", "pay_1"]


@pytest.mark.django_db
def test_a_limit_takes_the_oldest_first(gateway: Gateway, inbox: Inbox, hours: Hours) -> None:
    for number in range(5):
        pay(gateway, reference=f"pay_{number}")
        hours.move(1)
    assert deliver_due(clock.now(), limit=2) == 2
    assert [event.reference for event in inbox.events] == ["pay_0", "pay_1"]
    assert [deliver_due(clock.now(), limit=2) for _ in range(3)] == [2, 1, 0]


@pytest.mark.django_db
def test_an_attempt_that_died_underway_is_made_again(gateway: Gateway, inbox: Inbox, hours: Hours) -> None:
    pay(gateway)
    assert claim_attempt(delivery=SimulatedDelivery.objects.get(), now=clock.now())
    hours.pass_by(4)
    assert inbox.events == []
    hours.pass_by(1)
    assert inbox.types == ["payment.captured"]


@pytest.mark.django_db
def test_an_attempt_is_claimed_once(gateway: Gateway, hours: Hours) -> None:
    pay(gateway)
    seen = SimulatedDelivery.objects.get()
    assert claim_attempt(delivery=seen, now=clock.now())
    assert not claim_attempt(delivery=seen, now=clock.now())
    assert SimulatedDelivery.objects.get().attempts == 1


@pytest.mark.django_db(transaction=True)
def test_four_sweeps_at_once_send_every_message_once(gateway: Gateway, inbox: Inbox) -> None:
    for number in range(12):
        pay(gateway, reference=f"pay_{number}")
    barrier = threading.Barrier(4)

    def sweep(_: int) -> int:
        try:
            barrier.wait(timeout=10)
            return deliver_due(clock.now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(4))) == 12
    assert sorted(event.reference for event in inbox.events) == sorted(
        f"pay_{number}" for number in range(12)
    )


@pytest.mark.django_db(transaction=True)
def test_a_sweep_refuses_to_run_inside_a_transaction(gateway: Gateway, inbox: Inbox) -> None:
    pay(gateway)
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a database transaction"):
        deliver_due(clock.now())
    assert inbox.events == []


@pytest.mark.django_db
def test_no_card_number_is_kept(gateway: Gateway) -> None:
    payment = pay(gateway)
    rows = [
        *SimulatedPayment.objects.values(),
        *SimulatedKey.objects.values(),
        *SimulatedEvent.objects.values(),
    ]
    assert len(rows) == 3
    assert "4242424242424242" not in str(rows)
    assert SimulatedPayment.objects.get(pk=payment.id).card_last4 == "4242"
