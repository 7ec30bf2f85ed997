"""What goes in and what comes out: bases of every body, query string and resource."""

import threading
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Manager, QuerySet
from rest_framework import serializers
from rest_framework.utils import html

from marketplace.rest.expand import Expand

_Field = serializers.Field[Any, Any, Any, Any]


class _Strict(serializers.Serializer[Any]):
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        declared: dict[str, _Field] = cls._declared_fields
        for name, field in declared.items():
            _demand_bounds(f"{cls.__qualname__}.{name}", field)

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated values; refuses what no field takes."""
        if isinstance(data, Mapping):
            taken = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(_top_names(data, taken))
            if unknown:
                raise serializers.ValidationError(
                    {name: ["There is no such field."] for name in unknown}, code="unknown_field"
                )
        return super().to_internal_value(data)


class Body(_Strict):
    """A request's body. Fields are required unless they say otherwise; one that is unknown is refused.

    Text and lists must say ``max_length``, numbers both bounds: what has no bound here meets the database's.
    """


class Query(_Strict):
    """The query string of an operation, beside ``limit``, the cursors and ``expand[]``.

    Every parameter should say ``required=False``.
    """

    @classmethod
    def names(cls) -> AbstractSet[str]:
        """Return the names of the parameters."""
        return cls._declared_fields.keys()


class Resource(serializers.Serializer[Any]):
    """What an operation answers, and its documentation."""

    @classmethod
    def render(cls, value: Any, *, expand: Expand | None = None, **context: Any) -> dict[str, Any]:
        """Return the wire form of one object."""
        with _kept(cls, {**context, "expand": expand or Expand()}) as serializer:
            return dict(serializer.to_representation(value))

    @classmethod
    def render_many(
        cls, values: Any, *, expand: Expand | None = None, **context: Any
    ) -> list[dict[str, Any]]:
        """Return the wire forms of several objects."""
        many = values.all() if isinstance(values, Manager | QuerySet) else values
        with _kept(cls, {**context, "expand": expand or Expand()}) as serializer:
            return [dict(serializer.to_representation(value)) for value in many]


@contextmanager
def _kept(kind: type[Resource], context: dict[str, Any]) -> Iterator[Resource]:
    """Yield this thread's serializer of a kind: to make one copies every field, longer than it renders."""
    serializer = _thread.kept.get(kind)
    if serializer is None:
        serializer = _thread.kept[kind] = kind()
    before, serializer._context = serializer._context, context  # noqa: SLF001 - DRF's own name for it
    try:
        yield serializer
    finally:
        serializer._context = before  # noqa: SLF001


class _Thread(threading.local):
    """The serializers of a thread, by their kind."""

    def __init__(self) -> None:
        self.kept: dict[type[Resource], Resource] = {}


_thread = _Thread()


def _top_names(data: Mapping[str, Any], taken: set[str]) -> set[str]:
    names = {str(name) for name in data}
    if html.is_html_input(data):  # lists and objects in forms are written lines[0].quantity
        names = {name if name in taken else name.partition("[")[0].partition(".")[0] for name in names}
    return names - taken


def _demand_bounds(where: str, field: _Field) -> None:
    """Raise ImproperlyConfigured for a field without a bound."""
    if field.read_only or isinstance(field, serializers.HiddenField):
        return
    if isinstance(field, serializers.ListField):
        _demand(where, field.max_length is not None, "max_length")
        _demand_bounds(f"{where}[]", field.child)
    elif isinstance(field, serializers.ListSerializer):
        _demand(where, getattr(field, "max_length", None) is not None, "max_length")
    elif isinstance(field, serializers.IntegerField):
        _demand(where, field.max_value is not None and field.min_value is not None, "min_value and max_value")
    elif isinstance(field, serializers.CharField) and not isinstance(field, serializers.UUIDField):
        _demand(where, field.max_length is not None, "max_length")


def _demand(where: str, given: bool, what: str) -> None:
    if not given:
        raise ImproperlyConfigured(f"{where} needs {what}.")
