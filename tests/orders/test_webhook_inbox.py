"""The gateway's door and the inbox behind it: verified, kept once, applied in any order, never lost."""

import json
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client

from marketplace.lib import clock, signing
from marketplace.models import Fact, User
from orders import tasks
from orders.actions.apply_webhook import apply_webhook
from orders.models import InboundWebhook, Order, Payment
from orders.payments.simulator.deliveries import deliver_due
from orders.tasks import sweep_webhooks
from refunds.tasks import sweep_refund_webhooks
from tests.marketplace.rest_callers import problem_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, pay, states_of
from tests.orders.times import findings

pytestmark = pytest.mark.django_db

DOOR = "/api/v1/gateway/webhooks"


@pytest.fixture
def payment(hours: Hours, shop: Shop, buyer: User) -> Payment:
    """Return a payment that the gateway is working on."""
    order = buy(shop, buyer)
    pay(caller(buyer), order, "4000010000000019")
    return Payment.objects.get(order=order)


def about(payment: Payment, type_: str = "payment.captured", /, **data: object) -> bytes:
    """Return the body of a message about a payment."""
    known = {
        "payment": payment.gateway_id,
        "reference": payment.id,
        "amount": payment.amount,
        "currency": payment.currency,
        "failure_code": None,
        "idempotency_key": payment.id,
    }
    message = {"type": type_, "at": clock.to_wire(clock.now()), "data": known | data}
    return json.dumps(message).encode()


def send(body: bytes, id_: str = "msg_1", *, secret: str = "", **changed: str) -> Any:
    """Return the door's answer to a signed message; ``changed`` replaces headers."""
    signed = signing.headers(
        secret=secret or configured.GATEWAY_WEBHOOK_SECRET, message_id=id_, now=clock.now(), body=body
    )
    headers = signed | {name.replace("_", "-"): value for name, value in changed.items()}
    return Client().post(DOOR, body, content_type="application/json", headers=headers)


def outcomes() -> list[str]:
    return list(
        InboundWebhook.objects.order_by("received_at", "webhook_id").values_list("outcome", flat=True)
    )


def test_a_message_is_kept_then_applied(payment: Payment) -> None:
    body = about(payment)
    answer = send(body)
    assert (answer.status_code, answer.content) == (200, b"")
    kept = InboundWebhook.objects.get()
    assert (kept.webhook_id, kept.type, kept.body) == ("msg_1", "payment.captured", body.decode())
    assert InboundWebhook.objects.filter(applied_at=None).count() == 1
    assert Payment.objects.get().state == "processing"
    sweep_webhooks()
    applied = InboundWebhook.objects.get()
    assert (applied.applied_at, applied.outcome) == (clock.now(), "captured")
    assert Payment.objects.get().state == "captured"
    assert states_of(payment.order) == ["paid"]
    assert findings() == []


