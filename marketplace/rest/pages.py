"""Cursor pages: a list starts after the last object seen, at the same cost however deep.

The cursor is the id of an object. Ordering by id needs nothing else, since ids begin with their time;
ordering by another column reads that column of the cursor's row and goes on from (column, id). Such a column
is never null, and an index on (column, id) keeps the promise of constant cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from marketplace.errors import FieldError, Invalid
from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.ids import is_id

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
PARAMS = frozenset({"limit", "starting_after", "ending_before"})

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How many objects, and after or before which one."""

    limit: int = DEFAULT_LIMIT
    starting_after: str = ""
    ending_before: str = ""

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> "Cursor":
        """Return what a query string asks for; raises Invalid."""
        after, before = params.get("starting_after", ""), params.get("ending_before", "")
        if after and before:
            raise _invalid("ending_before", "Give starting_after or ending_before, not both.")
        limit = params.get("limit", str(DEFAULT_LIMIT))
        if not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= MAX_LIMIT):  # noqa: PLR2004 - digits of MAX_LIMIT
            raise _invalid("limit", f"The limit is a whole number from 1 to {MAX_LIMIT}.")
        return cls(int(limit), after, before)

    @property
    def param(self) -> str:
        """Return the name of the parameter that holds the cursor."""
        return "ending_before" if self.ending_before else "starting_after"

    @property
    def id(self) -> str:
        """Return the id of the cursor's object, empty for the start of the list."""
        return self.ending_before or self.starting_after


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Objects of one page, in the list's order, and whether more follow in the direction of travel."""

    items: list[M]
    has_more: bool


def read_page(queryset: QuerySet[M], cursor: Cursor, *, order: str = "-id") -> Page[M]:
    """Return one page of a queryset ordered by ``order`` (``"-id"``, ``"starts_at"``...) and then by id.

    Raises:
        Invalid: the cursor is not an id of this kind, or (when ordering by a column) not in the list.
    """
    column, descending = order.removeprefix("-"), order.startswith("-")
    column = "pk" if column in {"id", "pk"} else column
    forward = not cursor.ending_before
    up = forward != descending
    if cursor.id:
        queryset = queryset.filter(_beyond(queryset, cursor, column, up=up))
    sign = "" if up else "-"
    ordering = [f"{sign}pk"] if column == "pk" else [f"{sign}{column}", f"{sign}pk"]
    items = list(queryset.order_by(*ordering)[: cursor.limit + 1])
    has_more = len(items) > cursor.limit
    del items[cursor.limit :]
    return Page(items if forward else items[::-1], has_more)


def _beyond(queryset: QuerySet[M], cursor: Cursor, column: str, *, up: bool) -> Q:
    key = queryset.model._meta.pk  # noqa: SLF001 - Django's documented model API
    if not isinstance(key, PrefixedIdField) or not is_id(cursor.id, key.prefix):
        raise _invalid(cursor.param, "This is not the id of an object of this list.")
    way = "gt" if up else "lt"
    beyond_id = Q(**{f"pk__{way}": cursor.id})
    if column == "pk":
        return beyond_id
    value: Any = queryset.filter(pk=cursor.id).values_list(column, flat=True).first()
    if value is None:
        raise _invalid(cursor.param, "This object is not in this list.")
    return Q(**{f"{column}__{way}e": value}) & (Q(**{f"{column}__{way}": value}) | beyond_id)


def _invalid(param: str, detail: str) -> Invalid:
    return Invalid(detail, param=param, errors=[FieldError(param, "invalid", detail)])
