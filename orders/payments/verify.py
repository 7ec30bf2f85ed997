"""The gateway's messages to us: verified on the raw bytes, then read into one typed event.

Store the raw body under the event's ``webhook_id`` and answer 200; the same id may come again, and messages
may come in any order. ``at`` is when it happened at the gateway, not when it was sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.conf import settings

from marketplace.lib import signing
from marketplace.lib.money import Money
from orders.payments import reports, wire
from orders.payments.port import GatewayPayout

EventType = Literal["payment.captured", "payment.failed", "refund.done", "refund.failed"]
EVENT_TYPES: tuple[EventType, ...] = ("payment.captured", "payment.failed", "refund.done", "refund.failed")
PAYOUT_PAID: Literal["payout.paid"] = "payout.paid"

_WEBHOOK_ID = re.compile(r"[A-Za-z0-9_\-]{1,120}")
_TYPE = re.compile(r"[a-z_]{1,40}\.[a-z_]{1,40}")


class WebhookRejected(Exception):
    """A message was not taken. ``code`` says why; subclasses say whose fault it is."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class WebhookUnverified(WebhookRejected):
    """It does not come from the gateway, or not from just now.

    Codes ``missing_header``, ``bad_timestamp``, ``timestamp_too_old``, ``timestamp_too_new``,
    ``bad_signature``.
    """


class WebhookMalformed(WebhookRejected):
    """The gateway signed something that is not an event. Code ``malformed``."""


class WebhookUnknownType(WebhookRejected):
    """The gateway signed an event that we do not use: answer 200 and forget it. Code ``unknown_type``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayEvent:
    """Something happened to a payment or to one of its refunds.

    ``amount`` is the payment's, or the refund's when ``refund_id`` is not empty; minor units.
    ``idempotency_key`` is the one we sent with the request that made the payment or refund, ``reference`` the
    payment's.
    """

    webhook_id: str
    type: EventType
    payment_id: str
    reference: str
    amount: int
    currency: str
    at: datetime
    refund_id: str = ""
    failure_code: str = ""
    idempotency_key: str = ""

    @property
    def money(self) -> Money:
        """Return amount and currency as one value."""
        return Money(self.amount, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutEvent:
    """The gateway has paid out."""

    webhook_id: str
    payout: GatewayPayout
    at: datetime
    type: Literal["payout.paid"] = PAYOUT_PAID


def receive(*, raw: bytes, headers: Mapping[str, str], now: datetime) -> GatewayEvent | PayoutEvent:
    """Verify and read one message. ``headers`` has lower-case names or is Django's ``request.headers``."""
    return parse(webhook_id=verify(raw=raw, headers=headers, now=now), raw=raw)


def verify(*, raw: bytes, headers: Mapping[str, str], now: datetime) -> str:
    """Return the id of a message signed with ``GATEWAY_WEBHOOK_SECRET`` within 5 minutes of now.

    Raise WebhookUnverified otherwise.
    """
    webhook_id = headers.get(signing.ID_HEADER) or ""
    timestamp = headers.get(signing.TIMESTAMP_HEADER) or ""
    signature = headers.get(signing.SIGNATURE_HEADER) or ""
    if not _WEBHOOK_ID.fullmatch(webhook_id) or not timestamp or not signature:
        raise WebhookUnverified(
            "missing_header", "webhook-id, webhook-timestamp or webhook-signature is missing."
        )
    try:
        signing.verify(
            secrets=[settings.GATEWAY_WEBHOOK_SECRET],
            message_id=webhook_id,
            timestamp=timestamp,
            signature=signature,
            body=raw,
            now=now,
        )
    except signing.BadSignature as error:
        raise WebhookUnverified(error.code, str(error)) from error
    return webhook_id


def parse(*, webhook_id: str, raw: bytes) -> GatewayEvent | PayoutEvent:
    """Read a verified message. Raise WebhookMalformed, or WebhookUnknownType for one that we do not use."""
    try:
        message = wire.read_object(raw)
        kind = wire.text(message, "type", _TYPE)
        if kind == PAYOUT_PAID:
            payout = reports.payout(wire.sub_object(message, "data"))
            return PayoutEvent(webhook_id=webhook_id, payout=payout, at=wire.moment(message, "at"))
        if kind not in EVENT_TYPES:
            raise WebhookUnknownType("unknown_type", f"Events of type {kind} are not used here.")
        return _event(webhook_id, message)
    except wire.BadForm as error:
        raise WebhookMalformed("malformed", str(error)) from error


def _event(webhook_id: str, message: wire.Object) -> GatewayEvent:
    kind = wire.one_of(message, "type", EVENT_TYPES)
    data = wire.sub_object(message, "data")
    return GatewayEvent(
        webhook_id=webhook_id,
        type=kind,
        payment_id=wire.text(data, "payment"),
        reference=wire.text(data, "reference"),
        amount=wire.whole(data, "amount", low=1),
        currency=wire.currency(data),
        at=wire.moment(message, "at"),
        refund_id=wire.text(data, "refund") if kind.startswith("refund.") else "",
        failure_code=wire.optional_text(data, "failure_code"),
        idempotency_key=wire.optional_text(data, "idempotency_key", wire.KEY),
    )
