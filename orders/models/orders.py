"""Orders and lines: the hot tables.

Their foreign keys carry no database constraint: the check's trigger costs a third of the admission rate
(docs/adr/0002). Rows they point at are never deleted, and ``manage.py audit`` looks for orphans.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.money import Money
from marketplace.models import Brand, Product, Variant
from streams.models import (
    Agency,
    Collaboration,
    Deal,
    Discount,
    Session,
    Slot,
    Streamer,
    discounts_of,
)


class Order(models.Model):
    """One purchase of one buyer. Its state is computed from its lines (``orders.states.order_state``)."""

    id = PrefixedIdField("ord", primary_key=True)
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    key = models.CharField(max_length=255, help_text="The buyer's idempotency key.")
    input_hash = models.CharField(max_length=32, help_text="Of slot, deal, quantity and price as asked for.")
    amount = models.BigIntegerField(help_text="Sum of the lines, in minor units.")
    currency = models.CharField(max_length=3)
    pay_by = models.DateTimeField()
    address = models.JSONField(null=True, blank=True, help_text="Where to ship; given when paying.")
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["session", "id"], name="order_by_session"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["buyer", "key"], name="order_once_per_key"),
        ]

    def __str__(self) -> str:
        """Return the order's id."""
        return self.id

    @property
    def total(self) -> Money:
        """Return what the buyer owes for all lines."""
        return Money(self.amount, self.currency)


class OrderLine(models.Model):
    """Units of one variant under the terms they were sold under, pointing at the moment of the show."""

    class State(models.TextChoices):
        """Where the line stands; ``orders.states`` holds the graph."""

        PENDING_PAYMENT = "pending_payment"
        PAID = "paid"
        SHIPPED = "shipped"
        DELIVERED = "delivered"
        COMPLETED = "completed"
        EXPIRED = "expired"
        CANCELLED = "cancelled"
        REFUNDED = "refunded"

    id = PrefixedIdField("oln", primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines", db_constraint=False)
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING_PAYMENT)
    pay_by = models.DateTimeField()
    # who and where
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    slot = models.ForeignKey(
        Slot, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    deal = models.ForeignKey(
        Deal, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False, null=True
    )
    seq = models.BigIntegerField(help_text="The room's last event when the units were sold.")
    # what
    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    title = models.CharField(max_length=250)
    sku = models.CharField(max_length=64)
    quantity = models.PositiveIntegerField()
    unit_price = models.BigIntegerField(help_text="What the buyer pays for a unit, after discounts.")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # terms, copied at purchase
    brand = models.ForeignKey(
        Brand, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    streamer = models.ForeignKey(
        Streamer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False, null=True
    )
    collaboration = models.ForeignKey(
        Collaboration,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        null=True,
    )
    rate_bp = models.PositiveIntegerField(help_text="Streamer's commission.")
    agency_share_bp = models.PositiveIntegerField(help_text="Agency's share of the streamer's commission.")
    fee_bp = models.PositiveIntegerField(help_text="Platform fee.")
    return_policy = models.CharField(max_length=20)
    platform_discount = models.BigIntegerField(default=0, db_default=0, help_text="Off each unit.")
    brand_discount = models.BigIntegerField(default=0, db_default=0, help_text="Off each unit.")
    streamer_discount = models.BigIntegerField(default=0, db_default=0, help_text="Off each unit.")
    return_by = models.DateTimeField(
        null=True, blank=True, help_text="End of the return window; known once the parcel is delivered."
    )
    # what came back; written by ``orders.claims`` alone
    claimed = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Units in an open return, or of which money went back."
    )
    returned = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Units whose whole price went back after a return."
    )
    refunded = models.BigIntegerField(
        default=0, db_default=0, help_text="What was given back after returns, in minor units."
    )
    platform_unfunded = models.BigIntegerField(
        default=0,
        db_default=0,
        help_text="What the marketplace's discount does not cost, for money went back.",
    )
    streamer_unfunded = models.BigIntegerField(
        default=0, db_default=0, help_text="What the streamer's discount does not cost, for money went back."
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["slot", "buyer"], name="line_slot_buyer"),
            models.Index(fields=["pay_by"], condition=Q(state="pending_payment"), name="line_to_pay"),
            models.Index(fields=["brand", "order"], condition=Q(state="paid"), name="line_to_ship"),
            models.Index(fields=["return_by"], condition=Q(state="delivered"), name="line_to_complete"),
            models.Index(fields=["brand", "order"], name="line_by_brand"),
            models.Index(
                fields=["agency", "order"], condition=Q(agency__isnull=False), name="line_by_agency"
            ),
            models.Index(fields=["brand"], condition=Q(state="completed"), name="line_to_settle"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="line_has_units"),
            models.CheckConstraint(
                condition=Q(returned__lte=F("claimed")) & Q(claimed__lte=F("quantity")),
                name="line_claimed_within_units",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0) & Q(refunded__lte=F("amount")), name="line_refunded_within_price"
            ),
            models.CheckConstraint(
                condition=Q(platform_unfunded__gte=0, streamer_unfunded__gte=0)
                & Q(platform_unfunded__lte=F("platform_discount") * F("quantity"))
                & Q(streamer_unfunded__lte=F("streamer_discount") * F("quantity")),
                name="line_unfunded_within_discounts",
            ),
        ]

    def __str__(self) -> str:
        """Return what was bought."""
        return f"{self.quantity} x {self.title}"

    @property
    def total(self) -> Money:
        """Return what the buyer owes for this line."""
        return Money(self.amount, self.currency)

    @property
    def off(self) -> int:
        """Return the sum of the discounts on a unit, in minor units."""
        return self.platform_discount + self.brand_discount + self.streamer_discount

    @property
    def full_price(self) -> Money:
        """Return the price of a unit before discounts."""
        return Money(self.unit_price + self.off, self.currency)

    @property
    def discounts(self) -> list[Discount]:
        """Return the discounts on a unit."""
        return discounts_of(self)

    @property
    def platform_funding(self) -> Money:
        """Return what the marketplace's discount costs it, as far as the money stays."""
        whole = self.platform_discount * self.quantity
        return Money(whole - self.platform_unfunded, self.currency)

    @property
    def streamer_funding(self) -> Money:
        """Return what the streamer's discount costs them, as far as the money stays."""
        whole = self.streamer_discount * self.quantity
        return Money(whole - self.streamer_unfunded, self.currency)


class CommissionLine(OrderLine):
    """A line as the parties to its commission look at it, in the admin."""

    class Meta:
        proxy = True
        verbose_name = "commission"

    def __str__(self) -> str:
        """Return what was sold."""
        return f"commission on {super().__str__()}"


class LineHistory(models.Model):
    """One change of a line's state; append-only. The purchase itself is the line's ``created_at``."""

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="history", db_constraint=False)
    from_state = models.CharField(max_length=16)
    to_state = models.CharField(max_length=16)
    actor = models.CharField(max_length=40, help_text="Public id of who did it, or the name of a sweep.")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        verbose_name_plural = "line history"

    def __str__(self) -> str:
        """Return the change."""
        return f"{self.from_state} → {self.to_state}"
