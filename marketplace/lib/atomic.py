"""Transactions: what an action opens and what a step demands."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

from django.db import connection, transaction

Check = TypeVar("Check", bound=Callable[[], None])


class OutsideTransaction(RuntimeError):
    """A step that writes was called without the transaction of an action around it."""


class _Action(threading.local):
    """What this thread's open action checks at its end, by kind; None outside of one."""

    checks: dict[Callable[[], object], Callable[[], None]] | None = None


_action = _Action()


@contextmanager
def action() -> Iterator[None]:
    """Open the one transaction of an action; refuses to be nested, so that commit means durable.

    What the checks of ``end_check`` raise undoes it.
    """
    with transaction.atomic(durable=True):
        checks: dict[Callable[[], object], Callable[[], None]] = {}
        _action.checks = checks
        try:
            yield
        finally:
            _action.checks = None
        for check in checks.values():
            check()


def end_check(kind: Callable[[], Check]) -> Check:
    """Return the open action's one check of this kind; it is called when all of the action's work is done.

    Raises OutsideTransaction where no action is open.
    """
    if _action.checks is None:
        raise OutsideTransaction("Call this step inside an action (marketplace.lib.atomic.action).")
    return cast(Check, _action.checks.setdefault(kind, kind()))


def require_transaction() -> None:
    """Raise OutsideTransaction unless the caller runs inside a transaction."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(
            "Call this step inside an action's transaction (marketplace.lib.atomic.action)."
        )
