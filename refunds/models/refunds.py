"""Refunds: money on its way back to buyers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.money import Money
from orders.models import Order, OrderLine, Payment


class Refund(models.Model):
    """Money given back from one payment through the gateway."""

    class State(models.TextChoices):
        """Where the money is; ``refunds.states`` holds the graph."""

        CREATED = "created"
        SENT = "sent"
        DONE = "done"
        FAILED = "failed"

    class Reason(models.TextChoices):
        """Why the money goes back."""

        CANCELLED = "cancelled", "cancelled before shipping"
        LATE_CAPTURE = "late_capture", "paid after the order had closed"
        RETURNED = "returned", "returned, or claimed as damaged or missing"

    id = PrefixedIdField("rfd", primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    line = models.ForeignKey(
        OrderLine,
        on_delete=models.PROTECT,
        related_name="refunds",
        null=True,
        blank=True,
        help_text="The line that a return is of; empty when it is about several, or the whole order.",
    )
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, choices=State.choices, default=State.CREATED)
    reason = models.CharField(max_length=16, choices=Reason.choices)
    gateway_id = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    declined = models.PositiveSmallIntegerField(
        default=0,
        help_text="How often the gateway said no for good; the next try then has a new key.",
    )
    next_attempt_at = models.DateTimeField()
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_attempt_at"], condition=~Q(state="done"), name="refund_to_send"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="refund_amount_positive"),
            models.UniqueConstraint(
                fields=["payment"], condition=Q(reason="late_capture"), name="one_refund_of_a_late_capture"
            ),
        ]

    def __str__(self) -> str:
        """Return the refund's id and state."""
        return f"{self.id} {self.state}"

    @property
    def total(self) -> Money:
        """Return the amount that goes back."""
        return Money(self.amount, self.currency)

    @property
    def gateway_key(self) -> str:
        """Return the idempotency key of the next try: the same until the gateway has said no for good."""
        return f"{self.id}.{self.declined}" if self.declined else self.id
