"""Terms between a brand and a streamer. Stored here, copied onto the order line at purchase."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.models import Brand, Product
from streams.models.people import Streamer


class Collaboration(models.Model):
    """A commission plan: open to any streamer, targeted at one, or exclusive to one."""

    class Kind(models.TextChoices):
        """Who may take the plan; exclusive goes before targeted, targeted before open."""

        OPEN = "open"
        TARGETED = "targeted"
        EXCLUSIVE = "exclusive"

    id = PrefixedIdField("col", primary_key=True)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="collaborations")
    streamer = models.ForeignKey(
        Streamer, on_delete=models.PROTECT, null=True, blank=True, related_name="collaborations"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    rate_bp = models.PositiveIntegerField(help_text="Basis points of what the buyer paid, for every product.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(rate_bp__lte=10_000), name="collaboration_rate_at_most_all"),
            models.CheckConstraint(
                condition=Q(kind="open", streamer=None) | (~Q(kind="open") & Q(streamer__isnull=False)),
                name="collaboration_names_streamer_unless_open",
            ),
        ]

    def __str__(self) -> str:
        """Return whose plan it is."""
        return f"{self.kind} plan of {self.brand}"


class CollaborationRate(models.Model):
    """The rate of one product, where it differs from the plan's."""

    collaboration = models.ForeignKey(Collaboration, on_delete=models.CASCADE, related_name="rates")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    rate_bp = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["collaboration", "product"], name="rate_once_per_product"),
            models.CheckConstraint(condition=Q(rate_bp__lte=10_000), name="product_rate_at_most_all"),
        ]

    def __str__(self) -> str:
        """Return the rate."""
        return f"{self.rate_bp} bp"
