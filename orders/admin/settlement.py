"""Admin of settlement: statements, holds and payouts for who is owed money, the rest for platform staff."""

from itertools import chain
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet

from marketplace.admin.base import OwnInline, column, percent
from marketplace.lib.money import Money
from marketplace.models import User
from marketplace.permissions import is_platform_staff
from orders.admin.base import STATE_COLOURS, TradeAdmin
from orders.models import Hold, Payout, ReserveTier, SettledLine, SettlementRun, Statement
from orders.permissions import is_owed_money, is_party, owners_by_party, payouts_for, statements_for

STATES = {"open": "info", "closed": "warning", "paid": "success", "failed": "danger"}


class HoldInline(OwnInline):
    """What is kept back of a statement."""

    model = Hold
    fields = ("reason", "total", "release_at", "released_at")
    readonly_fields = ("total",)


@admin.register(Statement)
class StatementAdmin(TradeAdmin):
    """What each party is owed of each period; each party sees its own."""

    audience = staticmethod(is_owed_money)
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
        """Return the closed statements of a person, all of them for platform staff."""
        return statements_for(person)

    @column("State", ordering="state", label=STATES)
    def shown_state(self, statement: Statement) -> str:
        """Return where the money is."""
        return statement.state


@admin.register(Hold)
class HoldAdmin(TradeAdmin):
    """Money that waits, with its reason and its day; each party sees that of its lines and statements."""

    audience = staticmethod(is_owed_money)
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
        """Return the holds of a person's lines and statements, all of them for platform staff."""
        holds = Hold.objects.select_related("line", "statement")
        if is_platform_staff(person):
            return holds
        mine = owners_by_party(person)
        owners = chain.from_iterable(mine.values())
        return holds.filter(Q(statement__owner__in=owners) | is_party(mine, "line__"))


@admin.register(Payout)
class PayoutAdmin(TradeAdmin):
    """What was sent to each party; each party sees what was sent to it."""

    audience = staticmethod(is_owed_money)
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
        """Return the payouts to a person, all of them for platform staff."""
        return payouts_for(person)

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
    list_display = ("from_rate", "share", "days")
    ordering = ("from_rate_bp",)
    fields = ("from_rate", "share", "days")
    readonly_fields = ("from_rate", "share")
    from_rate = percent("from_rate_bp", "Money back, from")
    share = percent("share_bp", "Kept back of what is owed")

    def own(self, _person: User) -> QuerySet[ReserveTier]:
        """Return all of them."""
        return ReserveTier.objects.all()
