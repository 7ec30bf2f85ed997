"""The bank's books. Only this package reads or writes them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from marketplace.lib.fields import PrefixedIdField


class SimulatedBankTransfer(models.Model):
    """One order to send money, once for each idempotency key."""

    class State(models.TextChoices):
        """What became of it."""

        SENT = "sent"
        DONE = "done"
        FAILED = "failed"

    id = PrefixedIdField("bkt", primary_key=True)
    key = models.CharField(max_length=80, unique=True)
    reference = models.CharField(max_length=40)
    receiver = models.CharField(max_length=40)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=6, choices=State.choices)
    failure_code = models.CharField(max_length=40, blank=True)
    resolves_at = models.DateTimeField()
    messages = models.PositiveSmallIntegerField(
        default=0, help_text="How often its outcome is yet to be told."
    )

    class Meta:
        db_table = "payments_sim_bank_transfer"
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["resolves_at"], condition=Q(messages__gt=0), name="bank_transfer_to_tell"),
        ]

    def __str__(self) -> str:
        """Return the key."""
        return self.key
