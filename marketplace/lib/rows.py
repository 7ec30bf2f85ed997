"""Reads, locks and inserts rows at the cost of the query itself.

The hot path reads a handful of rows in every transaction, and a queryset spends several times longer on
building its SQL than the database on answering it. Here the SQL and the converters of a model are made once.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Model

from marketplace.lib.atomic import require_transaction
from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.ids import as_id
from marketplace.lib.pipeline import Answer, Rows, ask

Row = TypeVar("Row", bound=Model)
Converter = Callable[[Any], Any]


class Select(NamedTuple):
    """A SELECT of ids, to stand inside another statement."""

    statement: str
    parameters: Sequence[Any]


def lock(model: type[Row], keys: Collection[str], *, by: str = "id", skip_locked: bool = False) -> list[Row]:
    """Lock the rows whose field ``by`` is one of ``keys``, in the order of their ids, and return them.

    The lock leaves ids alone, so that rows which point at these can be inserted meanwhile. With
    ``skip_locked`` rows that somebody else holds are left out, where the database can do that.
    """
    return ask_lock(model, keys, by=by, skip_locked=skip_locked).get()


def ask_lock(
    model: type[Row],
    keys: Collection[str],
    *,
    by: str = "id",
    also: Select | None = None,
    skip_locked: bool = False,
) -> Answer[list[Row]]:
    """Lock as ``lock`` does, without waiting for the answer; ``also`` selects ids of more rows to lock."""
    require_transaction()
    if not keys and also is None:
        return Answer(list, lambda _: [])
    column = _column(model, by)
    condition, parameters = any_of(keys)
    wanted = f'"{column}" {condition}'
    if also is not None:
        table = model._meta.db_table  # noqa: SLF001 - Django's own name for it
        wanted = f'"id" IN (SELECT "id" FROM "{table}" WHERE {wanted} UNION {also.statement})'  # noqa: S608
        parameters = [*parameters, *also.parameters]
    for_update = " FOR NO KEY UPDATE" if connection.features.has_select_for_update else ""
    if skip_locked and connection.features.has_select_for_update_skip_locked:
        for_update += " SKIP LOCKED"
    return ask_where(model, f'{wanted} ORDER BY "id"{for_update}', parameters)


def fetch(model: type[Row], keys: Collection[str], *, by: str = "id") -> list[Row]:
    """Return the rows whose field ``by`` is one of ``keys``, in any order."""
    return ask_fetch(model, keys, by=by).get()


def ask_fetch(model: type[Row], keys: Collection[str], *, by: str = "id") -> Answer[list[Row]]:
    """Ask for what ``fetch`` returns without waiting for it."""
    condition, parameters = any_of(keys)
    return ask_where(model, f'"{_column(model, by)}" {condition}', parameters)


def find(model: type[Row], public_id: str) -> Row | None:
    """Return the row of an id, None when there is none."""
    return next(iter(fetch(model, [public_id])), None)


def get(model: type[Row], public_id: str) -> Row:
    """Return the row of an id; raises DoesNotExist."""
    row = find(model, public_id)
    if row is None:
        raise model.DoesNotExist  # type: ignore[attr-defined]  # the stubs know it of each model alone
    return row


def where(model: type[Row], condition: str, parameters: Sequence[Any]) -> list[Row]:
    """Return the rows that a condition in SQL is true of. Moments may be parameters."""
    return ask_where(model, condition, _stored(parameters)).get()


def ask_where(model: type[Row], condition: str, parameters: Sequence[Any]) -> Answer[list[Row]]:
    """Ask for what ``where`` returns without waiting for it."""
    statement, make = _plan(model, connection.vendor)
    return ask(f"{statement} WHERE {condition}", parameters, lambda found: [make(row) for row in found])


def where_with(model: type[Row], field: str, condition: str, parameters: Sequence[Any]) -> list[Row]:
    """Return the rows that a condition is true of, each with the row that its foreign key ``field`` names."""
    statement, width, make, make_other = _joined(model, field, connection.vendor)

    def read(found: Rows) -> list[Row]:
        made = [(make(row[:width]), make_other(row[width:])) for row in found]
        for row, named in made:
            setattr(row, field, named)
        return [row for row, _ in made]

    return ask(f"{statement} WHERE {condition}", parameters, read).get()


def insert(model: type[Model], columns: Sequence[str], values: Sequence[Any]) -> None:
    """Insert one row into a model's table; values are what the driver stores, one for each column."""
    require_transaction()
    names = ", ".join([f'"{column}"' for column in columns])
    table = model._meta.db_table  # noqa: SLF001 - Django's own name for it
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks(columns)})', values)  # noqa: S608


def add(row: Model) -> None:
    """Insert a new row whose id is its own, as ``save`` does where nobody listens."""
    fields: Sequence[Any] = row._meta.concrete_fields  # noqa: SLF001
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    insert(type(row), [field.column for field in fields], values)
    row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001


