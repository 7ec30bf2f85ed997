"""Transactions: what an action opens and what a step demands."""

from contextlib import AbstractContextManager

from django.db import connection, transaction


class OutsideTransaction(RuntimeError):
    """A step that writes was called without the transaction of an action around it."""


def action() -> AbstractContextManager[None]:
    """Open the one transaction of an action; refuses to be nested, so that commit means durable."""
    return transaction.atomic(durable=True)


def require_transaction() -> None:
    """Raise OutsideTransaction unless the caller runs inside a transaction."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(
            "Call this step inside an action's transaction (marketplace.lib.atomic.action)."
        )
