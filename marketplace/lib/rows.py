"""Reads and locks rows at the cost of the query itself.

The hot path reads a handful of rows in every transaction, and a queryset spends several times longer on
building its SQL than the database on answering it. Here the SQL and the converters of a model are made once.
"""

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from marketplace.lib.atomic import require_transaction
from marketplace.lib.ids import as_id

Row = TypeVar("Row", bound=Model)
Converter = Callable[[Any], Any]


def lock(model: type[Row], keys: Collection[str], *, by: str = "id") -> list[Row]:
    """Lock the rows whose field ``by`` is one of ``keys``, in the order of their ids, and return them.

    The lock leaves ids alone, so that rows which point at these can be inserted meanwhile.
    """
    require_transaction()
    for_update = " FOR NO KEY UPDATE" if connection.features.has_select_for_update else ""
    return _read(model, keys, by, f' ORDER BY "id"{for_update}')


def fetch(model: type[Row], keys: Collection[str], *, by: str = "id") -> list[Row]:
    """Return the rows whose field ``by`` is one of ``keys``, in any order."""
    return _read(model, keys, by, "")


def select(
    statement: str, parameters: Sequence[Any], *, kinds: Sequence[str | None]
) -> list[tuple[Any, ...]]:
    """Run a SELECT and return its rows; ``kinds`` has each column's id prefix, None for other columns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found = cursor.fetchall()
    return [
        tuple(
            value if kind is None or value is None else as_id(kind, value)
            for value, kind in zip(row, kinds, strict=True)
        )
        for row in found
    ]


def marks(values: Collection[Any]) -> str:
    """Return the placeholders of an IN list."""
    return ", ".join(["%s"] * len(values))


def _read(model: type[Row], keys: Collection[str], by: str, tail: str) -> list[Row]:
    if not keys:
        return []
    statement, names, converters, stored = _plan(model, by, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ({marks(keys)}){tail}", [stored(key) for key in keys])
        found = cursor.fetchall()
    alias = connection.alias
    return [
        model.from_db(
            alias,
            names,
            [
                value if convert is None else convert(value)
                for value, convert in zip(row, converters, strict=True)
            ],
        )
        for row in found
    ]


@lru_cache(maxsize=64)
def _plan(
    model: type[Model],
    by: str,
    vendor: str,  # noqa: ARG001 - converters differ between databases
) -> tuple[str, list[str], list[Converter | None], Callable[[str], Any]]:
    """Return the SELECT up to its keys, the names and converters of its columns, and how a key is stored."""
    options = model._meta  # noqa: SLF001 - Django's own name for it
    fields = options.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    key: Any = options.get_field(by)
    target = getattr(key, "target_field", key)
    return (
        f'SELECT {columns} FROM "{options.db_table}" WHERE "{key.column}" IN',  # noqa: S608 - names of columns
        [field.attname for field in fields],
        [_converter(field, options.db_table) for field in fields],
        lambda value: target.get_db_prep_value(value, connection),
    )


def _converter(field: Any, table: str) -> Converter | None:
    """Return what turns a column's stored value into the model's, None where they are the same."""
    column = field.get_col(table)
    steps = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
    if not steps:
        return None

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert
