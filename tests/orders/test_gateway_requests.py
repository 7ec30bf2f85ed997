"""Whatever is sent to the simulator: it answers in its own form, and malformed input gets a 4xx."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.payments.simulator.models import SimulatedKey, SimulatedPayment
from tests.orders.gateway_receiver import APPROVE, Inbox

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("scaled")]

BASE = "/sandbox/gateway/v1"
KEY = "Bearer gateway-sandbox-key"
PAYMENT = {"reference": "pay_1", "amount": 3990, "currency": "CNY", "card": APPROVE}
MISSING = "gwp_" + "0" * 32
REFUND = {"payment": MISSING, "amount": 100, "currency": "CNY"}


class Company:
    """Sends raw requests and returns status and body, which is JSON in the company's form."""

    def __init__(self) -> None:
        self._client = Client(raise_request_exception=True)

    def post(self, path: str, body: object, **headers: str) -> tuple[int, dict[str, Any]]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Authorization": KEY, "Idempotency-Key": "k-1", "Content-Type": "application/json", **headers}
        content_type = sent.pop("Content-Type")
        response = self._client.post(BASE + path, raw, content_type=content_type, headers=sent)
        return response.status_code, response.json()

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
        response = self._client.get(BASE + path, headers={"Authorization": KEY, **headers})
        return response.status_code, response.json()

    def put(self, path: str) -> Any:
        return self._client.put(BASE + path, b"{}", headers={"Authorization": KEY})


@pytest.fixture
def company(inbox: Inbox, settings: Any) -> Company:
    settings.GATEWAY_KEY = "gateway-sandbox-key"
    return Company()


def test_a_payment_as_it_goes_over_the_wire(company: Company) -> None:
    status, body = company.post("/payments", PAYMENT)
    assert status == 201
    assert body.pop("id").startswith("gwp_")
    assert body.pop("created_at").endswith("Z")
    assert body == {
        "object": "payment",
        "reference": "pay_1",
        "amount": 3990,
        "currency": "CNY",
        "state": "captured",
        "failure_code": None,
        "refunded": 0,
        "card_last4": "4242",
    }


