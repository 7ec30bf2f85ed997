"""Accounts: their kinds, their ids, and the steps that open and lock them.

An id is made from kind, owner and currency, so that nobody looks one up and two who open the same account
meet on one primary key. Locks are taken in the order of ids: ids of the marketplace's own accounts are above
all others, so that the few accounts which every transfer touches are locked last.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from marketplace.lib import rows
from marketplace.lib.atomic import require_transaction
from marketplace.lib.money import Money
from marketplace.lib.pipeline import Answer
from orders.ledger.models import Account


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


#: Ids of accounts that existed when this process met them; only saves asking.
_seen: set[str] = set()


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


def ask_lock(ids: Collection[str]) -> Answer[list[Account]]:
    """Lock accounts in the order of their ids, without waiting for the answer."""
    return rows.ask_lock(Account, ids)


def lock(keys: Iterable[AccountKey]) -> list[Account]:
    """Lock accounts in the order of their ids; those that do not exist are left out."""
    return ask_lock({account_id(key) for key in keys}).get()


def open_unseen(ids: Mapping[AccountKey, str]) -> None:
    """Open accounts that this process has not met yet and that do not exist, before any is locked.

    Nobody who holds an account then waits for somebody who is opening another.
    """
    unseen = {key for key, id_ in ids.items() if id_ not in _seen}
    if unseen:
        open_missing(unseen)
        _seen.update(ids[key] for key in unseen)


def open_missing(keys: Collection[AccountKey]) -> None:
    """Open those of these accounts that do not exist, in the order of their ids."""
    require_transaction()
    wanted = sorted((account_id(key), key) for key in keys)
    Account.objects.bulk_create(
        (
            Account(
                id=id_,
                kind=key.kind,
                owner=key.owner,
                currency=key.currency,
                may_go_negative=KINDS[key.kind].may_go_negative,
            )
            for id_, key in wanted
        ),
        ignore_conflicts=True,
    )


def _key(kind: str, owner: str, money: Money) -> AccountKey:
    if KINDS[kind].owned != bool(owner):
        raise ValueError(f"An account of kind {kind} has {'an' if KINDS[kind].owned else 'no'} owner.")
    return AccountKey(kind, owner, money.currency)
