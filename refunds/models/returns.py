"""Returns: what a buyer wants back, how far it has come, and what either side shows for it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.money import Money
from marketplace.models import Brand
from orders.models import Order, OrderLine
from refunds.models.refunds import Refund


class Return(models.Model):
    """One request to get money back for units of one line; ``refunds.return_states`` holds the graph."""

    class State(models.TextChoices):
        """How far it has come."""

        REQUESTED = "requested"
        OFFERED = "offered"
        APPROVED = "approved"
        IN_TRANSIT = "in_transit", "In transit"
        RECEIVED = "received"
        REJECTED = "rejected"
        REFUSED = "refused_at_inspection", "Refused at inspection"
        DISPUTED = "disputed"
        REFUNDED = "refunded"
        ACCEPTED = "accepted"
        DECIDED_FOR_BUYER = "decided_for_buyer", "Decided for buyer"
        DECIDED_FOR_SELLER = "decided_for_seller", "Decided for seller"
        WITHDRAWN = "withdrawn"
        CLOSED = "closed"

    class Type(models.TextChoices):
        """Whether the goods come back."""

        REFUND_ONLY = "refund_only", "Refund only"
        RETURN_AND_REFUND = "return_and_refund", "Return and refund"

    class Reason(models.TextChoices):
        """What the buyer says is the matter."""

        NO_REASON = "no_reason", "No reason"
        NOT_AS_DESCRIBED = "not_as_described", "Not as described"
        DAMAGED = "damaged"
        NOT_RECEIVED = "not_received", "Not received"
        WRONG_ITEM = "wrong_item", "Wrong item"
        QUALITY = "quality"
        OTHER = "other"

    id = PrefixedIdField("rtn", primary_key=True)
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="returns")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="returns")
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    type = models.CharField(max_length=20, choices=Type.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    text = models.TextField(max_length=1000, blank=True)
    units = models.PositiveIntegerField()
    share = models.PositiveSmallIntegerField(
        default=100, help_text="Per cent of the units' price that is claimed; less for goods damaged in part."
    )
    amount = models.BigIntegerField(help_text="What the buyer gets if it is granted, in minor units.")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=24, choices=State.choices, default=State.REQUESTED)
    deadline = models.DateTimeField(
        null=True, blank=True, help_text="When the default happens by itself; empty when it is over."
    )
    offered = models.BigIntegerField(null=True, blank=True, help_text="The seller's last offer.")
    offers = models.PositiveSmallIntegerField(default=0, help_text="How many offers the seller has made.")
    carrier = models.CharField(max_length=40, blank=True)
    tracking_number = models.CharField(max_length=60, blank=True)
    refund = models.OneToOneField(
        Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="case"
    )
    instant = models.BooleanField(default=False, help_text="Granted at once to a trusted buyer.")
    restocked = models.BooleanField(default=False, help_text="Its units are back on the shelf.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["deadline"], condition=Q(deadline__isnull=False), name="return_due"),
            models.Index(fields=["buyer", "id"], name="return_by_buyer"),
            models.Index(fields=["brand", "id"], name="return_by_brand"),
            models.Index(fields=["brand", "state", "id"], name="return_by_brand_state"),
            models.Index(fields=["state", "id"], name="return_by_state"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(units__gte=1) & Q(amount__gte=1), name="return_of_something"),
            models.CheckConstraint(
                condition=Q(share__gte=1) & Q(share__lte=100), name="return_share_percent"
            ),
            models.CheckConstraint(
                condition=Q(offered__isnull=True) | Q(offered__gte=1) & Q(offered__lte=models.F("amount")),
                name="offer_within_return",
            ),
        ]

    def __str__(self) -> str:
        """Return the return's id and state."""
        return f"{self.id} {self.state}"

    @property
    def total(self) -> Money:
        """Return what the buyer gets if it is granted."""
        return Money(self.amount, self.currency)

    @property
    def total_offered(self) -> Money | None:
        """Return the seller's last offer."""
        return None if self.offered is None else Money(self.offered, self.currency)


class ReturnHistory(models.Model):
    """One change of a return's state; append-only. The request comes from no state."""

    case = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="history")
    from_state = models.CharField(max_length=24, blank=True)
    to_state = models.CharField(max_length=24)
    actor = models.CharField(max_length=40, help_text="Public id of who did it, or the name of a sweep.")
    note = models.TextField(max_length=1000, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        verbose_name_plural = "return history"

    def __str__(self) -> str:
        """Return the change."""
        return f"{self.from_state or 'nothing'} → {self.to_state}"


class Evidence(models.Model):
    """A file that a party shows. Before the request is made it belongs to no return yet."""

    class Kind(models.TextChoices):
        """What the file is, by its first bytes."""

        PNG = "png", "PNG"
        JPEG = "jpg", "JPEG"
        WEBP = "webp", "WebP"
        PDF = "pdf", "PDF"

    id = PrefixedIdField("evd", primary_key=True)
    case = models.ForeignKey(Return, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    file = models.CharField(max_length=60, unique=True, help_text="Name in the store of evidence.")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    size = models.PositiveIntegerField(help_text="In bytes.")
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        verbose_name_plural = "evidence"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["created_at"], condition=Q(case=None), name="evidence_unused"),
        ]

    def __str__(self) -> str:
        """Return what kind of file it is."""
        return f"{self.get_kind_display()}, {self.size} bytes"
