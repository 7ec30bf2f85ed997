"""Slot fees: what a brand pays for minutes on air, held while the show goes on."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.money import Money
from marketplace.models import Brand
from orders.models.settlement import SettlementRun
from streams.models import Agency, Session, Slot, Streamer


class SlotFee(models.Model):
    """What a brand pays a streamer for explaining a slot for so many minutes, beside the commission."""

    class State(models.TextChoices):
        """Where the money is."""

        OFFERED = "offered", "offered: held when the show begins"
        WITHDRAWN = "withdrawn", "withdrawn before the show"
        VOID = "void", "void: the show was called off"
        UNCOVERED = "uncovered", "not held: the brand had not enough"
        HELD = "held", "held until the minutes are counted"
        SETTLED = "settled", "paid by the minute, the rest returned"

    id = PrefixedIdField("fee", primary_key=True)
    slot = models.OneToOneField(Slot, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    streamer = models.ForeignKey(Streamer, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="+", null=True, help_text="When the fee was held."
    )
    agency_share_bp = models.PositiveIntegerField(default=0, help_text="Agency's share of what is paid.")
    amount = models.BigIntegerField(help_text="For all of the minutes, in minor units.")
    currency = models.CharField(max_length=3)
    minutes = models.PositiveIntegerField(help_text="Promised on air.")
    counted_minutes = models.PositiveIntegerField(null=True, blank=True, help_text="Found by the audit.")
    paid = models.BigIntegerField(default=0, help_text="To streamer and agency.")
    state = models.CharField(max_length=9, choices=State.choices, default=State.OFFERED)
    offered_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["session"], condition=Q(state__in=["offered", "held"]), name="fee_to_hold_or_settle"
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount__gte=1, minutes__gte=1), name="fee_is_for_something"),
            models.CheckConstraint(
                condition=Q(paid__gte=0) & Q(paid__lte=F("amount")), name="fee_paid_within_amount"
            ),
        ]

    def __str__(self) -> str:
        """Return what is paid for how much."""
        return f"{self.total} for {self.minutes} minutes"

    @property
    def total(self) -> Money:
        """Return the fee for all of the minutes."""
        return Money(self.amount, self.currency)

    @property
    def total_paid(self) -> Money:
        """Return what streamer and agency have of it."""
        return Money(self.paid, self.currency)

    @property
    def total_returned(self) -> Money:
        """Return what the brand has back of it."""
        settled = self.state == self.State.SETTLED
        return Money(self.amount - self.paid if settled else 0, self.currency)


class FeeMove(models.Model):
    """A fee on its way into escrow, or out of it: what it is to each party, as their statements show it.

    Amounts are in minor units; parts sum to what leaves escrow, which is negative when the fee is held.
    """

    class Step(models.TextChoices):
        """What moved."""

        HELD = "held"
        SETTLED = "settled"

    fee = models.ForeignKey(SlotFee, on_delete=models.PROTECT, related_name="moves")
    step = models.CharField(max_length=7, choices=Step.choices)
    run = models.ForeignKey(
        SettlementRun,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="Whose statements it stands in; none yet since the last run.",
    )
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    streamer = models.ForeignKey(Streamer, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", null=True)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="Out of escrow.")
    brand_part = models.BigIntegerField()
    streamer_part = models.BigIntegerField(default=0)
    agency_part = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["fee", "step"], name="fee_moves_once_per_step"),
            models.CheckConstraint(
                condition=Q(amount=F("brand_part") + F("streamer_part") + F("agency_part")),
                name="fee_parts_sum_to_whole",
            ),
        ]

    def __str__(self) -> str:
        """Return what moved."""
        return f"{self.fee_id} {self.step}"
