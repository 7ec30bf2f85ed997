"""Accounts, transfers between them, and the entries of each transfer.

Foreign keys carry no database constraint, as those of orders: the check of each entry would lock the row of
the busiest account once more. Transfers and accounts are never deleted; the audit looks for orphans.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.money import Money
from orders.ledger.append_only import AppendOnlyRow, AppendOnlyRows


class Account(models.Model):
    """What one party has in one currency. Its id follows from kind, owner and currency."""

    id = PrefixedIdField("acc", primary_key=True)
    kind = models.CharField(max_length=20)
    owner = models.CharField(max_length=40, blank=True, help_text="Public id; empty for the marketplace.")
    currency = models.CharField(max_length=3)
    balance = models.BigIntegerField(default=0, help_text="Credits less debits, in minor units.")
    version = models.BigIntegerField(default=0, help_text="How many entries it has.")
    may_go_negative = models.BooleanField()

    class Meta:
        db_table = "ledger_account"
        ordering: ClassVar[list[str]] = ["kind", "owner", "currency"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["kind", "owner", "currency"], name="one_account_per_owner_and_currency"
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0) | Q(may_go_negative=True), name="account_not_overdrawn"
            ),
            models.CheckConstraint(condition=Q(version__gte=0), name="account_version_not_negative"),
        ]

    def __str__(self) -> str:
        """Return what the account is called."""
        return " ".join(part for part in (self.kind, self.owner, self.currency) if part)

    @property
    def money(self) -> Money:
        """Return the balance as money."""
        return Money(self.balance, self.currency)


class Transfer(AppendOnlyRow):
    """Money that moved between accounts, all at once."""

    id = PrefixedIdField("trf", primary_key=True)
    key = models.CharField(max_length=80, help_text="Names what happened; it can be posted once.")
    input_hash = models.CharField(max_length=32, help_text="Of kind, subject and entries.")
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=40, help_text="Public id of what the money is for.")
    at = models.DateTimeField()
    reverses = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="reversals",
        db_constraint=False,
        db_index=False,
        null=True,
        help_text="The transfer that this one takes back.",
    )

    objects = AppendOnlyRows["Transfer"].as_manager()

    class Meta:
        db_table = "ledger_transfer"
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["subject"], name="transfer_by_subject"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["key"], name="transfer_once_per_key"),
            models.UniqueConstraint(
                fields=["reverses"], condition=~Q(reverses=None), name="transfer_reversed_once"
            ),
        ]

    def __str__(self) -> str:
        """Return what the transfer is and what it is about."""
        return f"{self.kind} {self.subject}"


class Entry(AppendOnlyRow):
    """One account's part of a transfer; positive is a credit."""

    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="entries", db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    account_version = models.BigIntegerField()

    objects = AppendOnlyRows["Entry"].as_manager()

    class Meta:
        db_table = "ledger_entry"
        ordering: ClassVar[list[str]] = ["id"]
        verbose_name_plural = "entries"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "account_version"], name="entry_once_per_version"),
            models.CheckConstraint(condition=~Q(amount=0), name="entry_moves_something"),
            models.CheckConstraint(condition=Q(account_version__gte=1), name="entry_version_positive"),
        ]

    def __str__(self) -> str:
        """Return the amount in minor units."""
        return f"{self.amount:+}"
