"""Bulk writes for the hot path: COPY on PostgreSQL, one prepared INSERT for many rows on SQLite.

Django's ``bulk_create`` builds a model instance and a parameter list per row; at thousands of rows a second
that is most of the work. Rows here are plain tuples in the order of the columns, values are what the driver
stores.
"""

from collections.abc import Iterable, Sequence
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
    table = model._meta.db_table  # noqa: SLF001 - Django's own name for it
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            copying = cursor.copy(f'COPY "{table}" ({names}) FROM STDIN')
            with connection.wrap_database_errors, copying as copy:  # the driver's copy raises its own errors
                tail = "".join([f"\t{_copy_value(value)}" for value in shared]) + "\n"
                copy.write("".join([_copy_line(row) + tail for row in rows]))
        else:
            marks = ", ".join(["%s"] * len(columns))
            every = [(*row, *shared) for row in rows]
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', every)  # noqa: S608


def _copy_line(row: Sequence[Any]) -> str:
    """Return one row in the text form of COPY, without the end of the line."""
    return "\t".join([_copy_value(value) for value in row])


def _copy_value(value: Any) -> str:
    if value is None:
        return "\\N"
    text = value if type(value) is str else str(value)
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text
