"""What must always hold in the ledger, and what was found not to. Only reads, one statement a question."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Sum

from marketplace.lib.findings import Finding
from marketplace.lib.ids import as_id
from marketplace.lib.money import Money
from marketplace.lib.prepared import prepared, prepared_values
from orders.ledger.models import Account, Entry, Transfer

#: Triggers of the database that keep transfers and entries as they are.
TRIGGERS = frozenset(
    {
        "ledger_account_no_delete",
        "ledger_entry_no_delete",
        "ledger_entry_no_update",
        "ledger_transfer_no_delete",
        "ledger_transfer_no_update",
    }
)

_SUMS_OF_ACCOUNTS = """
SELECT account.id, account.balance, account.version, COALESCE(kept.summed, 0), COALESCE(kept.entries, 0),
    COALESCE(kept.last, 0)
FROM ledger_account account
LEFT JOIN (
    SELECT account_id, SUM(amount) AS summed, COUNT(*) AS entries, MAX(account_version) AS last
    FROM ledger_entry GROUP BY account_id
) kept ON kept.account_id = account.id
WHERE account.balance <> COALESCE(kept.summed, 0) OR account.version <> COALESCE(kept.entries, 0)
    OR account.version <> COALESCE(kept.last, 0)
ORDER BY account.id
"""

_BROKEN_CHAINS = """
SELECT account_id, account_version FROM (
    SELECT account_id, account_version, balance_after, amount,
        LAG(account_version, 1, 0) OVER chain AS version_before,
        LAG(balance_after, 1, 0) OVER chain AS balance_before
    FROM ledger_entry WINDOW chain AS (PARTITION BY account_id ORDER BY account_version)
) entry
WHERE account_version <> version_before + 1 OR balance_after <> balance_before + amount
ORDER BY account_id, account_version
"""


def findings(_now: datetime) -> list[Finding]:
    """Return every broken invariant of the ledger."""
    checks = (_unbalanced(), _empty(), _orphans(), _trial_balance(), _accounts(), _chains(), _triggers())
    return [finding for check in checks for finding in check]


def _unbalanced() -> Iterator[Finding]:
    """The entries of every transfer sum to zero in each currency."""
    for transfer, currency, amount in _unbalanced_transfers():
        yield Finding("ledger.unbalanced_transfer", transfer, f"sums to {amount} {currency}")


@prepared_values
def _unbalanced_transfers() -> QuerySet[Entry, tuple[str, str, int]]:
    sums = Entry.objects.order_by().values("transfer_id", "account__currency").annotate(sum=Sum("amount"))
    unbalanced = sums.exclude(sum=0).order_by("transfer_id")
    return unbalanced.values_list("transfer_id", "account__currency", "sum")


def _empty() -> Iterator[Finding]:
    """Every transfer has entries."""
    for transfer in _transfers_without_entries():
        yield Finding("ledger.transfer_without_entries", transfer.id, f"{transfer} has no entries")


@prepared
def _transfers_without_entries() -> QuerySet[Transfer]:
    return Transfer.objects.filter(~Exists(Entry.objects.filter(transfer_id=OuterRef("id"))))


def _orphans() -> Iterator[Finding]:
    """Entries point at accounts and transfers that exist."""
    for name, lost in (("account_id", _entries_of_no_account()), ("transfer_id", _entries_of_no_transfer())):
        for entry in lost:
            subject = getattr(entry, name)
            yield Finding("ledger.orphan_entry", subject, f"{name} of an entry of {entry.amount}, not there")


@prepared
def _entries_of_no_account() -> QuerySet[Entry]:
    return Entry.objects.filter(~Exists(Account.objects.filter(id=OuterRef("account_id"))))


@prepared
def _entries_of_no_transfer() -> QuerySet[Entry]:
    return Entry.objects.filter(~Exists(Transfer.objects.filter(id=OuterRef("transfer_id"))))


def _trial_balance() -> Iterator[Finding]:
    """All balances of a currency sum to zero."""
    for currency, off in _currencies_off():
        yield Finding("ledger.trial_balance", currency, f"the accounts sum to {Money(int(off), currency)}")


@prepared_values
def _currencies_off() -> QuerySet[Account, tuple[str, int]]:
    sums = Account.objects.order_by().values("currency").annotate(sum=Sum("balance"))
    return sums.exclude(sum=0).order_by("currency").values_list("currency", "sum")


def _accounts() -> Iterator[Finding]:
    """A balance is the sum of the account's entries, its version their number."""
    for id_, balance, version, summed, entries, last in _rows(_SUMS_OF_ACCOUNTS):
        account = as_id("acc", id_)
        if balance != summed:
            yield Finding("ledger.wrong_balance", account, f"{balance}, its entries sum to {summed}")
        if not version == entries == last:
            detail = f"version {version}, {entries} entries, the last is {last}"
            yield Finding("ledger.wrong_version", account, detail)


def _chains() -> Iterator[Finding]:
    """The entries of an account are numbered without a gap, and each goes on from the balance before."""
    for account, version in _rows(_BROKEN_CHAINS):
        yield Finding("ledger.broken_chain", as_id("acc", account), f"at version {version}")


def _triggers() -> Iterator[Finding]:
    """The database refuses to change what is written."""
    if connection.vendor == "postgresql":
        asked = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND tgname LIKE 'ledger_%%'"
    else:
        asked = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    for missing in sorted(TRIGGERS - {name for (name,) in _rows(asked)}):
        yield Finding(
            "ledger.not_append_only", missing, "the trigger is missing: see migration 0003 of orders"
        )


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [])
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
