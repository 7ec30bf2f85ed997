"""Reading what came over the wire: fields of exactly the expected form, or BadForm naming the field."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

MOST_BYTES = 65_536
#: 100 million in a currency with two decimal digits: beyond any basket, well inside a 64-bit column.
MOST_MONEY = 10_000_000_000

Object = Mapping[str, object]
Word = TypeVar("Word", bound=str)

TOKEN = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")
KEY = re.compile(r"[\x21-\x7e]{1,120}")
CODE = re.compile(r"[a-z0-9_]{1,40}")
SENTENCE = re.compile(r"[^\x00]{1,500}")
_CURRENCY = re.compile(r"[A-Z]{3}")


class BadForm(ValueError):
    """Something is not of the expected form. ``param`` names the field, empty for the whole."""

    def __init__(self, message: str, *, param: str = "") -> None:
        super().__init__(message)
        self.param = param


def read_object(raw: bytes) -> Object:
    """Return the JSON object in UTF-8 that ``raw`` holds."""
    if len(raw) > MOST_BYTES:
        raise BadForm(f"The body is larger than {MOST_BYTES} bytes.")
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadForm("The body is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise BadForm("The body is not a JSON object.")
    return value


def sub_object(data: Object, name: str) -> Object:
    """Return the object in a field."""
    value = data.get(name)
    if not isinstance(value, dict):
        raise BadForm(f"{name} is not an object.", param=name)
    return value


def objects(data: Object, name: str) -> list[Object]:
    """Return the list of objects in a field."""
    value = data.get(name)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadForm(f"{name} is not a list of objects.", param=name)
    return value


def text(data: Object, name: str, form: re.Pattern[str] = TOKEN) -> str:
    """Return the text in a field, which matches ``form`` from end to end."""
    value = data.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise BadForm(f"{name} is missing or not a text of the form {form.pattern}", param=name)
    return value


def optional_text(data: Object, name: str, form: re.Pattern[str] = CODE) -> str:
    """Return the text in a field, empty when there is none."""
    return "" if data.get(name, "") in (None, "") else text(data, name, form)


def one_of(data: Object, name: str, allowed: Sequence[Word]) -> Word:
    """Return the word in a field, which is one of the allowed."""
    value = data.get(name)
    for word in allowed:
        if word == value:
            return word
    raise BadForm(f"{name} is not one of {', '.join(allowed)}.", param=name)


def whole(data: Object, name: str, *, low: int, high: int = MOST_MONEY) -> int:
    """Return the whole number in a field, between ``low`` and ``high``."""
    value = data.get(name)
    if type(value) is not int or not low <= value <= high:
        raise BadForm(f"{name} is not a whole number from {low} to {high}.", param=name)
    return value


def currency(data: Object, name: str = "currency") -> str:
    """Return the ISO 4217 code in a field."""
    return text(data, name, _CURRENCY)


def moment(data: Object, name: str) -> datetime:
    """Return the RFC 3339 time in a field, in UTC."""
    value = data.get(name)
    try:
        parsed = datetime.fromisoformat(value if isinstance(value, str) else "")
        if parsed.tzinfo is not None:
            return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadForm(f"{name} is not an RFC 3339 time with its offset.", param=name)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
