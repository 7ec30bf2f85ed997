"""The payment company's books. Only this package reads or writes them."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from marketplace.lib.fields import PrefixedIdField


class SimulatedPayout(models.Model):
    """Money paid into the application's bank account: captures less refunds, of which a fee was kept."""

    id = PrefixedIdField("gwo", primary_key=True)
    currency = models.CharField(max_length=3)
    number = models.PositiveIntegerField(help_text="Counts the payouts of a currency.")
    amount = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "payments_sim_payout"
        ordering: ClassVar[list[str]] = ["created_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["currency", "number"], name="payments_sim_payout_once"),
        ]

    def __str__(self) -> str:
        """Return the payout's id."""
        return self.id


class SimulatedPayment(models.Model):
    """One charge of one card; the number itself is not kept."""

    class State(models.TextChoices):
        """Where the charge stands."""

        PROCESSING = "processing"
        CAPTURED = "captured"
        FAILED = "failed"

    id = PrefixedIdField("gwp", primary_key=True)
    reference = models.CharField(max_length=64, db_index=True)
    amount = models.BigIntegerField()
    refunded = models.BigIntegerField(default=0, help_text="Sum of its refunds, without those that failed.")
    currency = models.CharField(max_length=3)
    scenario = models.CharField(max_length=40, help_text="Name of the card's behaviour.")
    card_last4 = models.CharField(max_length=4)
    idempotency_key = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices)
    failure_code = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    resolves_at = models.DateTimeField(help_text="When a processing payment gets its outcome.")
    payout = models.ForeignKey(
        SimulatedPayout, on_delete=models.PROTECT, related_name="payments", null=True, db_index=False
    )

    class Meta:
        db_table = "payments_sim_payment"
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["resolves_at"], condition=Q(state="processing"), name="sim_payment_to_resolve"
            ),
            models.Index(
                fields=["resolves_at"],
                condition=Q(state="captured", payout=None),
                name="sim_payment_to_pay_out",
            ),
            models.Index(fields=["payout"], condition=~Q(payout=None), name="sim_payment_paid_out"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(amount__gt=0) & Q(refunded__gte=0) & Q(refunded__lte=F("amount")),
                name="payments_sim_refunded_within_payment",
            ),
            models.CheckConstraint(
                condition=Q(state="captured") | Q(refunded=0), name="payments_sim_only_captured_refunded"
            ),
        ]

    def __str__(self) -> str:
        """Return the payment's id and state."""
        return f"{self.id} {self.state}"

    def due(self, now: datetime) -> bool:
        """Tell whether it waits for an outcome whose time has come."""
        return self.state == self.State.PROCESSING and self.resolves_at <= now


class SimulatedRefund(models.Model):
    """Money on its way back to a card."""

    class State(models.TextChoices):
        """Where the refund stands."""

        PROCESSING = "processing"
        DONE = "done"
        FAILED = "failed"

    id = PrefixedIdField("gwr", primary_key=True)
    payment = models.ForeignKey(SimulatedPayment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    idempotency_key = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices)
    failure_code = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    resolves_at = models.DateTimeField(help_text="When a processing refund gets its outcome.")
    payout = models.ForeignKey(
        SimulatedPayout, on_delete=models.PROTECT, related_name="refunds", null=True, db_index=False
    )

    class Meta:
        db_table = "payments_sim_refund"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["resolves_at"], condition=Q(state="processing"), name="sim_refund_to_resolve"
            ),
            models.Index(
                fields=["payment"], condition=Q(state="done", payout=None), name="sim_refund_to_pay_out"
            ),
            models.Index(fields=["payout"], condition=~Q(payout=None), name="sim_refund_paid_out"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payments_sim_refund_positive"),
        ]

    def __str__(self) -> str:
        """Return the refund's id and state."""
        return f"{self.id} {self.state}"

    def due(self, now: datetime) -> bool:
        """Tell whether it waits for an outcome whose time has come."""
        return self.state == self.State.PROCESSING and self.resolves_at <= now


class SimulatedKey(models.Model):
    """An idempotency key, the request it came with, and what that request made."""

    key = models.CharField(max_length=120, primary_key=True)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of route and input, in hexadecimal.")
    subject = models.CharField(max_length=40, blank=True, help_text="Id of the payment or refund.")
    stumbled = models.BooleanField(default=False, help_text="Its first request got a 500.")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "payments_sim_key"

    def __str__(self) -> str:
        """Return the key."""
        return self.key


class SimulatedEvent(models.Model):
    """A message to the application, as the bytes that are signed and sent. Its id is the webhook id."""

    id = PrefixedIdField("gwm", primary_key=True)
    type = models.CharField(max_length=40)
    subject = models.CharField(max_length=40, db_index=True, help_text="Id of the payment or refund.")
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "payments_sim_event"

    def __str__(self) -> str:
        """Return the message's id and type."""
        return f"{self.id} {self.type}"


class SimulatedDelivery(models.Model):
    """One message to be delivered once; a failed attempt moves ``due_at`` on."""

    class State(models.TextChoices):
        """Whether the application has it."""

        PENDING = "pending"
        DELIVERED = "delivered"
        GIVEN_UP = "given_up"

    id = PrefixedIdField("gwd", primary_key=True)
    event = models.ForeignKey(SimulatedEvent, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_status = models.PositiveSmallIntegerField(null=True, help_text="Answer to the last attempt.")
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "payments_sim_delivery"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="sim_delivery_due"),
        ]

    def __str__(self) -> str:
        """Return the delivery's id and state."""
        return f"{self.id} {self.state}"
