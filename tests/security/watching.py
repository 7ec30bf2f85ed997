"""What happens to the database while a request is answered, and what went wrong."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

#: A statement that changes rows, wherever it stands: after WITH, or behind others in one text. A row may be
#: read FOR UPDATE, or FOR NO KEY UPDATE.
CHANGING = re.compile(r"(?<!FOR )(?<!KEY )\b(?:INSERT|UPDATE|DELETE)\b")


@contextmanager
def writes() -> Iterator[list[str]]:
    """Return the statements inside that insert, change or delete rows."""
    written: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        found_none = sql.startswith(("UPDATE", "DELETE")) and not context["cursor"].rowcount
        if CHANGING.search(sql) and not found_none:
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


@contextmanager
def noted(faults: dict[str, str], name: str) -> Iterator[None]:
    """Note an assertion that fails inside under the name of its case, and go on to the next."""
    try:
        yield
    except AssertionError as failure:
        faults[name] = str(failure)
