"""Query sets that are built and compiled once a process, not at every call.

Django spends several times longer on building a query set and its SQL than the database on finding that there
is nothing to do. A page does not feel that; audits and sweeps, which ask the same again and again, do.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial, wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import RawQuerySet

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
    def compiled() -> tuple[str, Sequence[Any], Callable[[Any], Iterable[Any]]]:
        compiler = _build(build).query.get_compiler(DEFAULT_DB_ALIAS)
        statement, marked = compiler.as_sql()
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        return statement, marked, partial(compiler.apply_converters, converters=converters)

    @wraps(build)
    def ask(*args: Values.args, **kwargs: Values.kwargs) -> list[Columns]:
        statement, marked, convert = compiled()
        with connection.cursor() as cursor:
            cursor.execute(statement, fill(marked, *args, **kwargs))
            return [cast(Columns, tuple(row)) for row in convert(cursor.fetchall())]

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
