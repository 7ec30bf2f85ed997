"""Settlement: what was split between the parties, their statements, and what is held back and why."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.lib.money import Money
from marketplace.models import Brand
from orders.models.orders import Order, OrderLine
from streams.models import Agency, Streamer


class Party(models.TextChoices):
    """Whom the marketplace owes a part of a sale."""

    BRAND = "brand"
    STREAMER = "streamer"
    AGENCY = "agency"


class SettlementRun(models.Model):
    """One period's settlement, resumable from the stage that it stands at."""

    class Stage(models.TextChoices):
        """What is to be done next."""

        LINES = "lines"
        STATEMENTS = "statements"
        CLOSING = "closing"
        DONE = "done"

    id = PrefixedIdField("srn", primary_key=True)
    period_start = models.DateTimeField(unique=True)
    period_end = models.DateTimeField(help_text="Lines whose return window ended before are settled.")
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.LINES)
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-period_start"]

    def __str__(self) -> str:
        """Return the period."""
        return f"{self.period_start:%Y-%m-%d} to {self.period_end:%Y-%m-%d}"


class SettledLine(models.Model):
    """How a line's money was split, once; or, with ``refund``, what of that was taken back.

    Amounts are in minor units. The parts always sum to what the buyer paid and did not get back, and what the
    marketplace paid of the discounts; what the streamer paid of them is in the brand's part and not in the
    streamer's. Foreign keys carry no database constraint, as those of the lines: a run writes a million rows.
    """

    run = models.ForeignKey(
        SettlementRun,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        null=True,
        help_text="Whose statements it stands in; none yet for what was taken back since the last run.",
    )
    line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, related_name="settled", db_constraint=False, db_index=False
    )
    refund = models.CharField(max_length=40, blank=True, help_text="Public id of what took it back.")
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    brand = models.ForeignKey(
        Brand, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    streamer = models.ForeignKey(
        Streamer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False, null=True
    )
    currency = models.CharField(max_length=3)
    gross = models.BigIntegerField(help_text="The price before discounts.")
    discount = models.BigIntegerField(
        default=0, db_default=0, help_text="What came off it, whoever pays: the buyer paid the rest."
    )
    refunded = models.BigIntegerField(help_text="What went back to the buyer.")
    platform_funded = models.BigIntegerField(
        default=0, db_default=0, help_text="What the marketplace paid of the discount."
    )
    streamer_funded = models.BigIntegerField(
        default=0, db_default=0, help_text="What the streamer paid of the discount."
    )
    brand_part = models.BigIntegerField()
    streamer_part = models.BigIntegerField()
    agency_part = models.BigIntegerField()
    platform_part = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["brand", "run", "id"], name="settled_by_brand"),
            models.Index(fields=["streamer", "run", "id"], name="settled_by_streamer"),
            models.Index(
                fields=["agency", "run", "id"], condition=Q(agency__isnull=False), name="settled_by_agency"
            ),
            models.Index(fields=["id"], condition=Q(run=None), name="settled_in_no_statement"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["line"], condition=Q(refund=""), name="line_settled_once"),
            models.UniqueConstraint(
                fields=["line", "refund"], condition=~Q(refund=""), name="line_clawed_back_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    gross=F("discount")
                    + F("refunded")
                    - F("platform_funded")
                    + F("brand_part")
                    + F("streamer_part")
                    + F("agency_part")
                    + F("platform_part")
                ),
                name="settled_parts_sum_to_whole",
            ),
        ]

    def __str__(self) -> str:
        """Return the line's id, and what was taken back."""
        return f"{self.line_id} {self.refund}".strip()

    @property
    def commission(self) -> Money:
        """Return what streamer and agency have together, before what the streamer paid of the discount."""
        return Money(self.streamer_part + self.streamer_funded + self.agency_part, self.currency)


