"""Idempotency: a repeated request gets the first one's answer, and its effect happens once.

The answer is recorded in the transaction of the effect, so that a crash leaves both or neither. An interface
wraps the call of an action in ``once``; the action ends its transaction with ``remember(result)``, which
renders the answer and inserts the record. Only answers of success are recorded: a refusal rolls back and the
key stays free.

Two requests with one key at the same time: the second is told ``in_flight``. On PostgreSQL an advisory lock
says so in every process, on SQLite there is one process and a set of keys. Behind both stands the unique
constraint.
"""

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection

from marketplace.errors import DomainError, IdempotencyMismatch, InFlight
from marketplace.lib import rows
from marketplace.lib.atomic import action, require_transaction
from marketplace.lib.ids import new_uuid7_hex
from marketplace.models import IdempotencyRecord

KEPT = timedelta(days=31)
RETRY_AFTER = 1
_COLUMNS = ("id", "caller", "route", "key", "input_hash", "status", "body", "created_at")


class NotRemembered(RuntimeError):
    """An action committed for a request with a key and never called ``remember``: the code is wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: status, body as sent, and whether it comes from the record of an earlier request."""

    status: int
    body: str
    replayed: bool = False


@dataclass(slots=True)
class Keyed:
    """One request with a key.

    Attributes:
        caller: public id of the person who asks.
        route: method and route template.
        key: the Idempotency-Key.
        input_hash: SHA-256, in hexadecimal, of everything that decides what the request does.
        render: makes the answer of the action's result; runs inside the transaction.
        now: when the request was received.
    """

    caller: str
    route: str
    key: str
    input_hash: str
    render: Callable[[Any], Answer]
    now: datetime
    answer: Answer | None = field(default=None, init=False)


_current: ContextVar[Keyed | None] = ContextVar("idempotency", default=None)


def remember(result: object) -> None:
    """Record the answer to the current request as part of the caller's transaction; last step of an action.

    Does nothing when the request has no key. ``result`` is what the action returns, and the interface
    renders.
    """
    require_transaction()
    keyed = _current.get()
    if keyed is None:
        return
    if keyed.answer is not None:
        raise RuntimeError("remember() was called twice for one request: an action calls it once, last.")
    answer = keyed.render(result)
    _insert(keyed, answer)
    keyed.answer = answer


def once(keyed: Keyed, run: Callable[[], object]) -> Answer:
    """Run an action for a request with a key, or return what was answered to it before.

    Raises:
        IdempotencyMismatch: the key belongs to a request with other input.
        InFlight: a request with this key is being worked on.
        NotRemembered: the action committed without ``remember``.
    """
    with _alone(keyed):
        earlier = _recorded(keyed)
        if earlier is not None:
            return earlier
        token = _current.set(keyed)
        try:
            run()
        except (DomainError, IntegrityError):  # another request with this key may have won meanwhile
            earlier = _recorded(keyed)
            if earlier is None:
                raise
            return earlier
        finally:
            _current.reset(token)
    if keyed.answer is None:
        raise NotRemembered(f"{keyed.route}: the action must end with remember(result).")
    return keyed.answer


def purge(*, now: datetime, batch: int = 5_000) -> int:
    """Delete records older than 31 days, one batch.

    Returns how many. Call again while it returns ``batch``.
    """
    with action():
        old = IdempotencyRecord.objects.filter(created_at__lt=now - KEPT).order_by("created_at")
        ids = list(old.values_list("id", flat=True)[:batch])
        return IdempotencyRecord.objects.filter(id__in=ids).delete()[0]


def _insert(keyed: Keyed, answer: Answer) -> None:
    at = connection.ops.adapt_datetimefield_value(keyed.now)
    of_request = (keyed.caller, keyed.route, keyed.key, keyed.input_hash)
    values = (new_uuid7_hex(), *of_request, answer.status, answer.body, at)
    rows.insert(IdempotencyRecord, _COLUMNS, values)


def _recorded(keyed: Keyed) -> Answer | None:
    found = rows.where(
        IdempotencyRecord, "caller = %s AND route = %s AND key = %s", [keyed.caller, keyed.route, keyed.key]
    )
    if not found:
        return None
    [record] = found
    if record.input_hash != keyed.input_hash:
        raise IdempotencyMismatch(param="Idempotency-Key")
    return Answer(status=record.status, body=record.body, replayed=True)


@contextlib.contextmanager
def _alone(keyed: Keyed) -> Iterator[None]:
    """Hold the key for the time of the request, or raise InFlight."""
    digest = hashlib.sha256(f"{keyed.caller}\0{keyed.route}\0{keyed.key}".encode()).digest()
    number = int.from_bytes(digest[:8], signed=True)
    held = _advisory if connection.vendor == "postgresql" else _in_process
    with held(number):
        yield


@contextlib.contextmanager
def _advisory(number: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise InFlight(retry_after=RETRY_AFTER)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


@contextlib.contextmanager
def _in_process(number: int) -> Iterator[None]:
    with _lock:
        if number in _busy:
            raise InFlight(retry_after=RETRY_AFTER)
        _busy.add(number)
    try:
        yield
    finally:
        with _lock:
            _busy.discard(number)


_lock = threading.Lock()
_busy: set[int] = set()
