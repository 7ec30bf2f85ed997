"""Reads of the ledger."""

from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count, Q, Sum

from marketplace.lib.money import Money
from orders.ledger.accounts import KINDS
from orders.ledger.models import Account


@dataclass(frozen=True, slots=True)
class Row:
    """All accounts of one kind in one currency: what their balances owe, and what they own."""

    kind: str
    accounts: int
    debit: Money
    credit: Money


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every kind of account in one currency; debits and credits are equal, or the books are wrong."""

    currency: str
    rows: list[Row]

    @property
    def debit(self) -> Money:
        """Return the sum of all balances in debit."""
        return sum((row.debit for row in self.rows), Money(0, self.currency))

    @property
    def credit(self) -> Money:
        """Return the sum of all balances in credit."""
        return sum((row.credit for row in self.rows), Money(0, self.currency))


def trial_balances() -> list[TrialBalance]:
    """Return the trial balance of every currency, kinds in the order of ``KINDS``."""
    order = list(KINDS)
    found = sorted(
        Account.objects.order_by()
        .values_list("currency", "kind")
        .annotate(
            accounts=Count("id"),
            debit=Sum("balance", filter=Q(balance__lt=0), default=0),
            credit=Sum("balance", filter=Q(balance__gt=0), default=0),
        ),
        key=lambda row: (row[0], order.index(row[1])),
    )
    return [
        TrialBalance(
            currency,
            [
                Row(kind, accounts, Money(-int(debit), currency), Money(int(credit), currency))
                for _, kind, accounts, debit, credit in rows
            ],
        )
        for currency, rows in groupby(found, key=lambda row: row[0])
    ]
