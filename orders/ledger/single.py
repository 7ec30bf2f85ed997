"""One transfer in one prepared statement of PostgreSQL: it locks the accounts, looks the key up and writes.

Whoever posts holds the marketplace's own accounts from the lock to the commit, and everybody else waits. So
what ``orders.ledger.post`` works out between two exchanges is worked out by the database here.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from django.db import connection
from psycopg import Connection, Cursor

from orders.ledger.accounts import Leg, account_id

# Accounts are locked in the order of their ids, and only if all of them exist: who opens one must hold none.
# A locking SELECT returns what stands after its wait, so ``locked`` has the last balances and versions. Where
# nothing is inserted nothing is moved.
_WRITE = """
WITH leg AS (
    SELECT * FROM unnest(%(accounts)s::uuid[], %(amounts)s::bigint[]) WITH ORDINALITY leg (id, amount, number)
), locked AS MATERIALIZED (
    SELECT id, balance, version, may_go_negative FROM ledger_account
    WHERE id = ANY(%(accounts)s::uuid[])
        AND (SELECT COUNT(*) FROM ledger_account WHERE id = ANY(%(accounts)s::uuid[])) = %(legs)s
    ORDER BY id FOR NO KEY UPDATE
), written AS (
    INSERT INTO ledger_transfer (id, key, input_hash, kind, subject, reverses_id, at)
    SELECT %(id)s::uuid, %(key)s::text, %(input_hash)s::text, %(kind)s::text, %(subject)s::text,
        %(reverses_id)s::uuid, %(at)s::timestamptz
    WHERE %(legs)s = (
        SELECT COUNT(*) FROM locked JOIN leg USING (id)
        WHERE may_go_negative OR amount > 0 OR balance + amount >= 0
    )
    ON CONFLICT (key) DO NOTHING RETURNING id
), moved AS (
    UPDATE ledger_account account SET balance = locked.balance + amount, version = locked.version + 1
    FROM written, locked JOIN leg USING (id) WHERE account.id = locked.id
    RETURNING written.id AS transfer_id, number, account.id, amount, account.balance, account.version
)
INSERT INTO ledger_entry (transfer_id, account_id, amount, balance_after, account_version)
SELECT transfer_id, id, amount, balance, version FROM moved ORDER BY number
"""


class Row(NamedTuple):
    """A transfer as it is stored, ids by their digits."""

    id: str
    key: str
    input_hash: str
    kind: str
    subject: str
    reverses_id: str | None
    at: Any


def can_write(entries: Sequence[Leg]) -> bool:
    """Tell whether a transfer can be written so: on PostgreSQL, with each account in one leg."""
    distinct = {leg.account for leg in entries}
    return connection.vendor == "postgresql" and len(distinct) == len(entries)


def write(row: Row, entries: Sequence[Leg]) -> bool:
    """Write a checked transfer; False, and nothing written, when something is in its way.

    An account does not exist or lacks money, or the key is taken: ``post_many`` opens, or says which.
    """
    given = {
        **row._asdict(),
        "accounts": "{" + ",".join([account_id(leg.account)[-32:] for leg in entries]) + "}",
        "amounts": "{" + ",".join([str(leg.amount) for leg in entries]) + "}",
        "legs": len(entries),
    }
    # Parsing and planning would take longer than all the rest; Django's own cursors prepare nothing.
    driver = cast("Connection[Any]", connection.connection)
    with connection.wrap_database_errors, Cursor(driver) as cursor:
        cursor.execute(_WRITE, given, prepare=True)
        return cursor.rowcount > 0
