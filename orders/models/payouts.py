"""Payouts: money sent to those whom the marketplace owes it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.money import Money
from orders.models.settlement import Party


class Payout(models.Model):
    """What one party is paid of what it is owed in one currency; a party has one at most that is not done."""

    class State(models.TextChoices):
        """Where the money is; ``orders.settlement.payouts`` moves it."""

        PENDING = "pending"
        SENT = "sent"
        DONE = "done"
        FAILED = "failed"

    id = PrefixedIdField("pyo", primary_key=True)
    party = models.CharField(max_length=8, choices=Party.choices)
    owner = models.CharField(max_length=40, help_text="Public id of the brand, streamer or agency.")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="Fixed when it is sent; until then what there was when made.")
    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    declined = models.PositiveSmallIntegerField(
        default=0, help_text="How often the bank said no; the next try then has a new key."
    )
    next_attempt_at = models.DateTimeField()
    last_error = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_attempt_at"], condition=~Q(state="done"), name="payout_to_send"),
            models.Index(fields=["owner", "id"], name="payout_by_owner"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["owner", "currency"], condition=~Q(state="done"), name="one_open_payout_per_party"
            ),
            models.CheckConstraint(condition=Q(amount__gte=1), name="payout_amount_positive"),
        ]

    def __str__(self) -> str:
        """Return the payout's id and state."""
        return f"{self.id} {self.state}"

    @property
    def total(self) -> Money:
        """Return how much is paid."""
        return Money(self.amount, self.currency)

    @property
    def bank_key(self) -> str:
        """Return the idempotency key of the present try: the same until the bank has said no."""
        return f"{self.id}.{self.declined}"
