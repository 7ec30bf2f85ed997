"""Admin of settlement: statements and holds for brands and platform staff, the rest for platform staff."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet

from marketplace.admin.base import OwnInline, column
from marketplace.lib.money import Money
from marketplace.models import User
from marketplace.permissions import acts_for_some_brand, brands_of, is_platform_staff
from orders.admin.base import STATE_COLOURS, TradeAdmin
from orders.models import Hold, Payout, ReserveTier, SettledLine, SettlementRun, Statement

STATES = {"open": "info", "closed": "warning", "paid": "success", "failed": "danger"}


class HoldInline(OwnInline):
    """What is kept back of a statement."""

    model = Hold
    fields = ("reason", "total", "release_at", "released_at")
    readonly_fields = ("total",)


@admin.register(Statement)
class StatementAdmin(TradeAdmin):
    """What each party is owed of each period; brands see their own."""

    audience = staticmethod(acts_for_some_brand)
    group = "Money"
    icon = "request_quote"
    ids: ClassVar = {"stm": "pk", "brd": "owner", "str": "owner", "agc": "owner", "srn": "run_id"}
    words = ("currency",)
    list_display = ("id", "run", "party", "owner", "lines", "total", "shown_state", "closed_at")
    list_filter = ("state", "party")
    ordering = ("-id",)
    fields = (
        ("id", "run"), ("party", "owner"), ("shown_state", "lines"),
        ("total_gross", "total_discount", "total_refunded"),
        ("total_platform_funded", "total_streamer_funded"),
        ("total_commission", "total_fee", "total_slot_fees", "total"), ("created_at", "closed_at"),
    )  # fmt: skip
    readonly_fields = (
        "shown_state", "total_gross", "total_discount", "total_refunded", "total_platform_funded",
        "total_streamer_funded", "total_commission", "total_fee", "total_slot_fees", "total",
    )  # fmt: skip
    inlines = (HoldInline,)

    def own(self, person: User) -> QuerySet[Statement]:
        """Return the statements of the brands that a person acts for, all of them for platform staff."""
        statements = Statement.objects.select_related("run")
        if is_platform_staff(person):
            return statements
        return statements.filter(owner__in=list(brands_of(person).values_list("id", flat=True)))

    @column("State", ordering="state", label=STATES)
    def shown_state(self, statement: Statement) -> str:
        """Return where the money is."""
        return statement.state


@admin.register(Hold)
class HoldAdmin(TradeAdmin):
    """Money that waits, with its reason and its day; brands see that of their lines and statements."""

    audience = staticmethod(acts_for_some_brand)
    group = "Money"
    icon = "hourglass_top"
    ids: ClassVar = {"hld": "pk", "oln": "line_id", "stm": "statement_id"}
    words = ("subject",)
    list_display = ("id", "reason", "total", "line", "statement", "release_at", "released_at")
    list_filter = ("reason",)
    ordering = ("-id",)
    fields = (("id", "reason"), ("total", "subject"), ("line", "statement"), ("release_at", "released_at"))
    readonly_fields = ("total",)

    def own(self, person: User) -> QuerySet[Hold]:
        """Return the holds of the brands that a person acts for, all of them for platform staff."""
        holds = Hold.objects.select_related("line", "statement")
        if is_platform_staff(person):
            return holds
        brands = list(brands_of(person).values_list("id", flat=True))
        return holds.filter(Q(line__brand_id__in=brands) | Q(statement__owner__in=brands))


@admin.register(Payout)
class PayoutAdmin(TradeAdmin):
    """What was sent to each party; brands see what was sent to them."""

    audience = staticmethod(acts_for_some_brand)
    group = "Money"
    icon = "payments"
    ids: ClassVar = {"pyo": "pk", "brd": "owner", "str": "owner", "agc": "owner"}
    words = ("currency",)
    list_display = (
        "id",
        "party",
        "owner",
        "total",
        "shown_state",
        "last_error",
        "next_attempt_at",
        "done_at",
    )
    list_filter = ("state", "party")
    ordering = ("-id",)
    fields = (
        ("id", "party", "owner"), ("total", "shown_state"), ("declined", "last_error"),
        ("created_at", "sent_at", "next_attempt_at", "done_at"),
    )  # fmt: skip
    readonly_fields = ("total", "shown_state")

    def own(self, person: User) -> QuerySet[Payout]:
        """Return the payouts to the brands that a person acts for, all of them for platform staff."""
        if is_platform_staff(person):
            return Payout.objects.all()
        return Payout.objects.filter(owner__in=list(brands_of(person).values_list("id", flat=True)))

    @column("State", ordering="state", label=STATE_COLOURS)
    def shown_state(self, payout: Payout) -> str:
        """Return where the money is."""
        return payout.state


@admin.register(SettledLine)
class SettledLineAdmin(TradeAdmin):
    """How every settled line was split, and what was taken back of it."""

    group = "Money"
    icon = "pie_chart"
    ids: ClassVar = {"oln": "line_id", "brd": "brand_id", "str": "streamer_id", "agc": "agency_id"}
    words = ("refund",)
    list_display = ("line_id", "refund", "run", "brand", "streamer", "shown_gross", "shown_refunded", "at")
    ordering = ("-pk",)
    fields = (
        ("line", "refund"), ("run", "order"), ("brand", "streamer", "agency"),
        ("shown_gross", "shown_discount", "shown_refunded"), ("platform_funded", "streamer_funded"),
        ("shown_brand", "commission", "shown_platform"), "at",
    )  # fmt: skip
    readonly_fields = (
        "shown_gross", "shown_discount", "shown_refunded", "shown_brand", "commission", "shown_platform",
    )  # fmt: skip

    def own(self, _person: User) -> QuerySet[SettledLine]:
        """Return all of them."""
        return SettledLine.objects.select_related("run", "brand", "streamer", "line")

    @column("Before discounts")
    def shown_gross(self, row: SettledLine) -> str:
        """Return the price before discounts."""
        return str(Money(row.gross, row.currency))

    @column("Discount")
    def shown_discount(self, row: SettledLine) -> str:
        """Return what came off it."""
        return str(Money(row.discount, row.currency))

    @column("Went back")
    def shown_refunded(self, row: SettledLine) -> str:
        """Return what went back."""
        return str(Money(row.refunded, row.currency))

    @column("Brand")
    def shown_brand(self, row: SettledLine) -> str:
        """Return the brand's part."""
        return str(Money(row.brand_part, row.currency))

    @column("Marketplace")
    def shown_platform(self, row: SettledLine) -> str:
        """Return the marketplace's fee."""
        return str(Money(row.platform_part, row.currency))


@admin.register(SettlementRun)
class SettlementRunAdmin(TradeAdmin):
    """Periods and how far their settlement is."""

    group = "Money"
    icon = "event_repeat"
    ids: ClassVar[dict[str, Any]] = {"srn": "pk"}
    list_display = ("__str__", "stage", "started_at", "done_at")
    ordering = ("-period_start",)
    fields = (("period_start", "period_end"), "stage", ("started_at", "done_at"))

    def own(self, _person: User) -> QuerySet[SettlementRun]:
        """Return all of them."""
        return SettlementRun.objects.all()


@admin.register(ReserveTier)
class ReserveTierAdmin(TradeAdmin):
    """Which share is kept back at which return rate."""

    group = "Money"
    icon = "stairs"
    list_display = ("from_rate_bp", "share_bp", "days")
    ordering = ("from_rate_bp",)
    fields = ("from_rate_bp", "share_bp", "days")

    def own(self, _person: User) -> QuerySet[ReserveTier]:
        """Return all of them."""
        return ReserveTier.objects.all()
