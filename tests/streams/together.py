"""Several people doing things at the same moment, each on a connection of their own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

from marketplace.errors import DomainError

Outcome = Any


def all_at_once(deeds: Sequence[Callable[[], Any]]) -> list[Outcome]:
    """Do all of these at the same moment; return what each returned, or the refusal it met."""
    start = threading.Barrier(len(deeds))

    def do(deed: Callable[[], Any]) -> Outcome:
        try:
            start.wait(timeout=10)
            return deed()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


@contextmanager
def without_index(name: str) -> Iterator[None]:
    """Take a unique index away; the caller leaves rows behind that it would let in."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [name])
        (definition,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(definition)
