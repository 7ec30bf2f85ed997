"""What is on sale in a session: the line-up and its flash deals. Only ``streams.quota`` writes ``taken``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from django.db import models
from django.db.models import F, Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.money import Money
from marketplace.models import Variant
from streams.models.sessions import Session


class Funder(models.TextChoices):
    """Whom a discount costs."""

    PLATFORM = "platform"
    BRAND = "brand"
    STREAMER = "streamer"


@dataclass(frozen=True, slots=True)
class Discount:
    """What comes off the price of one unit, and whom it costs."""

    funder: str
    amount: Money

    def to_wire(self) -> dict[str, Any]:
        """Return the form of API and room."""
        return {"funder": self.funder, "amount": self.amount.to_wire()}


class Discounted(Protocol):
    """What has a discount on each unit by funder: a slot, and a line that was bought from it."""

    platform_discount: int
    brand_discount: int
    streamer_discount: int
    currency: str


def discounts_of(sold: Discounted) -> list[Discount]:
    """Return what comes off each unit, in the order of the funders."""
    return [
        Discount(funder.value, Money(off, sold.currency))
        for funder in Funder
        if (off := getattr(sold, f"{funder.value}_discount"))
    ]


class Slot(models.Model):
    """One variant in a session's line-up, at the session's price less its discounts."""

    id = PrefixedIdField("slt", primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="slots")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    live_price = models.BigIntegerField(help_text="In minor units, before discounts.")
    currency = models.CharField(max_length=3)
    platform_discount = models.BigIntegerField(default=0, help_text="Off each unit, paid by the marketplace.")
    brand_discount = models.BigIntegerField(default=0, help_text="Off each unit, at the brand's cost.")
    streamer_discount = models.BigIntegerField(default=0, help_text="Off each unit, paid by the streamer.")
    allocation = models.BigIntegerField(
        null=True, blank=True, help_text="At most this many units in this session; empty for all there is."
    )
    taken = models.BigIntegerField(default=0)
    per_buyer_limit = models.PositiveIntegerField(null=True, blank=True)
    on_sale = models.BooleanField(default=True)
    pinned = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "variant"], name="variant_once_per_session"),
            models.UniqueConstraint(
                fields=["session"], condition=Q(pinned=True), name="one_pinned_slot_per_session"
            ),
            models.CheckConstraint(condition=Q(live_price__gte=1), name="live_price_positive"),
            models.CheckConstraint(
                condition=Q(platform_discount__gte=0, brand_discount__gte=0, streamer_discount__gte=0)
                & Q(live_price__gt=F("platform_discount") + F("brand_discount") + F("streamer_discount")),
                name="slot_discounts_below_price",
            ),
            models.CheckConstraint(condition=Q(taken__gte=0), name="slot_taken_not_negative"),
            models.CheckConstraint(
                condition=Q(allocation=None) | Q(taken__lte=F("allocation")),
                name="slot_taken_within_allocation",
            ),
        ]

    def __str__(self) -> str:
        """Return the place in the line-up."""
        return f"{self.position}. {self.variant}"

    @property
    def price(self) -> Money:
        """Return what a buyer pays for a unit: the live price less the discounts."""
        return Money(self.live_price - self.off, self.currency)

    @property
    def full_price(self) -> Money:
        """Return the live price before discounts."""
        return Money(self.live_price, self.currency)

    @property
    def off(self) -> int:
        """Return the sum of the discounts on a unit, in minor units."""
        return self.platform_discount + self.brand_discount + self.streamer_discount

    @property
    def discounts(self) -> list[Discount]:
        """Return the discounts on a unit."""
        return discounts_of(self)

    def left(self, available: int) -> int:
        """Return how many units this slot can still sell, of ``available`` ones on the shelf."""
        return self.left_of(available, allocation=self.allocation, taken=self.taken)

    @staticmethod
    def left_of(available: int, *, allocation: int | None, taken: int) -> int:
        """Return what ``left`` does of a slot with such an allocation, of which so many are taken."""
        return available if allocation is None else min(available, allocation - taken)


class SlotPrice(Slot):
    """A slot as those look at it whom its discounts cost, in the admin."""

    class Meta:
        proxy = True
        verbose_name = "price"


class Deal(models.Model):
    """A flash deal on a slot: a quota at a price, until a moment or until the host closes it."""

    class CloseReason(models.TextChoices):
        """What closed a deal."""

        TIME = "time"
        HOST = "host"
        SESSION = "session"

    id = PrefixedIdField("dl", primary_key=True)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="deals")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="deals")
    price = models.BigIntegerField(help_text="In minor units of the slot's currency.")
    quota = models.BigIntegerField()
    taken = models.BigIntegerField(default=0)
    per_buyer_limit = models.PositiveIntegerField(null=True, blank=True)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField(max_length=10, choices=CloseReason.choices, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["slot"], condition=Q(closed_at=None), name="one_open_deal_per_slot"
            ),
            models.CheckConstraint(condition=Q(price__gte=1), name="deal_price_positive"),
            models.CheckConstraint(condition=Q(taken__gte=0), name="deal_taken_not_negative"),
            models.CheckConstraint(condition=Q(taken__lte=F("quota")), name="deal_taken_within_quota"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="deal_closes_after_it_opens"
            ),
        ]

    def __str__(self) -> str:
        """Return the deal's terms."""
        return f"{self.quota} at {self.price}"

    @property
    def unit_price(self) -> Money:
        """Return the price, in the slot's currency; needs the slot."""
        return Money(self.price, self.slot.currency)

    def left(self, slot_left: int) -> int:
        """Return how many units the deal can still sell, when its slot has ``slot_left``."""
        return min(slot_left, self.quota - self.taken)

    def is_open(self, *, at: datetime) -> bool:
        """Tell whether a unit can be bought at this price at this moment."""
        return self.closed_at is None and self.opens_at <= at < self.closes_at
