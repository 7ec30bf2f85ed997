"""Query sets that are built and compiled once a process, not at every call.

Django spends several times longer on building a query set and its SQL than the database on finding that there
is nothing to do. A page does not feel that; audits and sweeps, which ask the same again and again, do.
"""

from collections.abc import Callable, Sequence
from functools import cache, wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import RawQuerySet
from django.db.models.sql import Query

Values = ParamSpec("Values")
Row = TypeVar("Row", bound=Model)
Columns = TypeVar("Columns", bound=tuple[Any, ...])


class _Given(Expression):
    """Stands in a query for a value that each call gives."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, *_args: object, **_kwargs: object) -> tuple[str, Any]:
        """Return a placeholder with itself for a parameter."""
        return "%s", (self,)


def prepared(build: Callable[Values, QuerySet[Row]]) -> "Callable[Values, RawQuerySet[Row]]":
    """Return a function that asks what the query set of ``build`` asks, which is called once.

    Args:
        build: returns rows of one model, annotated or not, without ``select_related``. Its arguments may only
            stand on the right of a lookup: it is given expressions in place of values.
    """
    fill = _filler(build)

    @cache
    def compiled() -> tuple[type[Row], str, Sequence[Any]]:
        query_set = _build(build)
        return query_set.model, *query_set.query.sql_with_params()

    @wraps(build)
    def ask(*args: Values.args, **kwargs: Values.kwargs) -> "RawQuerySet[Row]":
        model, statement, marked = compiled()
        filled = fill(marked, *args, **kwargs)
        return model._default_manager.raw(statement, filled)  # noqa: SLF001 - Django's documented name

    return ask


def prepared_values(build: Callable[Values, QuerySet[Any, Columns]]) -> Callable[Values, list[Columns]]:
    """Return what ``prepared`` does for a query set of ``values_list``: its tuples."""
    fill = _filler(build)

    @cache
    def compiled() -> tuple[Query, Sequence[Any], str, Sequence[Any]]:
        query = _build(build).query
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        statement, marked = compiler.as_sql()
        return query, [column for column, _, _ in compiler.select], statement, marked

    @wraps(build)
    def ask(*args: Values.args, **kwargs: Values.kwargs) -> list[Columns]:
        query, columns, statement, marked = compiled()
        # Compilers and converters belong to one thread's connection; what was compiled belongs to all.
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        converters = compiler.get_converters(columns)
        with connection.cursor() as cursor:
            cursor.execute(statement, fill(marked, *args, **kwargs))
            return [cast(Columns, tuple(row)) for row in compiler.apply_converters(cursor, converters)]

    return ask


def _build(build: Callable[..., QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    return build(*map(_Given, signature(build).parameters))


def _filler(build: Callable[..., object]) -> Callable[..., list[Any]]:
    """Return what puts the values of a call into the places that they have among a statement's parameters."""
    bind = signature(build).bind

    def fill(marked: Sequence[Any], *args: Any, **kwargs: Any) -> list[Any]:
        given, adapt = bind(*args, **kwargs).arguments, connection.ops.adapt_unknown_value
        return [adapt(given[mark.name]) if isinstance(mark, _Given) else mark for mark in marked]

    return fill
