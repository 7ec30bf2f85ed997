"""Webhooks coming in: only the raw bytes that the gateway signed just now become an event."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
import time_machine
from django.http.request import HttpHeaders
from hypothesis import given
from hypothesis import strategies as st

from marketplace.lib import signing
from orders.payments.verify import (
    GatewayEvent,
    WebhookMalformed,
    WebhookRejected,
    WebhookUnknownType,
    WebhookUnverified,
    parse,
    receive,
)

pytestmark = pytest.mark.only_in("embedded")

NOW = datetime(2026, 11, 11, 20, 0, 26, 500_000, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
DATA = {
    "payment": "gwp_1",
    "reference": "pay_1",
    "amount": 3990,
    "currency": "CNY",
    "failure_code": None,
    "idempotency_key": "pay_1",
}
MESSAGE = {"type": "payment.captured", "at": "2026-11-11T20:00:00.000Z", "data": DATA}
BODY = json.dumps(MESSAGE).encode()


@pytest.fixture(autouse=True)
def _secret(settings: Any) -> None:
    settings.GATEWAY_WEBHOOK_SECRET = SECRET


def signed(body: bytes = BODY, *, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    return signing.headers(secret=secret, message_id="msg_1", now=at, body=body)


def refusal(raw: bytes, headers: dict[str, str]) -> tuple[type[WebhookRejected], str]:
    with pytest.raises(WebhookRejected) as caught:
        receive(raw=raw, headers=headers, now=NOW)
    return type(caught.value), caught.value.code


def test_a_signed_message_becomes_an_event() -> None:
    assert receive(raw=BODY, headers=signed(), now=NOW) == GatewayEvent(
        webhook_id="msg_1",
        type="payment.captured",
        payment_id="gwp_1",
        reference="pay_1",
        amount=3990,
        currency="CNY",
        at=datetime(2026, 11, 11, 20, 0, tzinfo=UTC),
        idempotency_key="pay_1",
    )


def test_a_refunds_event_names_the_refund_and_its_failure() -> None:
    data = {**DATA, "refund": "gwr_1", "amount": 1000, "failure_code": "refund_declined"}
    body = json.dumps({**MESSAGE, "type": "refund.failed", "data": data}).encode()
    event = receive(raw=body, headers=signed(body), now=NOW)
    assert isinstance(event, GatewayEvent)
    assert (event.type, event.refund_id, event.amount) == ("refund.failed", "gwr_1", 1000)
    assert event.failure_code == "refund_declined"


def test_the_signature_covers_the_raw_bytes_not_their_meaning() -> None:
    respaced = json.dumps(MESSAGE, indent=1).encode()
    assert refusal(respaced, signed()) == (WebhookUnverified, "bad_signature")
    event = receive(raw=respaced, headers=signed(respaced), now=NOW)
    assert isinstance(event, GatewayEvent)
    assert event.amount == 3990


@pytest.mark.parametrize(
    "tampered",
    (BODY.replace(b"3990", b"9990"), BODY + b" ", BODY[:-1], b"", BODY.replace(b"gwp_1", b"gwp_2")),
)
def test_a_tampered_body_is_refused(tampered: bytes) -> None:
    assert refusal(tampered, signed()) == (WebhookUnverified, "bad_signature")


def test_another_secret_is_refused() -> None:
    assert refusal(BODY, signed(secret=OTHER_SECRET)) == (WebhookUnverified, "bad_signature")


def test_a_signature_holds_for_its_own_id_and_time_only() -> None:
    assert refusal(BODY, {**signed(), "webhook-id": "msg_2"})[1] == "bad_signature"
    later = str(int(NOW.timestamp()) + 1)
    assert refusal(BODY, {**signed(), "webhook-timestamp": later})[1] == "bad_signature"


@pytest.mark.parametrize(
    ("seconds", "code"),
    ((-301, "timestamp_too_old"), (301, "timestamp_too_new")),
)
def test_messages_from_outside_five_minutes_are_refused(seconds: int, code: str) -> None:
    assert refusal(BODY, signed(at=NOW + timedelta(seconds=seconds))) == (WebhookUnverified, code)


@pytest.mark.parametrize("seconds", (-299, 0, 299))
def test_messages_from_within_five_minutes_are_taken(seconds: int) -> None:
    headers = signed(at=NOW + timedelta(seconds=seconds))
    assert receive(raw=BODY, headers=headers, now=NOW).webhook_id == "msg_1"


@pytest.mark.parametrize("header", ("webhook-id", "webhook-timestamp", "webhook-signature"))
@pytest.mark.parametrize("value", (None, ""))
def test_every_header_is_needed(header: str, value: str | None) -> None:
    headers = {name: text for name, text in {**signed(), header: value}.items() if text is not None}
    assert refusal(BODY, headers) == (WebhookUnverified, "missing_header")


@pytest.mark.parametrize("timestamp", ("now", "1.7e9", "-5", " 1", "9" * 13, "１"))  # noqa: RUF001
def test_a_timestamp_is_whole_seconds(timestamp: str) -> None:
    assert refusal(BODY, {**signed(), "webhook-timestamp": timestamp}) == (WebhookUnverified, "bad_timestamp")


@pytest.mark.parametrize("signature", ("v1", "v1,", "v1,!", "v2,x", ",", "v1,é", " ", "v1a,x v1,y"))
def test_malformed_signatures_are_refused(signature: str) -> None:
    assert refusal(BODY, {**signed(), "webhook-signature": signature}) == (WebhookUnverified, "bad_signature")


def test_one_matching_signature_among_several_is_enough() -> None:
    right = signed()["webhook-signature"]
    wrong = signed(secret=OTHER_SECRET)["webhook-signature"]
    headers = {**signed(), "webhook-signature": f"v1a,ed25519 {wrong} {right}"}
    assert receive(raw=BODY, headers=headers, now=NOW).webhook_id == "msg_1"


def test_either_secret_verifies_while_one_replaces_the_other() -> None:
    for secret in (SECRET, OTHER_SECRET):
        headers = signed(secret=secret)
        signing.verify(
            secrets=[SECRET, OTHER_SECRET],
            message_id="msg_1",
            timestamp=headers["webhook-timestamp"],
            signature=headers["webhook-signature"],
            body=BODY,
            now=NOW,
        )


def test_djangos_headers_do() -> None:
    meta = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed().items()}
    assert receive(raw=BODY, headers=HttpHeaders(meta), now=NOW).webhook_id == "msg_1"


@pytest.mark.parametrize(
    "secret", ("", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_!")
)
def test_a_malformed_secret_fails_loudly(secret: str, settings: Any) -> None:
    settings.GATEWAY_WEBHOOK_SECRET = secret
    with pytest.raises(signing.BadSecret):
        receive(raw=BODY, headers=signed(), now=NOW)


def test_new_secrets_differ_and_work() -> None:
    first, second = signing.new_secret(), signing.new_secret()
    assert first != second
    assert signing.sign(secret=first, message_id="m", timestamp=1, body=b"").startswith("v1,")


# Against the reference implementation ---------------------------------------------------------------------


def test_the_reference_library_verifies_what_we_sign() -> None:
    with time_machine.travel(NOW, tick=False):
        assert standardwebhooks.Webhook(SECRET).verify(BODY, signed()) == MESSAGE


def test_we_verify_what_the_reference_library_signs() -> None:
    signature = standardwebhooks.Webhook(SECRET).sign("msg_1", NOW, BODY.decode())
    headers = {**signed(), "webhook-signature": signature}
    assert receive(raw=BODY, headers=headers, now=NOW).webhook_id == "msg_1"


# Signed nonsense ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    (
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 60_000,
        b'{"type": "payment.captured", "at": NaN}',
        b" " * 65_536 + BODY,
        json.dumps({**MESSAGE, "type": 7}).encode(),
        json.dumps({**MESSAGE, "type": ["payment.captured"]}).encode(),
        json.dumps({**MESSAGE, "at": "2026-11-11T20:00:00"}).encode(),
        json.dumps({**MESSAGE, "at": "0001-01-01T00:00:00+14:00"}).encode(),
        json.dumps({**MESSAGE, "at": 1}).encode(),
        json.dumps({**MESSAGE, "data": []}).encode(),
        json.dumps({**MESSAGE, "type": "refund.done"}).encode(),
        json.dumps({**MESSAGE, "data": {**DATA, "payment": "gwp_\x00"}}).encode(),
        json.dumps({**MESSAGE, "data": {**DATA, "payment": "\ud800"}}).encode(),
        json.dumps({**MESSAGE, "data": {**DATA, "reference": "r" * 65}}).encode(),
        json.dumps({**MESSAGE, "data": {**DATA, "amount": 0}}).encode(),
        json.dumps({**MESSAGE, "data": {**DATA, "amount": 39.9}}).encode(),
        json.dumps({**MESSAGE, "data": {**DATA, "amount": 10**30}}).encode(),
        json.dumps({**MESSAGE, "data": {**DATA, "currency": "CNY\n"}}).encode(),
        json.dumps({**MESSAGE, "data": {**DATA, "failure_code": "X" * 99}}).encode(),
    ),
)
def test_signed_nonsense_is_malformed(body: bytes) -> None:
    assert refusal(body, signed(body)) == (WebhookMalformed, "malformed")


def test_a_signed_event_of_an_unknown_type_says_so() -> None:
    body = json.dumps({**MESSAGE, "type": "payout.sent", "data": {}}).encode()
    assert refusal(body, signed(body)) == (WebhookUnknownType, "unknown_type")


@given(st.binary(max_size=200))
def test_no_body_breaks_the_reader(raw: bytes) -> None:
    with pytest.raises(WebhookRejected):
        parse(webhook_id="msg_1", raw=raw)


@given(st.dictionaries(st.sampled_from(sorted(MESSAGE | DATA)), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)))  # fmt: skip
def test_no_field_breaks_the_reader(changes: dict[str, Any]) -> None:
    top = {name: value for name, value in changes.items() if name in MESSAGE}
    inner = {name: value for name, value in changes.items() if name in DATA}
    raw = json.dumps({**MESSAGE, "data": {**DATA, **inner}, **top}).encode()
    with contextlib.suppress(WebhookMalformed, WebhookUnknownType):
        assert parse(webhook_id="msg_1", raw=raw).webhook_id == "msg_1"


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=60))
def test_no_header_breaks_the_check(webhook_id: str, timestamp: str, signature: str) -> None:
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature,
    }
    with pytest.raises(WebhookUnverified):
        receive(raw=BODY, headers=headers, now=NOW)
