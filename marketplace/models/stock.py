"""Stock: a counter per variant and the log of what moved it. Only ``marketplace.stock`` writes here."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.models.products import Variant


class StockLevel(models.Model):
    """How many units of a variant there are, and how many of them are held for orders not yet shipped."""

    id = PrefixedIdField("stk", primary_key=True)
    variant = models.OneToOneField(Variant, on_delete=models.PROTECT, related_name="stock")
    on_hand = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(held__gte=0), name="held_not_negative"),
            models.CheckConstraint(condition=Q(held__lte=F("on_hand")), name="held_at_most_on_hand"),
        ]

    def __str__(self) -> str:
        """Return the counters."""
        return f"{self.on_hand} on hand, {self.held} held"

    @property
    def available(self) -> int:
        """Return how many units can still be sold."""
        return self.on_hand - self.held


class StockMovement(models.Model):
    """One change of a stock level; the sum of a level's movements is the level."""

    class Kind(models.TextChoices):
        """Why units moved."""

        RESTOCK = "restock"
        CORRECTION = "correction"
        HOLD = "hold"
        RELEASE = "release"
        SHIP = "ship"
        RETURN = "return"

    id = PrefixedIdField("mov", primary_key=True)
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    on_hand_delta = models.BigIntegerField()
    held_delta = models.BigIntegerField()
    reference = models.CharField(max_length=80, help_text="The order, session or note that moved the units.")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["level", "-id"], name="movement_by_level")
        ]

    def __str__(self) -> str:
        """Return what moved."""
        return f"{self.kind} {self.on_hand_delta:+d}/{self.held_delta:+d}"
