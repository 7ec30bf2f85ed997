"""What happens to the database while a request is answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def writes() -> Iterator[list[str]]:
    """Return the statements inside that insert, change or delete rows."""
    written: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        touched = sql.startswith(("UPDATE", "DELETE")) and context["cursor"].rowcount
        if touched or sql.startswith("INSERT"):
            written.append(sql)
        return result

    with connection.execute_wrapper(note):
        yield written


@contextmanager
def writing_nothing() -> Iterator[None]:
    """Fail when a row is inserted, changed or deleted inside."""
    with writes() as written:
        yield
    assert written == []
