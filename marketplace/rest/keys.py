"""The Idempotency-Key header."""

import re

from marketplace.errors import FieldError, Invalid

HEADER = "Idempotency-Key"
MAX_LENGTH = 255

_KEY = re.compile(r"[\x20-\x7e]{1,255}")


class IdempotencyKeyMissing(Invalid):
    """The operation moves money or stock and came without an Idempotency-Key."""

    code = "idempotency_key_missing"
    message = "This operation needs an Idempotency-Key."
    cure = (
        "Send an Idempotency-Key header, a fresh UUID for each new request and the same one for its retries."
    )


def clean_key(value: str) -> str:
    """Return a key as given; raises Invalid unless it is 1 to 255 printable ASCII characters."""
    if not _KEY.fullmatch(value):
        detail = f"An idempotency key is 1 to {MAX_LENGTH} printable ASCII characters."
        raise Invalid(detail, param=HEADER, errors=[FieldError(HEADER, "invalid", detail)])
    return value
