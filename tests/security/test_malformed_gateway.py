"""The payment company's door to us, and its simulator's doors: malformed messages do no harm."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from marketplace.lib import clock, signing
from orders.models import InboundWebhook, Payment
from orders.tasks import sweep_webhooks
from refunds.tasks import sweep_refund_webhooks
from tests.marketplace.rest_callers import problem_of
from tests.orders.shop import APPROVE
from tests.security.malformed import BODIES, HOME, cases
from tests.security.watching import writing_nothing
from tests.security.world import World, undone

pytestmark = [pytest.mark.django_db, pytest.mark.only_in(HOME)]

DOOR = "/api/v1/gateway/webhooks"
COMPANY = "/sandbox/gateway/v1"


def schema_of(value: Any) -> dict[str, Any]:
    """Return a schema that knows a document's places and forbids nothing in them."""
    if not isinstance(value, dict):
        return {}
    return {"type": "object", "properties": {name: schema_of(each) for name, each in value.items()}}


def documents(good: dict[str, Any]) -> Iterator[bytes]:
    """Yield malformed documents: every place of a good one, and whole ones."""
    yield from (case.body for case in cases(schema_of(good), {}, good))
    yield from BODIES.values()


def event(world: World, type_: str) -> dict[str, Any]:
    payment = Payment.objects.get(id=world.ids["payment"])
    data = {
        "payment": payment.gateway_id, "reference": payment.id, "amount": payment.amount,
        "currency": payment.currency, "failure_code": None, "idempotency_key": payment.id, "refund": "gwr_1",
    }  # fmt: skip
    return {"type": type_, "at": clock.to_wire(clock.now()), "data": data}


def deliver(world: World, body: bytes, message_id: str, **changed: str) -> Any:
    secret = settings.GATEWAY_WEBHOOK_SECRET
    headers = signing.headers(secret=secret, message_id=message_id, now=clock.now(), body=body)
    return world.caller("nobody").send("POST", DOOR, body, headers=headers | changed)


@pytest.mark.parametrize("type_", ("payment.captured", "refund.done"))
def test_a_signed_message_of_any_form_is_kept_and_closed(world: World, type_: str) -> None:
    with undone():
        InboundWebhook.objects.all().delete()
        sent = list(documents(event(world, type_)))
        answers = [deliver(world, body, f"msg_{number}") for number, body in enumerate(sent)]
        for answer in answers:
            assert answer.status_code in {200, 400, 413}
            if answer.status_code != 200:
                problem_of(answer, answer.status_code, {400: "invalid", 413: "too_large"}[answer.status_code])
        kept = InboundWebhook.objects.count()
        assert kept == sum(answer.status_code == 200 for answer in answers)
        while InboundWebhook.objects.filter(applied_at=None).exists():
            waiting = InboundWebhook.objects.filter(applied_at=None).count()
            sweep_webhooks()
            sweep_refund_webhooks()
            assert InboundWebhook.objects.filter(applied_at=None).count() < waiting


HEADERS: tuple[dict[str, str], ...] = (
    {"webhook-id": ""},
    {"webhook-id": "x" * 10_000},
    {"webhook-id": "\x00é"},
    {"webhook-timestamp": ""},
    {"webhook-timestamp": "x"},
    {"webhook-timestamp": "-1"},
    {"webhook-timestamp": "9" * 400},
    {"webhook-timestamp": "1e400"},
    {"webhook-timestamp": "NaN"},
    {"webhook-timestamp": "\u0661\u0662"},
    {"webhook-signature": ""},
    {"webhook-signature": "v1,"},
    {"webhook-signature": "v1,!!!"},
    {"webhook-signature": "v1,\xff"},
    {"webhook-signature": "v1a,AAAA v2,BBBB ,,, v1"},
    {"webhook-signature": "v1,AAAA " * 5_000},
)


@pytest.mark.parametrize("headers", HEADERS, ids=lambda each: str(each)[:50])
def test_a_malformed_signature_is_none(world: World, headers: dict[str, str]) -> None:
    body = json.dumps(event(world, "payment.captured")).encode()
    with writing_nothing():
        problem_of(deliver(world, body, "msg_1", **headers), 403, "bad_signature")


def ask_company(world: World, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
    company = world.bearer(settings.GATEWAY_KEY)
    return company.send(method, f"{COMPANY}/{path}", body, headers={"Idempotency-Key": "k", **headers})


@pytest.mark.parametrize("path", ("payments", "refunds"))
def test_the_company_refuses_malformed_bodies(world: World, path: str) -> None:
    payment = {"reference": "pay_1", "amount": 100, "currency": "CNY", "card": APPROVE}
    refund = {"payment": world.ids["charge"], "amount": 100, "currency": "CNY"}
    for body in documents(payment if path == "payments" else refund):
        with undone():
            answer = ask_company(world, "POST", path, body)
            assert answer.status_code == 201 or 400 <= answer.status_code < 500, (body[:200], answer.content)
            assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("key", ("", "x" * 10_000, "a b", "\xff", "\x00"))
def test_the_company_refuses_malformed_keys(world: World, key: str) -> None:
    body = json.dumps({"reference": "pay_1", "amount": 100, "currency": "CNY", "card": APPROVE}).encode()
    with writing_nothing():
        answer = ask_company(world, "POST", "payments", body, **{"Idempotency-Key": key})
        assert answer.status_code == 400
        assert ask_company(world, "GET", "payments", Authorization=f"Bearer {key}").status_code == 401


@pytest.mark.parametrize(
    "path",
    (
        *("payments/x", "payments/%00", "payments/%FF", f"payments/{'x' * 5_000}", "payments/gwp_1"),
        *("refunds/x", "refunds/%00", "refunds/%ED%A0%80", "refunds/gwr_1"),
        *("payouts?after=%00", "payouts?after=%FF", "payouts?after=gwo_1", f"payouts?after={'x' * 5_000}"),
        *("payments", "payments?reference=", "payments?reference=%00", "payments?reference=%FF"),
    ),
)
def test_the_company_finds_nothing_at_malformed_addresses(world: World, path: str) -> None:
    assert ask_company(world, "GET", path).status_code in {400, 404}
