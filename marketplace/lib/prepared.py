"""Query sets that are built and compiled once a process, not at every call.

Django spends several times longer on building a query set and its SQL than the database on finding that there
is nothing to do. A page does not feel that; audits and sweeps, which ask the same again and again, do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial, wraps
from inspect import signature
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Model, QuerySet
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


class _Compiled(NamedTuple):
    """What is made of a query set once: it belongs to no thread and no connection."""

    model: type[Model]
    query: Query
    statement: str
    marked: Sequence[Any]
    columns: Sequence[Any]
    fields: Sequence[str]
    annotations: Mapping[str, int]


def prepared(build: Callable[Values, QuerySet[Row]]) -> Callable[Values, list[Row]]:
    """Return a function that asks what the query set of ``build`` asks, which is called once.

    Args:
        build: returns rows of one model, annotated or not, without ``select_related``. Its arguments may only
            stand on the right of a lookup: it is given expressions in place of values.
    """
    compiled, find = _asker(build)

    @wraps(build)
    def ask(*args: Values.args, **kwargs: Values.kwargs) -> list[Row]:
        return [_row(compiled(), values) for values in find(*args, **kwargs)]

    return ask


def prepared_values(build: Callable[Values, QuerySet[Any, Columns]]) -> Callable[Values, list[Columns]]:
    """Return what ``prepared`` does for a query set of ``values_list``: its tuples."""
    _, find = _asker(build)

    @wraps(build)
    def ask(*args: Values.args, **kwargs: Values.kwargs) -> list[Columns]:
        return [cast(Columns, tuple(values)) for values in find(*args, **kwargs)]

    return ask


def _asker(
    build: Callable[..., QuerySet[Any, Any]],
) -> tuple[Callable[[], _Compiled], Callable[..., Iterable[Sequence[Any]]]]:
    """Return what compiles a query set, once, and what finds its columns as Django has them."""
    fill = _filler(build)
    compiled = cache(partial(_compile, build))

    def find(*args: Any, **kwargs: Any) -> Iterable[Sequence[Any]]:
        question = compiled()
        with connection.cursor() as cursor:
            cursor.execute(question.statement, fill(question.marked, *args, **kwargs))
            found: list[Sequence[Any]] = cursor.fetchall()
        if not found:  # as nearly always
            return found
        # Compilers and converters belong to one thread's connection; what was compiled belongs to all.
        compiler = question.query.get_compiler(DEFAULT_DB_ALIAS)
        converted: Iterable[Sequence[Any]] = compiler.apply_converters(
            found, compiler.get_converters(question.columns)
        )
        return converted

    return compiled, find


def _compile(build: Callable[..., QuerySet[Any, Any]]) -> _Compiled:
    query_set = build(*map(_Given, signature(build).parameters))
    compiler = query_set.query.get_compiler(DEFAULT_DB_ALIAS)
    statement, marked = compiler.as_sql()
    columns = [column for column, _, _ in compiler.select]
    whole = compiler.klass_info or {"select_fields": ()}
    fields = [columns[place].target.attname for place in whole["select_fields"]]
    return _Compiled(
        query_set.model,
        query_set.query,
        statement,
        marked,
        columns,
        fields,
        compiler.annotation_col_map or {},
    )


def _row(question: _Compiled, values: Sequence[Any]) -> Any:
    """Return a row of the model, whose fields come first, with what was annotated."""
    row = question.model.from_db(DEFAULT_DB_ALIAS, question.fields, values[: len(question.fields)])
    for name, place in question.annotations.items():
        setattr(row, name, values[place])
    return row


def _filler(build: Callable[..., object]) -> Callable[..., list[Any]]:
    """Return what puts the values of a call into the places that they have among a statement's parameters."""
    bind = signature(build).bind

    def fill(marked: Sequence[Any], *args: Any, **kwargs: Any) -> list[Any]:
        given, adapt = bind(*args, **kwargs).arguments, connection.ops.adapt_unknown_value
        return [adapt(given[mark.name]) if isinstance(mark, _Given) else mark for mark in marked]

    return fill
