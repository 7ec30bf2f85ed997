"""The port: idempotency, refunds, races, and where it may be called from."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import structlog
from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection, connections, transaction
from django.urls import get_urlconf, set_urlconf
from pytest_django.live_server_helper import LiveServer

from marketplace.lib import clock
from marketplace.lib.money import Money
from orders.payments.client import SIMULATOR_PATH, TIMEOUT, HttpGateway, get_gateway
from orders.payments.port import Gateway, GatewayError, GatewayRejected, GatewayUnavailable
from orders.payments.simulator import deliveries, views
from orders.payments.simulator.cards import CARDS
from orders.payments.simulator.models import SimulatedPayment, SimulatedRefund
from tests.orders.gateway_receiver import APPROVE, TEA, Hours, Inbox, pay

NUMBERS = {scenario.name: number for number, scenario in CARDS.items()}


def yuan(amount: int) -> Money:
    return Money(amount * 100, "CNY")


# Idempotency --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_same_key_and_input_is_the_same_payment(gateway: Gateway, inbox: Inbox, hours: Hours) -> None:
    first = pay(gateway)
    assert pay(gateway) == first
    hours.pass_by(0)
    assert inbox.types == ["payment.captured"]
    assert SimulatedPayment.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed",
    (
        {"money": yuan(1)},
        {"money": Money(3990, "USD")},
        {"card": NUMBERS["card_declined"]},
        {"reference": "pay_2"},
    ),
)
def test_the_same_key_with_other_input_is_rejected(gateway: Gateway, changed: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"reference": "pay_1", "money": TEA, "card": APPROVE, "idempotency_key": "k"}
    gateway.create_payment(**asked)
    with pytest.raises(GatewayRejected) as caught:
        gateway.create_payment(**{**asked, **changed})
    assert (caught.value.status, caught.value.code) == (422, "idempotency_mismatch")
    assert SimulatedPayment.objects.count() == 1


@pytest.mark.django_db
def test_a_payments_key_is_no_refunds_key(gateway: Gateway) -> None:
    payment = pay(gateway)
    with pytest.raises(GatewayRejected) as caught:
        gateway.refund(payment_id=payment.id, money=TEA, idempotency_key="pay_1")
    assert caught.value.code == "idempotency_mismatch"
    assert SimulatedRefund.objects.count() == 0


@pytest.mark.django_db
def test_a_refused_request_leaves_its_key_free(gateway: Gateway) -> None:
    payment = pay(gateway)
    with pytest.raises(GatewayRejected):
        gateway.refund(payment_id=payment.id, money=yuan(40), idempotency_key="rfd_1")
    assert gateway.refund(payment_id=payment.id, money=TEA, idempotency_key="rfd_1").state == "done"


@pytest.mark.django_db
def test_payments_under_one_reference_are_listed_newest_first(gateway: Gateway, hours: Hours) -> None:
    for key in ("a", "b", "c"):
        gateway.create_payment(reference="pay_1", money=TEA, card=APPROVE, idempotency_key=key)
        hours.move(1)
    found = gateway.payments_for("pay_1")
    assert len({payment.id for payment in found}) == 3
    assert [payment.id for payment in found] == sorted((payment.id for payment in found), reverse=True)
    assert gateway.payments_for("pay_2") == []


# Refunds ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_parts_are_refunded_up_to_the_whole_and_no_further(
    gateway: Gateway, inbox: Inbox, hours: Hours
) -> None:
    payment = pay(gateway, money=yuan(10))
    first = gateway.refund(payment_id=payment.id, money=yuan(4), idempotency_key="rfd_1")
    assert (first.state, first.money, first.payment_id) == ("done", yuan(4), payment.id)
    with pytest.raises(GatewayRejected) as caught:
        gateway.refund(payment_id=payment.id, money=Money(601, "CNY"), idempotency_key="rfd_2")
    assert (caught.value.status, caught.value.code, caught.value.param) == (409, "refund_too_large", "amount")
    gateway.refund(payment_id=payment.id, money=yuan(6), idempotency_key="rfd_3")
    with pytest.raises(GatewayRejected):
        gateway.refund(payment_id=payment.id, money=Money(1, "CNY"), idempotency_key="rfd_4")
    assert gateway.get_payment(payment.id).refunded == yuan(10)
    hours.pass_by(0)
    refunds = [event for event in inbox.events if event.type == "refund.done"]
    assert sorted((event.amount, event.idempotency_key) for event in refunds) == [
        (400, "rfd_1"),
        (600, "rfd_3"),
    ]
    assert {(event.payment_id, event.reference) for event in refunds} == {(payment.id, "pay_1")}


@pytest.mark.django_db
def test_the_same_refund_asked_for_again_is_the_same_refund(gateway: Gateway) -> None:
    payment = pay(gateway)
    first = gateway.refund(payment_id=payment.id, money=TEA, idempotency_key="rfd_1")
    assert gateway.refund(payment_id=payment.id, money=TEA, idempotency_key="rfd_1") == first
    assert gateway.get_refund(first.id) == first
    assert SimulatedRefund.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("card", ("card_declined", "never_answers"))
def test_only_captured_money_is_refunded(gateway: Gateway, card: str) -> None:
    payment = pay(gateway, NUMBERS[card])
    with pytest.raises(GatewayRejected) as caught:
        gateway.refund(payment_id=payment.id, money=TEA, idempotency_key="rfd_1")
    assert (caught.value.status, caught.value.code) == (409, "not_captured")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("money", "code"),
    (
        (Money(3990, "USD"), "currency_mismatch"),
        (Money(0, "CNY"), "invalid"),
        (Money(-1, "CNY"), "invalid"),
    ),
)
def test_a_refund_is_a_positive_amount_in_the_payments_currency(
    gateway: Gateway, money: Money, code: str
) -> None:
    payment = pay(gateway)
    with pytest.raises(GatewayRejected) as caught:
        gateway.refund(payment_id=payment.id, money=money, idempotency_key="rfd_1")
    assert (caught.value.status, caught.value.code) == (400, code)
    assert gateway.get_payment(payment.id).refunded == yuan(0)


# Races --------------------------------------------------------------------------------------------


def in_threads(count: int, call: Callable[[int], object]) -> list[object]:
    """Return what ``count`` calls at once return or raise, each on its own database connection."""
    barrier = threading.Barrier(count)

    def run(number: int) -> object:
        barrier.wait(timeout=10)
        try:
            return call(number)
        except GatewayError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_one_key_in_eight_threads_is_one_payment(gateway: Gateway) -> None:
    outcomes = in_threads(8, lambda _: pay(gateway))
    assert len(outcomes) == 8
    assert len(set(outcomes)) == 1
    assert SimulatedPayment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_refunds_at_once_give_back_no_more_than_was_paid(gateway: Gateway) -> None:
    payment = pay(gateway)

    def give_back(number: int) -> str:
        return gateway.refund(payment_id=payment.id, money=yuan(10), idempotency_key=f"rfd_{number}").state

    outcomes = in_threads(8, give_back)
    assert sorted(map(str, outcomes)) == ["done"] * 3 + ["refund_too_large"] * 5
    assert gateway.get_payment(payment.id).refunded == yuan(30)


# Where it may be called from ----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_run_inside_a_transaction(gateway: Gateway) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a database transaction"):
        pay(gateway)
    assert SimulatedPayment.objects.count() == 0


async def test_it_refuses_to_stop_an_event_loop(inbox: Inbox) -> None:
    with pytest.raises(SynchronousOnlyOperation):
        pay(get_gateway())


@pytest.mark.django_db(transaction=True)
def test_it_leaves_the_callers_connection_and_context_alone(gateway: Gateway) -> None:
    connection.ensure_connection()
    before = connection.connection
    set_urlconf("tests.orders.gateway_receiver")
    try:
        with structlog.contextvars.bound_contextvars(request_id="the buyer's"):
            pay(gateway, NUMBERS["webhook_first"])
            assert structlog.contextvars.get_contextvars() == {"request_id": "the buyer's"}
        assert get_urlconf() == "tests.orders.gateway_receiver"
    finally:
        set_urlconf(None)
    assert connection.connection is before


@pytest.mark.django_db(transaction=True)
async def test_it_runs_in_the_worker_threads_of_an_event_loop(gateway: Gateway, inbox: Inbox) -> None:
    def charge(number: int) -> str:
        try:
            return pay(gateway, NUMBERS["webhook_first"], reference=f"pay_{number}").state
        finally:
            connections.close_all()

    in_a_thread = sync_to_async(charge, thread_sensitive=False)
    async with asyncio.timeout(20):
        assert await asyncio.gather(*(in_a_thread(number) for number in range(4))) == ["processing"] * 4
        assert await sync_to_async(charge)(4) == "processing"
    assert sorted(event.reference for event in inbox.events) == [f"pay_{number}" for number in range(5)]


# Over a socket ------------------------------------------------------------------------------------


@pytest.fixture
def remote(inbox: Inbox, live_server: LiveServer, settings: Any) -> Iterator[HttpGateway]:
    """Return a client of the simulator behind a real socket, which sends its webhooks through one too."""
    settings.GATEWAY_WEBHOOK_URL = f"{live_server.url}/api/v1/gateway/webhooks"
    client = HttpGateway(
        url=live_server.url + SIMULATOR_PATH, key=settings.GATEWAY_KEY, timeout=httpx.Timeout(2.0, read=0.5)
    )
    yield client
    client.close()
    deliveries._http().close()
    deliveries._http.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_a_socket_makes_no_difference(remote: HttpGateway, inbox: Inbox) -> None:
    payment = pay(remote)
    refund = remote.refund(payment_id=payment.id, money=yuan(1), idempotency_key="rfd_1")
    assert (payment.state, refund.state) == ("captured", "done")
    assert remote.payments_for("pay_1") == [remote.get_payment(payment.id)]
    assert deliveries.deliver_due(clock.now()) == 2
    assert sorted(inbox.types) == ["payment.captured", "refund.done"]


@pytest.mark.django_db(transaction=True)
def test_a_slow_answer_over_a_socket_is_given_up(
    remote: HttpGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "HANG_SECONDS", 1.0)
    with pytest.raises(GatewayUnavailable, match="ReadTimeout"):
        pay(remote, NUMBERS["hangs"])
    assert [payment.state for payment in remote.payments_for("pay_1")] == ["processing"]


def test_nobody_waits_longer_than_five_seconds_for_a_connection_or_a_byte() -> None:
    assert (TIMEOUT.connect, TIMEOUT.read, TIMEOUT.write, TIMEOUT.pool) == (2.0, 5.0, 5.0, 5.0)


@pytest.mark.django_db
def test_a_wrong_key_is_rejected_and_charges_nothing(inbox: Inbox) -> None:
    with pytest.raises(GatewayRejected) as caught:
        pay(HttpGateway(url="", key="not-the-key"))
    assert (caught.value.status, caught.value.code) == (401, "unauthorized")
    assert SimulatedPayment.objects.count() == 0
