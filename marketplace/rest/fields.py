"""Fields of the API: what JSON may hold in each place, and how it is shown.

Input is strict: a number is not a string, ``true`` is not 1. Only query strings and forms, which know nothing
but text, are read more kindly.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db.models import Manager
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import SkipField, empty
from rest_framework.utils import html

from marketplace.lib import ids
from marketplace.lib.clock import to_wire
from marketplace.lib.money import Money
from marketplace.rest.expand import Expand

MAX_INTEGER = 2**31 - 1
MAX_AMOUNT = 1_000_000_000_000

_WHOLE = re.compile(r"-?[0-9]{1,19}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _is_text_only(field: serializers.Field[Any, Any, Any, Any]) -> bool:
    """Tell whether the input comes from a form or a query string."""
    return html.is_html_input(getattr(field.root, "initial_data", None))


class Text(serializers.CharField):
    """A string. In a body it needs a ``max_length``."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text, without blanks around it."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Integer(serializers.IntegerField):
    """A whole number. In a body it needs both bounds."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number."""
        if type(data) is int:
            return data
        if isinstance(data, str) and _is_text_only(self) and _WHOLE.fullmatch(data):
            return int(data)
        raise serializers.ValidationError(self.error_messages["invalid"], code="invalid")


class Boolean(serializers.BooleanField):
    """True or false. Left out of a form or query string it stays left out."""

    default_empty_html = empty

    def to_internal_value(self, data: Any) -> bool:
        """Return the truth value; text knows only ``true`` and ``false``."""
        if type(data) is bool:
            return data
        if _is_text_only(self) and data in {"true", "false"}:
            return bool(data == "true")
        raise serializers.ValidationError(self.error_messages["invalid"], code="invalid")


class Choice(serializers.ChoiceField):
    """One of a fixed set of words."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the word."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=type(data).__name__)
        return super().to_internal_value(data)


class ListOf(serializers.ListField):
    """A list. In a body it needs a ``max_length``."""


class Json(serializers.JSONField):
    """Any JSON object; what it means is for the caller alone, or stands in the operation's documentation."""

    default_error_messages: ClassVar = {"not_an_object": "This must be a JSON object."}

    def to_internal_value(self, data: Any) -> Any:
        """Return the object."""
        if not isinstance(data, Mapping):
            self.fail("not_an_object")
        return super().to_internal_value(dict(data))


class Id(serializers.Field[str, Any, str, Any]):
    """A public id of one kind: ``Id("brd")`` takes and shows ``brd_019ab3…``."""

    default_error_messages: ClassVar = {
        "invalid": "This is not an id of the form {prefix}_<32 hexadecimal digits>."
    }

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the id, well-formed; says nothing of its existence."""
        if not ids.is_id(data, self.prefix):
            self.fail("invalid", prefix=self.prefix)
        return str(data)

    def to_representation(self, value: Any) -> str:
        """Return the id."""
        return str(value)


@extend_schema_field(
    {"type": "string", "format": "date-time", "examples": ["2026-11-11T12:00:00.000Z"]},
    component_name="Timestamp",
)
class Timestamp(serializers.Field[datetime, Any, str, Any]):
    """A moment: RFC 3339 with an offset, from 2000 to 2199; shown in UTC with milliseconds."""

    default_error_messages: ClassVar = {
        "invalid": "This is not a moment in RFC 3339 with an offset, from 2000 to 2199."
    }

    def to_internal_value(self, data: Any) -> datetime:
        """Return the moment, in UTC."""
        if not isinstance(data, str) or not _MOMENT.fullmatch(data):
            self.fail("invalid")
        try:
            moment = datetime.fromisoformat(data.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("invalid")
        if not _EARLIEST <= moment < _LATEST:
            self.fail("invalid")
        return moment

    def to_representation(self, value: datetime) -> str:
        """Return the moment as the API writes it."""
        return to_wire(value)


@extend_schema_field(
    {
        "type": "object",
        "description": "An exact amount in minor units of an ISO 4217 currency.",
        "properties": {
            "amount": {"type": "integer", "format": "int64", "examples": [3990]},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["CNY"]},
        },
        "required": ["amount", "currency"],
        "additionalProperties": False,
    },
    component_name="Money",
)
class MoneyField(serializers.Field[Money, Any, dict[str, Any], Any]):
    """An amount with its currency, ``{"amount": 3990, "currency": "CNY"}``, as Money."""

    default_error_messages: ClassVar = {
        "invalid": 'Money is {{"amount": <whole minor units>, "currency": <ISO 4217 code>}}.',
        "out_of_range": "The amount must be from {low} to {high} minor units.",
    }

    def __init__(self, *, min_amount: int = 0, max_amount: int = MAX_AMOUNT, **kwargs: Any) -> None:
        self.min_amount, self.max_amount = min_amount, max_amount
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Money:
        """Return the amount."""
        if not isinstance(data, Mapping) or data.keys() != {"amount", "currency"}:
            self.fail("invalid")
        amount, currency = data["amount"], data["currency"]
        if type(amount) is not int or not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
            self.fail("invalid")
        if not self.min_amount <= amount <= self.max_amount:
            self.fail("out_of_range", low=self.min_amount, high=self.max_amount)
        return Money(amount, currency)

    def to_representation(self, value: Money) -> dict[str, Any]:
        """Return the wire form."""
        return value.to_wire()


class Object(serializers.Field[str, Any, str, Any]):
    """The constant that says what kind of thing an answer is: ``Object("order")``."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(source="*", read_only=True)

    def to_representation(self, _value: Any) -> str:
        """Return the kind."""
        return self.kind


class Expandable(serializers.Field[Any, Any, Any, Any]):
    """Another resource: its id, or all of it when the caller expands this field.

    Reads ``<source>_id`` of the instance, and ``<source>`` only when expanded.
    """

    def __init__(self, resource: type[serializers.Serializer[Any]], prefix: str, **kwargs: Any) -> None:
        self.resource, self.prefix = resource, prefix
        super().__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        """Return the related object when expanded, else its id."""
        if str(self.field_name) in _expansion(self):
            return super().get_attribute(instance)
        for attribute in self.source_attrs[:-1]:
            instance = getattr(instance, attribute)
        return getattr(instance, f"{self.source_attrs[-1]}_id")

    def to_representation(self, value: Any) -> Any:
        """Return the id or the object."""
        return value if isinstance(value, str) else _nested(self, self.resource, value, many=False)


class ExpandableList(serializers.Field[Any, Any, Any, Any]):
    """A list of other resources, left out unless the caller expands this field."""

    def __init__(self, resource: type[serializers.Serializer[Any]], **kwargs: Any) -> None:
        self.resource = resource
        super().__init__(read_only=True, required=False, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        """Return the related objects; nothing when not expanded."""
        if str(self.field_name) not in _expansion(self):
            raise SkipField
        related: Any = super().get_attribute(instance)
        return related.all() if isinstance(related, Manager) else related

    def to_representation(self, value: Any) -> Any:
        """Return the list."""
        return _nested(self, self.resource, value, many=True)


def _expansion(field: serializers.Field[Any, Any, Any, Any]) -> Expand:
    expand: Expand = field.context.get("expand") or Expand()
    return expand


def _nested(
    field: serializers.Field[Any, Any, Any, Any],
    resource: type[serializers.Serializer[Any]],
    value: Any,
    *,
    many: bool,
) -> Any:
    below = _expansion(field).below(str(field.field_name))
    return resource(value, many=many, context={**field.context, "expand": below}).data
