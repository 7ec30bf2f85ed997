"""Query sets that are built and compiled once a process, not at every call.

Django spends several times longer on building a query set and its SQL than the database on finding that there
is nothing to do. A page does not feel that; audits and sweeps, which ask the same again and again, do.
"""

from collections.abc import Callable, Sequence
from functools import cache, wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from django.db import connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import RawQuerySet

Values = ParamSpec("Values")
Row = TypeVar("Row", bound=Model)


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
    parameters = signature(build)

    @cache
    def compiled() -> tuple[type[Row], str, Sequence[Any]]:
        anything: Callable[..., QuerySet[Row]] = build
        query_set = anything(*map(_Given, parameters.parameters))
        return query_set.model, *query_set.query.sql_with_params()

    @wraps(build)
    def ask(*args: Values.args, **kwargs: Values.kwargs) -> "RawQuerySet[Row]":
        model, statement, marked = compiled()
        given = parameters.bind(*args, **kwargs).arguments
        adapt = connection.ops.adapt_unknown_value
        filled = [adapt(given[mark.name]) if isinstance(mark, _Given) else mark for mark in marked]
        return model._default_manager.raw(statement, filled)  # noqa: SLF001 - Django's documented name

    return ask
