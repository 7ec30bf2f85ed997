"""Bulk writes for the hot path: one INSERT from arrays on PostgreSQL, a prepared one for many rows on SQLite.

Django's ``bulk_create`` builds a model instance and a parameter list per row; at thousands of rows a second
that is most of the work. Rows here are plain tuples in the order of the columns, values are what the driver
stores. COPY cannot stand in a pipeline, and sends with every row what all rows share.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Model

from marketplace.lib.atomic import require_transaction


def insert(
    model: type[Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    shared: Sequence[Any] = (),
) -> None:
    """Insert rows into a model's table, inside the caller's transaction.

    Args:
        model: whose table.
        columns: names of all columns.
        rows: values of the first columns, each row its own.
        shared: values of the remaining columns, the same in every row.
    """
    require_transaction()
    if connection.vendor == "postgresql":
        own = [_array(column) for column in zip(*rows, strict=True)]
        if own:
            statement = _from_arrays(model, tuple(columns), len(own))
            connection.cursor().execute(statement, [*shared, *own])
        return
    table = model._meta.db_table  # noqa: SLF001 - Django's own name for it
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    every = [(*row, *shared) for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', every)  # noqa: S608


def update(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set columns of rows that the caller has locked; each row is its id, then its values."""
    require_transaction()
    if connection.vendor == "postgresql":
        statement = _update_from_arrays(model, tuple(columns))
        connection.cursor().execute(statement, [_array(column) for column in zip(*rows, strict=True)])
        return
    table = model._meta.db_table  # noqa: SLF001 - Django's own name for it
    assignments = ", ".join(f'"{column}" = %s' for column in columns)
    with connection.cursor() as cursor:
        cursor.executemany(
            f'UPDATE "{table}" SET {assignments} WHERE "id" = %s',  # noqa: S608 - names of columns
            [(*values, id_) for id_, *values in rows],
        )


@lru_cache(maxsize=64)
def _update_from_arrays(model: type[Model], columns: tuple[str, ...]) -> str:
    """Return the UPDATE whose parameters are an array of ids, then one for each column."""
    options = model._meta  # noqa: SLF001
    types = {field.column: _type_of(field) for field in options.concrete_fields}
    arrays = ", ".join(f"%s::{types[column]}[]" for column in ("id", *columns))
    aliases = ", ".join(("id", *(f"c{number}" for number in range(len(columns)))))
    assignments = ", ".join(f'"{column}" = own.c{number}' for number, column in enumerate(columns))
    table = f'"{options.db_table}"'
    source = f"unnest({arrays}) AS own ({aliases})"
    return f"UPDATE {table} SET {assignments} FROM {source} WHERE {table}.id = own.id"  # noqa: S608


@lru_cache(maxsize=64)
def _from_arrays(model: type[Model], columns: tuple[str, ...], own: int) -> str:
    """Return the INSERT whose parameters are the shared values, then one array for each other column."""
    options = model._meta  # noqa: SLF001
    types = {field.column: _type_of(field) for field in options.concrete_fields}
    names = ", ".join(f'"{column}"' for column in columns)
    shared = [f"%s::{types[column]}" for column in columns[own:]]
    selected = ", ".join([*(f"own.c{number}" for number in range(own)), *shared])
    arrays = ", ".join(f"%s::{types[column]}[]" for column in columns[:own])
    aliases = ", ".join(f"c{number}" for number in range(own))
    source = f"unnest({arrays}) AS own ({aliases})"
    return f'INSERT INTO "{options.db_table}" ({names}) SELECT {selected} FROM {source}'  # noqa: S608


def _type_of(field: Any) -> str:
    """Return a column's type; text where a cast would cut what is too long instead of refusing it."""
    type_: str = field.db_type(connection)
    return "text" if type_.startswith("varchar") else type_


def _array(values: Sequence[Any]) -> str:
    """Return PostgreSQL's text form of an array."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    text = value if type(value) is str else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
