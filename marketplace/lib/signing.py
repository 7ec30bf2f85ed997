"""Signed messages in the Standard Webhooks form (specification 1.0), both directions.

Three headers travel with a body: ``webhook-id``, ``webhook-timestamp`` (Unix seconds) and
``webhook-signature``, a list of ``v1,<base64 HMAC-SHA256>`` over ``id.timestamp.body``. The bytes that are
signed are the bytes that are sent.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets as randomness
from collections.abc import Sequence
from datetime import datetime, timedelta

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"

#: How far a message's timestamp may lie from now, either way.
TOLERANCE = timedelta(minutes=5)

_SECRET_PREFIX = "whsec_"  # noqa: S105 - the form of a secret, not one
_SECRET_BYTES = range(24, 65)
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_MOST_SIGNATURES = 10


class BadSecret(ValueError):
    """A signing secret is not of the form ``whsec_`` and the base64 of 24 to 64 bytes."""


class BadSignature(Exception):
    """A message is not one that a holder of the secret signed just now. ``code`` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def new_secret() -> str:
    """Return a fresh secret of 32 random bytes, ``whsec_…``."""
    return _SECRET_PREFIX + base64.b64encode(randomness.token_bytes(32)).decode()


def sign(*, secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature, ``v1,…``. Raise BadSecret when the secret is malformed."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def headers(*, secret: str, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers that send ``body`` now."""
    timestamp = int(now.timestamp())
    return {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: sign(secret=secret, message_id=message_id, timestamp=timestamp, body=body),
    }


def verify(
    *, secrets: Sequence[str], message_id: str, timestamp: str, signature: str, body: bytes, now: datetime
) -> None:
    """Raise BadSignature unless one of the secrets signed exactly this message within the tolerance of now.

    Several secrets stand while one replaces another. Codes: ``bad_timestamp``, ``timestamp_too_old``,
    ``timestamp_too_new``, ``bad_signature``. The comparison takes the same time wherever it differs.
    """
    if not _TIMESTAMP.fullmatch(timestamp):
        raise BadSignature("bad_timestamp", "The timestamp is not a whole number of Unix seconds.")
    age = now.timestamp() - int(timestamp)
    if age > TOLERANCE.total_seconds():
        raise BadSignature("timestamp_too_old", "The message was signed more than 5 minutes ago.")
    if age < -TOLERANCE.total_seconds():
        raise BadSignature(
            "timestamp_too_new", "The message was signed more than 5 minutes ahead of our clock."
        )
    offered = [one.encode("utf-8", "replace") for one in signature.split(" ")[:_MOST_SIGNATURES]]
    matched = False
    for secret in secrets:
        expected = sign(secret=secret, message_id=message_id, timestamp=int(timestamp), body=body).encode()
        for one in offered:
            matched |= hmac.compare_digest(expected, one)
    if not matched:
        raise BadSignature("bad_signature", "No signature matches the message.")


def _key(secret: str) -> bytes:
    if not secret.startswith(_SECRET_PREFIX):
        raise BadSecret("A signing secret starts with whsec_.")
    digits = secret.removeprefix(_SECRET_PREFIX)
    try:
        key = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BadSecret("A signing secret is whsec_ and base64.") from None
    if len(key) not in _SECRET_BYTES:
        raise BadSecret(f"A signing secret holds 24 to 64 bytes, not {len(key)}.")
    return key
