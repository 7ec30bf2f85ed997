"""Public identifiers: a prefix that names the kind and a UUIDv7 in hexadecimal, sortable by time.

``ord_019ab3c4d5e67f8091a2b3c4d5e6f708``: the first 48 bits are Unix milliseconds (RFC 9562, section 5.7), so
rows made one after another stand side by side in an index and a page of a list starts at the last id seen.
"""

import os
import time
import uuid

_HEX = frozenset("0123456789abcdef")

_last_stamp = 0


def new_uuid7_hex() -> str:
    """Return 32 hexadecimal digits of a fresh UUIDv7, greater than those this process made before.

    The 12 bits behind the milliseconds count within one of them (RFC 9562, section 6.2, method 1): rows
    written in one transaction sort in the order in which they were made.
    """
    global _last_stamp  # noqa: PLW0603 - threads may share a stamp; the random part tells them apart
    _last_stamp = stamp = max(time.time_ns() // 1_000_000 << 12, _last_stamp + 1)
    noise = int.from_bytes(os.urandom(8)) >> 2
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0x2 << 62 | noise
    return f"{value:032x}"


def new_id(prefix: str) -> str:
    """Return a fresh public id such as ``ord_019ab3…`` for the kind that ``prefix`` names."""
    return f"{prefix}_{new_uuid7_hex()}"


def is_id(value: object, prefix: str) -> bool:
    """Tell whether ``value`` is a well-formed public id of this kind; says nothing of its existence."""
    if type(value) is not str or len(value) != len(prefix) + 33 or not value.startswith(prefix):
        return False
    return value[len(prefix)] == "_" and _HEX.issuperset(value[len(prefix) + 1 :])


def as_uuid(public_id: str) -> uuid.UUID:
    """Return the UUID inside a well-formed public id."""
    return uuid.UUID(hex=public_id[-32:])


def as_id(prefix: str, stored: uuid.UUID | str) -> str:
    """Return the public id of what a database stores: a UUID, or its digits where there is no such type."""
    return f"{prefix}_{stored if type(stored) is str else stored.hex}"  # type: ignore[union-attr]
