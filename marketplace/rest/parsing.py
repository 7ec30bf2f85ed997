"""JSON in: strict, so that what gets past here is what the database and other programs can hold.

Beyond RFC 8259 an input is refused when it is not UTF-8, holds NaN or infinity, a NUL character, half of a
surrogate pair, a number outside the signed 64-bit range, or nests deeper than MAX_DEPTH. Of a repeated key
the last value counts.
"""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.parsers import BaseParser

from marketplace.errors import Invalid, TooLarge
from marketplace.rest.conf import MAX_BODY_BYTES

MAX_DEPTH = 32
MAX_NUMBER = 2**63 - 1
MIN_NUMBER = -(2**63)


def decode_json(body: bytes, *, limit: int = MAX_BODY_BYTES) -> Any:
    """Return what a JSON document says.

    Raises:
        TooLarge: it has more than ``limit`` bytes.
        Invalid: it is not JSON, or not strict.
    """
    if len(body) > limit:
        raise TooLarge(data={"limit": limit})
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"The body is not JSON in UTF-8: {error}.") from None
    _check(value)
    return value


class StrictJSONParser(BaseParser):
    """Parses a request's body with ``decode_json``; a view may set ``max_body_bytes``."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        _media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what the body says."""
        view = (parser_context or {}).get("view")
        limit = getattr(view, "max_body_bytes", MAX_BODY_BYTES)
        return decode_json(stream.read(limit + 1), limit=limit)


def _check(document: object) -> None:
    level: list[object] = [document]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                _check_text(*value)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, str):
                _check_text(value)
            elif isinstance(value, int | float) and not MIN_NUMBER <= value <= MAX_NUMBER:
                raise Invalid("A number is outside the signed 64-bit range.")
        if not below:
            return
        level = below
    raise Invalid(f"The body nests deeper than {MAX_DEPTH} levels.")


def _check_text(*texts: str) -> None:
    if any("\0" in text for text in texts):
        raise Invalid("Text must not hold NUL characters.")
