"""The only writer of the ledger: steps that run in the transaction of what the money is about.

Each locks its accounts in the order of their ids, and those locks are the last that the transaction takes:
see docs/locking.md. Everything that does not need them is done before.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, connection

from marketplace.lib import bulk
from marketplace.lib.atomic import require_transaction
from marketplace.lib.ids import as_id, new_id
from marketplace.lib.pipeline import pipeline, together
from marketplace.lib.rows import marks
from orders.ledger import accounts, single, tripwire
from orders.ledger.accounts import AccountKey, Balance, Leg, account_id
from orders.ledger.errors import AlreadyReversed, InsufficientBalance, KeyReused, Unbalanced
from orders.ledger.models import Account, Entry, Transfer

_TRANSFER_COLUMNS = ("id", "key", "input_hash", "kind", "subject", "reverses_id", "at")
_ENTRY_COLUMNS = ("transfer_id", "account_id", "amount", "balance_after", "account_version")
_ACCOUNT_COLUMNS = ("balance", "version")
_MOVE = "UPDATE ledger_account SET balance = %s, version = %s WHERE id = %s"
#: Accounts or entries that are written as text, without arrays.
FEW = 12

#: Accounts by id.
Locked = dict[str, Balance]
#: Key of a transfer to its id and input hash.
Known = dict[str, tuple[str, str]]


class NewTransfer(NamedTuple):
    """A transfer to be posted.

    ``key`` names what happened, ``kind`` its sort, ``subject`` (a public id) what the money is for.
    """

    key: str
    kind: str
    subject: str
    entries: Sequence[Leg]
    reverses: str | None = None


class Posted(NamedTuple):
    """A transfer that is in the ledger, from now on or, when ``repeated``, since it was posted first."""

    id: str
    repeated: bool


@dataclass(slots=True)
class _Draft:
    """A checked transfer with the id that it gets unless its key is taken."""

    transfer: NewTransfer
    input_hash: str
    id: str


def post(*, key: str, kind: str, subject: str, entries: Sequence[Leg], at: datetime) -> Transfer:
    """Post one transfer and return it; the same key and inputs once more return the first.

    Raises:
        Unbalanced: the entries do not sum to zero in each currency.
        InsufficientBalance: an account has less than is to be taken from it.
        KeyReused: the key stands for other inputs.
    """
    return _post_one(NewTransfer(key, kind, subject, entries), at=at)


def reverse(transfer: Transfer, *, key: str, at: datetime) -> Transfer:
    """Post the mirror of a transfer and return it; the same key once more returns the first.

    Raises:
        AlreadyReversed: it has been taken back under another key, or it takes one back itself.
        InsufficientBalance: what it brought has been spent.
    """
    require_transaction()
    if transfer.reverses_id:
        raise AlreadyReversed(f"{transfer.id} is a reversal: post a new transfer instead.")
    mirrored = [
        Leg(AccountKey(entry.account.kind, entry.account.owner, entry.account.currency), -entry.amount)
        for entry in Entry.objects.filter(transfer=transfer).select_related("account")
    ]
    accounts.lock({leg.account for leg in mirrored})
    earlier = Transfer.objects.filter(reverses=transfer).first()
    if earlier is not None and earlier.key != key:
        raise AlreadyReversed(f"{earlier.id} has taken {transfer.id} back.")
    mirror = NewTransfer(key, "reversal", transfer.subject, mirrored, transfer.id)
    return _post_one(mirror, at=at)


def post_many(transfers: Sequence[NewTransfer], *, at: datetime) -> list[Posted]:
    """Post up to ten thousand transfers in a few statements and return what became of each, in their order.

    All or none: the first that cannot be posted raises, as ``post`` does. Keys that are in the ledger with
    the same inputs are left as they are.
    """
    if not transfers:
        return []
    tripwire.posted(transfer.subject for transfer in transfers)
    drafts = [_draft(transfer) for transfer in transfers]
    wanted = {leg.account: "" for transfer in transfers for leg in transfer.entries}
    for key in wanted:
        wanted[key] = account_id(key)
    locked, known = _lock_and_look_up(drafts, wanted)
    posted: list[Posted] = []
    fresh: list[_Draft] = []
    for draft in drafts:
        first = known.setdefault(draft.transfer.key, (draft.id, draft.input_hash))
        if first[1] != draft.input_hash:
            raise KeyReused(f"{draft.transfer.key} stands for another transfer.")
        repeated = first[0] != draft.id
        if not repeated:
            fresh.append(draft)
        posted.append(Posted(first[0], repeated))
    if fresh:
        _write(fresh, locked, wanted, at=at)
    return posted


def _post_one(transfer: NewTransfer, *, at: datetime) -> Transfer:
    require_transaction()
    draft = _draft(transfer)
    row = single.Row(
        draft.id[-32:],
        transfer.key,
        draft.input_hash,
        transfer.kind,
        transfer.subject,
        transfer.reverses and transfer.reverses[-32:],
        at,
    )
    if single.can_write(transfer.entries) and single.write(row, transfer.entries):
        tripwire.posted([transfer.subject])
        posted = Posted(draft.id, repeated=False)
    else:
        [posted] = post_many([transfer], at=at)
    if posted.repeated:
        return Transfer.objects.get(id=posted.id)
    stored = Transfer(**{**row._asdict(), "id": posted.id, "reverses_id": transfer.reverses})
    stored._state.adding = False  # noqa: SLF001 - the row is in the table
    return stored


def _draft(transfer: NewTransfer) -> _Draft:
    sums: dict[str, int] = {}
    for (_, _, currency), amount in transfer.entries:
        if amount == 0:
            raise Unbalanced(f"{transfer.key} has an entry that moves nothing.")
        sums[currency] = sums.get(currency, 0) + amount
    if not sums or any(sums.values()):
        raise Unbalanced(f"{transfer.key} sums to {sums}.")
    return _Draft(transfer, _hash(transfer), new_id("trf"))


def _hash(transfer: NewTransfer) -> str:
    text = repr(
        (
            transfer.kind,
            transfer.subject,
            transfer.reverses,
            [(*key, amount) for key, amount in transfer.entries],
        )
    )
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _lock_and_look_up(drafts: Sequence[_Draft], wanted: Mapping[AccountKey, str]) -> tuple[Locked, Known]:
    """Return the locked accounts by id, opened where they were missing, and what taken keys stand for.

    Keys are looked up behind the locks: whoever posts the same transfer has its accounts locked until its
    own is committed.
    """
    keys = [draft.transfer.key for draft in drafts]
    as_array = connection.vendor == "postgresql"
    condition, parameters = ("= ANY(%s)", [keys]) if as_array else (f"IN ({marks(keys)})", keys)
    taken = f"SELECT key, id, input_hash FROM ledger_transfer WHERE key {condition}"  # noqa: S608 - marks only
    asked = [accounts.lock_statement(wanted.values()), (taken, parameters)]
    if len(wanted) <= FEW:
        asked.insert(0, accounts.open_statement(wanted))
    else:
        accounts.open_missing(wanted)
    *_, locked, known = together(asked)
    return accounts.balances(locked), {
        key: (as_id("trf", stored), input_hash) for key, stored, input_hash in known
    }


def _write(
    drafts: Sequence[_Draft], locked: Locked, wanted: Mapping[AccountKey, str], *, at: datetime
) -> None:
    moment = connection.ops.adapt_datetimefield_value(at)
    transfers: list[tuple[Any, ...]] = []
    entries: list[tuple[Any, ...]] = []
    for draft in drafts:
        new, digits = draft.transfer, draft.id[-32:]
        taken_back = new.reverses and new.reverses[-32:]
        transfers.append((digits, new.key, draft.input_hash, new.kind, new.subject, taken_back))
        for key, amount in new.entries:
            account = locked[wanted[key]]
            account.amount += amount
            account.version += 1
            if amount < 0 and account.amount < 0 and not account.may_go_negative:
                raise InsufficientBalance(
                    f"{' '.join(filter(None, key))} lacks {-account.amount} for {new.key}."
                )
            entries.append((digits, account.id[-32:], amount, account.amount, account.version))
    moved = [(account.id[-32:], account.amount, account.version) for account in locked.values()]
    try:
        if len(entries) <= FEW:
            _write_few([(*row, moment) for row in transfers], entries, moved)
        else:
            with pipeline():
                bulk.insert(Transfer, _TRANSFER_COLUMNS, transfers, shared=(moment,))
                bulk.insert(Entry, _ENTRY_COLUMNS, entries)
                bulk.update(Account, _ACCOUNT_COLUMNS, moved)
    except IntegrityError as error:
        if "transfer_once_per_key" in str(error) or "ledger_transfer.key" in str(error):
            raise KeyReused("One of the keys was taken at the same moment.") from error
        raise


def _write_few(
    transfers: Sequence[tuple[Any, ...]], entries: Sequence[tuple[Any, ...]], moved: Sequence[tuple[Any, ...]]
) -> None:
    """Write what fits into a short text: arrays cost more than their values there."""
    together(
        [
            _insert("ledger_transfer", _TRANSFER_COLUMNS, transfers),
            _insert("ledger_entry", _ENTRY_COLUMNS, entries),
            *((_MOVE, (amount, version, id_)) for id_, amount, version in moved),
        ]
    )


def _insert(table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    row = f"({marks(columns)})"
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * len(rows))}"  # noqa: S608 - names of columns
    return statement, [value for values in rows for value in values]