def test_a_replay_says_that_it_is_one(company: Company) -> None:
    client = Client(headers={"Authorization": KEY, "Idempotency-Key": "k-1"})
    first = client.post(BASE + "/payments", PAYMENT, content_type="application/json")
    again = client.post(BASE + "/payments", PAYMENT, content_type="application/json")
    assert (first.status_code, again.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json() == again.json()


@pytest.mark.parametrize(
    "authorization", ("", "Bearer", "Bearer wrong", "Basic gateway-sandbox-key", "Bearer é", KEY + " ")
)
def test_nobody_gets_in_without_the_key(company: Company, authorization: str) -> None:
    for status, body in (
        company.post("/payments", PAYMENT, Authorization=authorization),
        company.post("/refunds", REFUND, Authorization=authorization),
        company.get(f"/payments/{MISSING}", Authorization=authorization),
        company.get("/payments?reference=pay_1", Authorization=authorization),
        company.get(f"/refunds/{MISSING}", Authorization=authorization),
    ):
        assert (status, body["error"]["code"]) == (401, "unauthorized")
    assert SimulatedPayment.objects.count() == 0


def test_an_empty_key_lets_nobody_in(company: Company, settings: Any) -> None:
    settings.GATEWAY_KEY = ""
    assert company.get(f"/payments/{MISSING}", Authorization="Bearer ")[0] == 401


@pytest.mark.parametrize("path", ("/payments", "/refunds", f"/payments/{MISSING}", f"/refunds/{MISSING}"))
def test_other_methods_are_refused(company: Company, path: str) -> None:
    response = company.put(path)
    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")
    assert set(response.headers["Allow"].split(", ")) <= {"GET", "POST"}


@pytest.mark.parametrize("key", ("", " ", "two words", "k" * 121, "schlüssel"))
@pytest.mark.parametrize(("path", "body"), (("/payments", PAYMENT), ("/refunds", REFUND)))
def test_a_post_needs_an_idempotency_key(company: Company, path: str, body: object, key: str) -> None:
    status, answer = company.post(path, body, **{"Idempotency-Key": key})
    assert (status, answer["error"]["code"]) == (400, "idempotency_key_required")
    assert SimulatedKey.objects.count() == 0


@pytest.mark.parametrize(
    ("content_type", "status"),
    (
        ("application/json; charset=utf-8", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
    ),
)
def test_bodies_are_json(company: Company, content_type: str, status: int) -> None:
    assert company.post("/payments", PAYMENT, **{"Content-Type": content_type})[0] == status


@pytest.mark.parametrize(
    ("raw", "status"),
    (
        (b" ", 400),
        (b"null", 400),
        (b"[]", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 60_000, 400),
        (b'{"amount": NaN}', 400),
        (b'{"amount": ' + b"9" * 5_000 + b"}", 400),
        (b" " * 70_000, 413),
        (b" " * 3_000_000, 413),
    ),
)
@pytest.mark.parametrize("path", ("/payments", "/refunds"))
def test_malformed_bodies_are_refused(company: Company, path: str, raw: bytes, status: int) -> None:
    assert company.post(path, raw)[0] == status


WRONG: dict[str, tuple[object, ...]] = {
    "reference": (None, "", 7, [], {}, "a b", "a\n", "a\x00", "\ud800", "ü", "r" * 65, True),
    "amount": (None, "", "3990", 39.9, 3990.0, True, 0, -1, 10**11, 2**63, 10**30, [3990], {}),
    "currency": (None, "", "cny", "CNYY", "CNY\n", "ＣＮＹ", 156, ["CNY"]),  # noqa: RUF001
    "card": (
        None,
        "",
        4242424242424242,
        [],
        "x",
        "4" * 600,
        "\x00",
        "4242424242424241",
        "\ud800",
        "5555555555554444",
    ),
    "payment": (
        None,
        "",
        7,
        [],
        "gwp_",
        "gwp_" + "g" * 32,
        "pay_" + "0" * 32,
        "../x",
        "\x00",
        MISSING.upper(),
    ),
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in PAYMENT for value in WRONG[field]])
def test_every_wrong_field_of_a_payment_is_refused(company: Company, field: str, value: object) -> None:
    status, body = company.post("/payments", {**PAYMENT, field: value})
    assert (status, body["error"]["param"]) == (400, field)
    assert (SimulatedPayment.objects.count(), SimulatedKey.objects.count()) == (0, 0)


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in REFUND for value in WRONG[field]])
def test_every_wrong_field_of_a_refund_is_refused(company: Company, field: str, value: object) -> None:
    assert company.post("/refunds", {**REFUND, field: value})[0] in {400, 404}
    assert SimulatedKey.objects.count() == 0


@pytest.mark.parametrize("field", sorted(PAYMENT))
def test_every_field_is_needed(company: Company, field: str) -> None:
    body = {name: value for name, value in PAYMENT.items() if name != field}
    status, answer = company.post("/payments", body)
    assert (status, answer["error"]["param"]) == (400, field)


@pytest.mark.parametrize(
    ("number", "code"),
    (("4242424242424241", "invalid_card_number"), ("5555555555554444", "test_card_required")),
)
def test_only_test_cards_are_taken(company: Company, number: str, code: str) -> None:
    status, body = company.post("/payments", {**PAYMENT, "card": number})
    assert (status, body["error"]["code"]) == (400, code)
    assert number not in str(body)


def test_what_does_not_exist_is_not_found(company: Company) -> None:
    for path in (
        f"/payments/{MISSING}",
        "/payments/x",
        "/payments/%00",
        "/refunds/gwr_" + "0" * 32,
        "/refunds/x",
    ):
        status, body = company.get(path)
        assert (status, body["error"]["code"]) == (404, "not_found")
    assert company.post("/refunds", REFUND)[1]["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "query", ("", "?reference=", "?reference=a%00b", "?reference=%FF", "?reference=" + "r" * 65)
)
def test_a_list_needs_a_reference(company: Company, query: str) -> None:
    status, body = company.get("/payments" + query)
    assert (status, body["error"]["param"]) == (400, "reference")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(JSON, st.fixed_dictionaries({}, optional=dict.fromkeys(PAYMENT | REFUND, JSON))))
def test_no_json_breaks_the_company(company: Company, body: object) -> None:
    for path in ("/payments", "/refunds"):
        assert company.post(path, body)[0] in {400, 404}
