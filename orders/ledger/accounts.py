"""Accounts: their kinds, their ids, and the steps that open and lock them.

An id is made from kind, owner and currency, so that nobody looks one up and two who open the same account
meet on one primary key. Locks are taken in the order of ids: ids of the marketplace's own accounts are above
all others, so that the few accounts which every transfer touches are locked last.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from marketplace.lib import rows
from marketplace.lib.ids import as_id
from marketplace.lib.money import Money
from marketplace.lib.pipeline import Rows, together


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of account: what a balance in it means, and whether debits may exceed credits."""

    means: str
    may_go_negative: bool
    owned: bool = False


#: docs/money.md shows the same table.
KINDS: dict[str, Kind] = {
    "gateway_clearing": Kind(means="money at the payment company, not yet in the bank", may_go_negative=True),
    "bank": Kind(means="money in the bank", may_go_negative=True),
    "escrow": Kind(means="paid by buyers, belongs to nobody yet", may_go_negative=False),
    "brand_payable": Kind(means="owed to a brand", may_go_negative=True, owned=True),
    "streamer_payable": Kind(means="owed to a streamer", may_go_negative=True, owned=True),
    "agency_payable": Kind(means="owed to an agency", may_go_negative=True, owned=True),
    "coupon_funding": Kind(means="discounts that a funder pays for", may_go_negative=True, owned=True),
    "platform_revenue": Kind(means="what the marketplace earns", may_go_negative=True),
    "gateway_fees": Kind(means="what the payment company costs", may_go_negative=True),
}


class AccountKey(NamedTuple):
    """What makes an account the one it is."""

    kind: str
    owner: str
    currency: str


class Leg(NamedTuple):
    """One side of a transfer to be posted: positive credits the account, negative debits it."""

    account: AccountKey
    amount: int


def credit(kind: str, money: Money, *, owner: str = "") -> Leg:
    """Return the leg that puts money into an account."""
    return Leg(_key(kind, owner, money), money.amount)


def debit(kind: str, money: Money, *, owner: str = "") -> Leg:
    """Return the leg that takes money out of an account."""
    return Leg(_key(kind, owner, money), -money.amount)


def account_id(key: AccountKey) -> str:
    """Return the id of an account: a UUIDv8 (RFC 9562, section 5.8) of what it is.

    Stored ids depend on this function: it never changes.
    """
    digest = hashlib.sha256("\0".join(key).encode()).hexdigest()
    rank = "0" if key.owner else "f"
    return f"acc_{rank}{digest[1:12]}8{digest[12:15]}8{digest[15:30]}"


@dataclass(slots=True)
class Balance:
    """What a transfer needs of a locked account, and changes."""

    id: str
    amount: int
    version: int
    may_go_negative: bool


def lock_statement(ids: Collection[str]) -> tuple[str, list[Any]]:
    """Return the SELECT that locks accounts in the order of their ids, and its parameters."""
    condition, parameters = rows.any_of(ids)
    for_update = " FOR NO KEY UPDATE" if connection.features.has_select_for_update else ""
    statement = (
        f"SELECT id, balance, version, may_go_negative FROM ledger_account WHERE id {condition}"  # noqa: S608 - marks only
        f" ORDER BY id{for_update}"
    )
    return statement, parameters


def balances(found: Rows) -> dict[str, Balance]:
    """Return what ``lock_statement`` has found, by the accounts' ids."""
    ids = [as_id("acc", row[0]) for row in found]
    return {id_: Balance(id_, *row[1:]) for id_, row in zip(ids, found, strict=True)}


def lock(keys: Iterable[AccountKey]) -> dict[str, Balance]:
    """Lock accounts in the order of their ids; those that do not exist are left out."""
    [found] = together([lock_statement({account_id(key) for key in keys})])
    return balances(found)


def open_statement(ids: Mapping[AccountKey, str]) -> tuple[str, list[Any]]:
    """Return the INSERT that opens those of these accounts that do not exist, in the order of their ids.

    It runs before any account is locked: nobody who holds one waits for somebody who is opening another.
    """
    values = [
        (id_[-32:], *key, 0, 0, KINDS[key.kind].may_go_negative)
        for key, id_ in sorted(ids.items(), key=lambda pair: pair[1])
    ]
    row = f"({rows.marks(values[0])})"
    statement = (
        "INSERT INTO ledger_account (id, kind, owner, currency, balance, version, may_go_negative)"  # noqa: S608 - marks only
        f" VALUES {', '.join([row] * len(values))} ON CONFLICT DO NOTHING"
    )
    return statement, [value for account in values for value in account]


def open_missing(ids: Mapping[AccountKey, str]) -> None:
    """Open those of many accounts that do not exist: looking is cheaper than trying them all."""
    condition, parameters = rows.any_of(ids.values())
    [found] = together([(f"SELECT id FROM ledger_account WHERE id {condition}", parameters)])  # noqa: S608 - marks only
    there = {as_id("acc", id_) for (id_,) in found}
    if missing := {key: id_ for key, id_ in ids.items() if id_ not in there}:
        together([open_statement(missing)])


def _key(kind: str, owner: str, money: Money) -> AccountKey:
    if KINDS[kind].owned != bool(owner):
        raise ValueError(f"An account of kind {kind} has {'an' if KINDS[kind].owned else 'no'} owner.")
    return AccountKey(kind, owner, money.currency)