class Statement(models.Model):
    """What one party is owed of one period in one currency; immutable once closed."""

    class State(models.TextChoices):
        """Where the money is."""

        OPEN = "open"
        CLOSED = "closed"
        PAID = "paid"
        FAILED = "failed"

    id = PrefixedIdField("stm", primary_key=True)
    run = models.ForeignKey(SettlementRun, on_delete=models.PROTECT, related_name="statements")
    party = models.CharField(max_length=8, choices=Party.choices)
    owner = models.CharField(max_length=40, help_text="Public id of the brand, streamer or agency.")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    lines = models.PositiveIntegerField()
    gross = models.BigIntegerField()
    discount = models.BigIntegerField(default=0, db_default=0)
    refunded = models.BigIntegerField()
    platform_funded = models.BigIntegerField(default=0, db_default=0)
    streamer_funded = models.BigIntegerField(default=0, db_default=0)
    commission = models.BigIntegerField()
    fee = models.BigIntegerField()
    slot_fees = models.BigIntegerField(
        default=0, db_default=0, help_text="For minutes on air: held and returned, or earned."
    )
    net = models.BigIntegerField(help_text="The party's part, in minor units; negative when it owes.")
    payout = models.ForeignKey(
        "Payout",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        null=True,
        blank=True,
        help_text="The one that has, or had at its last try, the statement's money in it.",
    )
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "currency", "id"], name="statement_by_owner"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["run", "owner", "currency"], name="statement_once_per_party_and_period"
            ),
        ]

    def __str__(self) -> str:
        """Return the statement's id."""
        return self.id

    @property
    def total(self) -> Money:
        """Return what the party is owed of the period."""
        return Money(self.net, self.currency)

    @property
    def total_gross(self) -> Money:
        """Return the prices of its lines before discounts."""
        return Money(self.gross, self.currency)

    @property
    def total_discount(self) -> Money:
        """Return what came off them."""
        return Money(self.discount, self.currency)

    @property
    def total_platform_funded(self) -> Money:
        """Return what the marketplace paid of the discounts."""
        return Money(self.platform_funded, self.currency)

    @property
    def total_streamer_funded(self) -> Money:
        """Return what streamers paid of the discounts."""
        return Money(self.streamer_funded, self.currency)

    @property
    def total_refunded(self) -> Money:
        """Return what went back of what was paid, and of lines of earlier statements."""
        return Money(self.refunded, self.currency)

    @property
    def total_commission(self) -> Money:
        """Return what streamers and agencies have of it."""
        return Money(self.commission, self.currency)

    @property
    def total_slot_fees(self) -> Money:
        """Return what slot fees are to the party: held is negative, returned and earned positive."""
        return Money(self.slot_fees, self.currency)

    @property
    def total_fee(self) -> Money:
        """Return what the marketplace has of it."""
        return Money(self.fee, self.currency)

    @property
    def last_day(self) -> datetime:
        """Return the last moment of its period."""
        return self.run.period_end - timedelta(microseconds=1)

    @property
    def open_holds(self) -> list["Hold"]:
        """Return what is kept back of it."""
        return [hold for hold in self.holds.all() if hold.released_at is None]


class Hold(models.Model):
    """Money that waits, with the reason and the day it is expected to be let go.

    With ``line`` it keeps the whole line from being settled; with ``statement`` it keeps a part of what the
    statement's party is owed from being paid out.
    """

    class Reason(models.TextChoices):
        """Why it waits."""

        RETURN = "return", "an open return"
        DISPUTE = "dispute", "an open dispute"
        RESERVE = "reserve", "much has come back lately"
        REVIEW = "review", "the marketplace looks at it"

    id = PrefixedIdField("hld", primary_key=True)
    line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, related_name="holds", null=True, blank=True, db_constraint=False
    )
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, related_name="holds", null=True, blank=True
    )
    reason = models.CharField(max_length=8, choices=Reason.choices)
    subject = models.CharField(max_length=40, help_text="Public id of what it is about.")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    release_at = models.DateTimeField(null=True, blank=True, help_text="When it ends by itself.")
    released_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["release_at"], condition=Q(released_at=None), name="hold_to_release"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["line", "subject"],
                condition=Q(released_at=None, line__isnull=False),
                name="one_open_hold_per_line_and_subject",
            ),
            models.UniqueConstraint(
                fields=["statement"], condition=Q(reason="reserve"), name="one_reserve_per_statement"
            ),
            models.CheckConstraint(
                condition=Q(line=None, statement__isnull=False) | Q(line__isnull=False, statement=None),
                name="hold_is_of_line_or_statement",
            ),
            models.CheckConstraint(condition=Q(amount__gte=1), name="hold_amount_positive"),
        ]

    def __str__(self) -> str:
        """Return why how much waits."""
        return f"{self.reason} {self.total}"

    @property
    def total(self) -> Money:
        """Return how much waits."""
        return Money(self.amount, self.currency)


class ReserveTier(models.Model):
    """From which return rate on which share of a statement is kept back, and for how long."""

    from_rate_bp = models.PositiveIntegerField(unique=True, help_text="Money back in 10,000 of money paid.")
    share_bp = models.PositiveIntegerField(help_text="Kept back, in 10,000 of what the party is owed.")
    days = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["from_rate_bp"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(share_bp__lte=10_000), name="reserve_at_most_all"),
        ]

    def __str__(self) -> str:
        """Return the tier in words."""
        return f"from {self.from_rate_bp} bp: {self.share_bp} bp for {self.days} days"
