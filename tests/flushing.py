"""Emptying the tables after a test, while servers of ours still write down what the test's viewers did."""

from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError
from django.db.backends.base.operations import BaseDatabaseOperations

TRIES = 5

Flush = Callable[[BaseDatabaseOperations, list[str]], None]


def _patient(flush: Flush) -> Flush:
    def execute_sql_flush(operations: BaseDatabaseOperations, statements: list[str]) -> None:
        for _ in range(TRIES - 1):
            try:
                return flush(operations, statements)
            except OperationalError as error:
                if "deadlock detected" not in str(error):
                    raise
        return flush(operations, statements)

    return execute_sql_flush


@pytest.fixture(scope="session", autouse=True)
def patient_flush() -> Iterator[None]:
    """Try again when the database chose the flush as the victim of a deadlock with a server's write."""
    with pytest.MonkeyPatch.context() as patch:
        flush = _patient(BaseDatabaseOperations.execute_sql_flush)
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", flush)
        yield
