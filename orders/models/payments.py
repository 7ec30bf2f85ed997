"""Payments of orders, and the gateway's messages about them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.money import Money
from orders.models.orders import Order


class Payment(models.Model):
    """One attempt to pay one order through the gateway."""

    class State(models.TextChoices):
        """Where the money is; ``orders.states`` holds the graph."""

        CREATED = "created"
        PROCESSING = "processing"
        CAPTURED = "captured"
        CAPTURED_LATE = "captured_late"
        FAILED = "failed"
        PARTLY_REFUNDED = "partly_refunded"
        REFUNDED = "refunded"

    id = PrefixedIdField("pay", primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    amount = models.BigIntegerField()
    refunded = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=16, choices=State.choices, default=State.CREATED)
    gateway_id = models.CharField(max_length=64, blank=True)
    failure_code = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["updated_at"],
                condition=Q(state__in=["created", "processing", "captured_late"]),
                name="payment_unfinished",
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=["created", "processing", "captured", "partly_refunded"]),
                name="one_standing_payment_per_order",
            ),
            models.UniqueConstraint(
                fields=["gateway_id"], condition=~Q(gateway_id=""), name="gateway_payment_once"
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0) & Q(refunded__lte=models.F("amount")),
                name="refunded_within_payment",
            ),
        ]

    def __str__(self) -> str:
        """Return the payment's id and state."""
        return f"{self.id} {self.state}"

    @property
    def total(self) -> Money:
        """Return the amount of the payment."""
        return Money(self.amount, self.currency)

    @property
    def total_refunded(self) -> Money:
        """Return how much of it went back."""
        return Money(self.refunded, self.currency)


class ReceivedPayout(models.Model):
    """Money that the gateway has paid into our bank account, from what it held for us."""

    id = PrefixedIdField("rpo", primary_key=True)
    gateway_id = models.CharField(max_length=64)
    amount = models.BigIntegerField(help_text="What it held and pays out: captures less refunds.")
    fee = models.BigIntegerField(help_text="What it keeps of that.")
    currency = models.CharField(max_length=3)
    paid_at = models.DateTimeField(help_text="When, by the gateway's clock.")
    listed = models.BooleanField(
        default=False, help_text="It stood in the gateway's list, which is read on from the last such."
    )
    recorded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["paid_at", "gateway_id"], condition=Q(listed=True), name="payout_listed"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["gateway_id"], name="gateway_payout_once"),
            models.CheckConstraint(
                condition=Q(fee__gte=0) & Q(amount__gt=models.F("fee")), name="payout_pays_something"
            ),
        ]

    def __str__(self) -> str:
        """Return the gateway's id of the payout."""
        return self.gateway_id

    @property
    def total(self) -> Money:
        """Return what was paid out, with the fee."""
        return Money(self.amount, self.currency)

    @property
    def total_fee(self) -> Money:
        """Return the gateway's fee."""
        return Money(self.fee, self.currency)

    @property
    def net(self) -> Money:
        """Return what came to the bank."""
        return self.total - self.total_fee


class InboundWebhook(models.Model):
    """A message of the gateway, stored as it came and answered at once; a task applies it."""

    id = PrefixedIdField("iwh", primary_key=True)
    webhook_id = models.CharField(max_length=120, unique=True)
    type = models.CharField(
        max_length=40, blank=True, help_text="Such as payment.captured; empty when it could not be read."
    )
    body = models.TextField()
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["received_at"], condition=Q(applied_at=None), name="webhook_to_apply"),
        ]

    def __str__(self) -> str:
        """Return the gateway's id of the message."""
        return self.webhook_id
