"""The gate between settlement and what changes lines under it: refunds and holds.

Settlement reads a great many lines at once; while it does, nobody may begin to give money of one of them
back or hold it. The gate comes after the locks of orders and before those of the ledger: docs/locking.md.
SQLite lets one writer in at a time, which is gate enough.
"""

from django.db import connection

from marketplace.lib.atomic import require_transaction

_GATE = 7_083_001


def pass_through() -> None:
    """Keep settlement waiting until the end of this transaction; many may at once."""
    _lock("pg_advisory_xact_lock_shared")


def close() -> None:
    """Keep refunds, holds and other runs waiting until the end of this transaction."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    require_transaction()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_GATE])
