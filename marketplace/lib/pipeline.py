"""Statements sent together and waited for once.

PostgreSQL answers a short statement within some tens of microseconds; a thread beside a busy event loop
needs over a millisecond to notice. Inside ``pipeline()`` statements are only sent, in order, and the thread
waits when it first asks for an answer, or at the end. SQLite has nothing to wait for: there each statement
runs at once.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from django.db import connection

from marketplace.lib.atomic import require_transaction

T = TypeVar("T")
Rows = list[tuple[Any, ...]]


class Answer(Generic[T]):
    """What a statement returns, once it is asked for."""

    def __init__(self, fetch: Callable[[], Rows], read: Callable[[Rows], T]) -> None:
        self._fetch = fetch
        self._read = read

    def get(self) -> T:
        """Wait for the rows, once, and return what they mean."""
        return self._read(self._fetch())


class _Checks(threading.local):
    """What this thread's open pipeline checks at its end; None outside of one."""

    pending: list[Callable[[], None]] | None = None


_checks = _Checks()


@contextmanager
def pipeline() -> Iterator[None]:
    """Send the statements of the block without waiting for each; raise at its end what went wrong in it.

    Needs a transaction. COPY cannot stand inside.
    """
    require_transaction()
    pending: list[Callable[[], None]] = []
    _checks.pending = pending
    try:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, connection.connection.pipeline():
                yield
        else:
            yield
    finally:
        _checks.pending = None
    for check in pending:
        check()


def ask(statement: str, parameters: Sequence[Any], read: Callable[[Rows], T]) -> Answer[T]:
    """Send a query; the answer is what ``read`` makes of its rows."""
    cursor = connection.cursor()
    cursor.execute(statement, parameters)
    if connection.vendor == "postgresql" and _checks.pending is not None:
        return Answer(cursor.fetchall, read)
    found: Rows = cursor.fetchall()
    cursor.close()
    return Answer(lambda: found, read)


def together(statements: Sequence[tuple[str, Sequence[Any]]]) -> list[Rows]:
    """Run a few short statements, sent as one text, and return the rows of each.

    With few values this costs PostgreSQL and us half of a pipeline. No other may be open.
    """
    require_transaction()
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            return [_run(cursor, *statement) for statement in statements]
        text = ";".join(statement for statement, _ in statements)
        found = [_run(cursor, text, [value for _, values in statements for value in values])]
        while cursor.nextset():
            found.append(cursor.fetchall() if cursor.description else [])
        return found


def _run(cursor: Any, statement: str, parameters: Sequence[Any]) -> Rows:
    cursor.execute(statement, parameters)
    found: Rows = cursor.fetchall() if cursor.description else []
    return found


def change(statement: str, parameters: Sequence[Any], *, otherwise: Exception) -> None:
    """Change one row; raise ``otherwise`` when none was changed, at the end of an open pipeline."""
    cursor = connection.cursor()
    cursor.execute(statement, parameters)

    def check() -> None:
        if cursor.rowcount != 1:
            raise otherwise
        cursor.close()

    if _checks.pending is None:
        check()
    else:
        _checks.pending.append(check)