def test_it_rings_whoever_applies_it_and_nobody_else(
    payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    for sweep in (sweep_webhooks, sweep_refund_webhooks):
        name = sweep.name.rpartition(".")[2]
        monkeypatch.setattr(sweep, "apply_async", lambda *, name=name, **_: rung.append(name))
    refund = {"refund": "gwr_1", "idempotency_key": f"rfd_{payment.id[-32:]}.0"}
    for number, body in enumerate((about(payment), about(payment, "refund.done", **refund), b"{}")):
        assert send(body, f"msg_{number}").status_code == 200
    assert rung == ["sweep_webhooks", "sweep_refund_webhooks", "sweep_webhooks"]


def test_the_same_message_twice_counts_once(payment: Payment) -> None:
    body = about(payment)
    assert [send(body).status_code for _ in range(3)] == [200, 200, 200]
    sweep_webhooks()
    assert send(body).status_code == 200
    sweep_webhooks()
    assert outcomes() == ["captured"]
    assert Fact.objects.filter(type="order.paid").count() == 1


def test_the_same_news_under_two_ids_counts_once(payment: Payment, hours: Hours) -> None:
    send(about(payment), "msg_1")
    hours.move(0.001)
    send(about(payment), "msg_2")
    sweep_webhooks()
    assert outcomes() == ["captured", "repeated: the payment is captured"]
    assert Fact.objects.filter(type="order.paid").count() == 1
    assert findings() == []


def test_a_failure_after_the_capture_is_out_of_date(payment: Payment, hours: Hours) -> None:
    send(about(payment), "msg_1")
    hours.move(0.001)
    send(about(payment, "payment.failed", failure_code="card_declined"), "msg_2")
    sweep_webhooks()
    assert outcomes() == ["captured", "out of date: the payment is captured"]
    assert states_of(payment.order) == ["paid"]


def test_a_failure_before_the_capture_does_not_lose_the_money(payment: Payment) -> None:
    send(about(payment, "payment.failed", failure_code="card_declined"), "msg_1")
    sweep_webhooks()
    assert Payment.objects.get().state == "failed"
    send(about(payment), "msg_2")
    sweep_webhooks()
    assert outcomes() == ["failed", "captured late: the order is paid after all"]
    assert states_of(payment.order) == ["paid"]
    assert findings() == []


@pytest.mark.parametrize(
    ("changes", "outcome"),
    (
        ({"reference": "pay_" + "0" * 32}, "unknown: no such payment"),
        ({"reference": "something-else"}, "unknown: no such payment"),
        ({"amount": 1}, "refused: it is about another payment or amount"),
        ({"currency": "JPY"}, "refused: it is about another payment or amount"),
        ({"payment": "gwp_" + "0" * 32}, "refused: it is about another payment or amount"),
        ({"amount": "many"}, "unused: malformed"),
    ),
)
def test_what_fits_nothing_is_noted_and_changes_nothing(
    payment: Payment, changes: dict[str, object], outcome: str
) -> None:
    assert send(about(payment, **changes)).status_code == 200
    sweep_webhooks()
    assert outcomes() == [outcome]
    assert Payment.objects.get().state == "processing"
    assert findings() == []


@pytest.mark.parametrize(
    ("body", "outcome"),
    (
        (b'{"type": "customer.created", "data": {}}', "unused: unknown_type"),
        (b'{"type": "payment.captured"}', "unused: malformed"),
        (b"[]", "unused: malformed"),
        (b"not json", "unused: malformed"),
        (b"", "unused: malformed"),
    ),
)
def test_signed_nonsense_is_noted(hours: Hours, body: bytes, outcome: str) -> None:
    assert send(body).status_code == 200
    sweep_webhooks()
    assert outcomes() == [outcome]


def test_only_the_gateway_comes_in(payment: Payment) -> None:
    body = about(payment)
    refused = [
        send(body, secret=signing.new_secret()),
        send(body, webhook_signature="v1,AAAA"),
        send(body, webhook_signature=""),
        send(body, webhook_timestamp="soon"),
        send(body, webhook_timestamp=str(int(clock.now().timestamp()) - 301)),
        send(body, webhook_id="msg_2"),
        send(body, webhook_id="x" * 200),
        Client().post(DOOR, body, content_type="application/json"),
    ]
    for answer in refused:
        problem_of(answer, 403, "bad_signature")
    assert InboundWebhook.objects.count() == 0


def test_a_body_changed_on_the_way_is_refused(payment: Payment) -> None:
    body = about(payment)
    headers = signing.headers(
        secret=configured.GATEWAY_WEBHOOK_SECRET, message_id="msg_1", now=clock.now(), body=body
    )
    answer = Client().post(DOOR, body + b" ", content_type="application/json", headers=headers)
    problem_of(answer, 403, "bad_signature")


def test_the_door_takes_only_small_posts_of_text(hours: Hours) -> None:
    problem_of(Client().get(DOOR), 405, "method_not_allowed")
    problem_of(send(b"{" + b" " * 70_000 + b"}"), 413, "too_large")
    problem_of(send(b" " * 1_100_000), 413, "too_large")
    problem_of(send(b'"\xff"'), 400, "invalid")
    problem_of(send(b'"\x00"'), 400, "invalid")
    assert InboundWebhook.objects.count() == 0


def test_the_door_knows_no_rate_limit(hours: Hours, settings: Any) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "2/d")
    assert {send(b"{}", f"msg_{number}").status_code for number in range(5)} == {200}


def test_a_message_that_cannot_be_applied_blocks_no_other(
    payment: Payment, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(about(payment), "msg_1")
    hours.move(0.001)
    send(about(payment), "msg_2")
    poisoned = InboundWebhook.objects.get(webhook_id="msg_1").id

    def fail_once(*, inbox_id: str, now: Any) -> str:
        if inbox_id == poisoned:
            raise RuntimeError
        return apply_webhook(inbox_id=inbox_id, now=now)

    monkeypatch.setattr(tasks, "apply_webhook", fail_once)
    sweep_webhooks()
    assert outcomes() == ["", "captured"]
    monkeypatch.undo()
    sweep_webhooks()
    assert outcomes() == ["repeated: the payment is captured", "captured"]


def test_the_audit_finds_a_message_that_waits(payment: Payment, hours: Hours) -> None:
    send(about(payment))
    hours.move(301)
    message = InboundWebhook.objects.get()
    assert findings() == [f"gateway.message_not_applied {message.id}: payment.captured waits"]


def test_the_simulators_own_messages_come_through_the_door(shop: Shop, buyer: User, hours: Hours) -> None:
    order = buy(shop, buyer)
    pay(caller(buyer), order)
    assert deliver_due(clock.now()) == 1
    message = InboundWebhook.objects.get()
    assert (message.type, message.outcome) == ("payment.captured", "")
    sweep_webhooks()
    assert outcomes() == ["repeated: the payment is captured"]
    assert Order.objects.count() == 1