def update(model: type[Model], key: str, changes: Mapping[str, Any], **as_seen: Any) -> bool:
    """Set fields of the row with an id unless others are not as they were seen; tell whether they were."""
    require_transaction()
    statement, fields = _change(model, tuple(changes), tuple(as_seen))
    values = (*changes.values(), key, *as_seen.values())
    given = [field.get_db_prep_save(value, connection) for field, value in zip(fields, values, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return bool(cursor.rowcount)


def select(
    statement: str, parameters: Sequence[Any], *, kinds: Sequence[str | None]
) -> list[tuple[Any, ...]]:
    """Run a SELECT and return its rows; ``kinds`` has each column's id prefix, None for other columns.

    Moments may be parameters.
    """
    return ask_select(statement, _stored(parameters), kinds=kinds).get()


def ask_select(
    statement: str, parameters: Sequence[Any], *, kinds: Sequence[str | None]
) -> Answer[list[tuple[Any, ...]]]:
    """Ask for what ``select`` returns without waiting for it."""

    def read(found: Rows) -> list[tuple[Any, ...]]:
        return [
            tuple(
                value if kind is None or value is None else as_id(kind, value)
                for value, kind in zip(row, kinds, strict=True)
            )
            for row in found
        ]

    return ask(statement, parameters, read)


def ids(prefix: str, statement: str, parameters: Sequence[Any]) -> list[str]:
    """Run a SELECT of one column of ids and return them. Moments may be parameters."""
    return [public_id for (public_id,) in select(statement, parameters, kinds=(prefix,))]


def earliest(statement: str, parameters: Sequence[Any] = ()) -> datetime | None:
    """Return the first of the moments in the one row of a SELECT, None when there is none in it.

    Moments may be parameters.
    """
    return min((moment for moment in moments(statement, parameters) if moment is not None), default=None)


def moments(statement: str, parameters: Sequence[Any] = ()) -> list[datetime | None]:
    """Return the one row of a SELECT of moments. Moments may be parameters."""
    [row] = ask(statement, _stored(parameters), list).get()
    return [None if value is None else _moment(value) for value in row]


def marks(values: Collection[Any]) -> str:
    """Return the placeholders of an IN list."""
    return ", ".join(["%s"] * len(values))


def any_of(ids: Collection[str]) -> tuple[str, list[Any]]:
    """Return the condition that a UUID column holds one of many public ids, and its parameters.

    One parameter on PostgreSQL: hundreds of placeholders cost more than the query.
    """
    digits = [public_id[-32:] for public_id in ids]
    if connection.vendor == "postgresql":
        return "= ANY(%s::uuid[])", ["{" + ",".join(digits) + "}"]
    return f"IN ({marks(digits)})", digits


def _stored(parameters: Sequence[Any]) -> list[Any]:
    """Return parameters with moments in the form in which they are stored."""
    adapt = connection.ops.adapt_datetimefield_value
    return [adapt(value) if isinstance(value, datetime) else value for value in parameters]


def _moment(value: Any) -> datetime:
    """Return a moment as it is stored: SQLite has a text, in UTC."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _column(model: type[Model], field: str) -> str:
    return str(model._meta.get_field(field).column)  # type: ignore[union-attr]  # noqa: SLF001


@lru_cache(maxsize=64)
def _plan(model: type[Row], vendor: str) -> tuple[str, Callable[[Sequence[Any]], Row]]:
    """Return a model's SELECT up to its condition, and what makes a row of the model of an answer's row."""
    options = model._meta  # noqa: SLF001
    columns = ", ".join(f'"{field.column}"' for field in options.concrete_fields)
    return f'SELECT {columns} FROM "{options.db_table}"', _maker(model, vendor)  # noqa: S608 - names of columns


@lru_cache(maxsize=128)
def _change(model: type[Model], changes: Sequence[str], seen: Sequence[str]) -> tuple[str, list[Any]]:
    """Return the UPDATE of a row's fields, and the fields of its parameters."""
    options = model._meta  # noqa: SLF001
    changed: list[Any] = [options.get_field(name) for name in changes]
    known: list[Any] = [options.get_field(name) for name in seen]
    assignments = ", ".join(f'"{field.column}" = %s' for field in changed)
    conditions = " AND ".join(f'"{field.column}" = %s' for field in (options.pk, *known))
    statement = f'UPDATE "{options.db_table}" SET {assignments} WHERE {conditions}'  # noqa: S608
    return statement, [*changed, options.pk, *known]


@lru_cache(maxsize=64)
def _joined(model: type[Row], field: str, vendor: str) -> tuple[Any, ...]:
    """Return the same of a model and what its foreign key names, and the width of the first of the two."""
    key: Any = model._meta.get_field(field)  # noqa: SLF001
    both = (model, key.related_model)
    columns = ", ".join(
        f'"{each._meta.db_table}"."{column.column}"'  # noqa: SLF001
        for each in both
        for column in each._meta.concrete_fields  # noqa: SLF001
    )
    own, other = (each._meta.db_table for each in both)  # noqa: SLF001
    meet = f'"{other}"."{key.target_field.column}" = "{own}"."{key.column}"'
    statement = f'SELECT {columns} FROM "{own}" JOIN "{other}" ON {meet}'  # noqa: S608 - names of columns
    width = len(model._meta.concrete_fields)  # noqa: SLF001
    return statement, width, *(_maker(each, vendor) for each in both)


def _maker(
    model: type[Row],
    vendor: str,  # noqa: ARG001 - converters differ between databases
) -> Callable[[Sequence[Any]], Row]:
    options, alias = model._meta, connection.alias  # noqa: SLF001
    names = [field.attname for field in options.concrete_fields]
    converters = [_converter(field, options.db_table) for field in options.concrete_fields]

    def make(row: Sequence[Any]) -> Row:
        values = [
            value if convert is None else convert(value)
            for value, convert in zip(row, converters, strict=True)
        ]
        return model.from_db(alias, names, values)

    return make


def _converter(field: Any, table: str) -> Converter | None:
    """Return what turns a column's stored value into the model's, None where they are the same."""
    target = field.target_field if field.is_relation else field
    if isinstance(target, PrefixedIdField):  # no UUID in between
        prefix = target.prefix
        return lambda stored: None if stored is None else as_id(prefix, stored)
    column = field.get_col(table)
    steps = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
    if not steps:
        return None

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert
