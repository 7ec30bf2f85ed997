"""Admin of slot fees: brands, streamers and agencies see what is paid for minutes on air."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet

from marketplace.admin.base import column
from marketplace.models import User
from marketplace.permissions import brands_of, is_platform_staff
from orders.admin.base import TradeAdmin, earns_by_shows
from orders.models import SlotFee
from streams.permissions import agencies_of

COLOURS = {
    "offered": "info",
    "withdrawn": "danger",
    "void": "danger",
    "uncovered": "danger",
    "held": "warning",
    "settled": "success",
}


@admin.register(SlotFee)
class SlotFeeAdmin(TradeAdmin):
    """Fees of one's brands, for one's own shows and of one's agencies."""

    audience = staticmethod(earns_by_shows)
    group = "Money"
    icon = "timer"
    ids: ClassVar = {
        "fee": "pk",
        "slt": "slot_id",
        "ses": "session_id",
        "brd": "brand_id",
        "str": "streamer_id",
        "agc": "agency_id",
    }
    list_display = (
        "session", "slot", "brand", "streamer", "total", "minutes", "counted_minutes", "shown_state",
        "total_paid", "total_returned",
    )  # fmt: skip
    list_filter = ("state",)
    ordering = ("-id",)
    fields = (
        ("id", "shown_state"), ("session", "slot"), ("brand", "streamer", "agency"),
        ("total", "agency_share_bp"), ("minutes", "counted_minutes"), ("total_paid", "total_returned"),
        ("offered_at", "held_at", "settled_at"),
    )  # fmt: skip
    readonly_fields = ("total", "shown_state", "total_paid", "total_returned")

    def own(self, person: User) -> QuerySet[SlotFee]:
        """Return the fees of a person's brands, shows and agencies, all of them for platform staff."""
        fees = SlotFee.objects.select_related(
            "session", "slot__variant__product", "brand", "streamer", "agency"
        )
        if is_platform_staff(person):
            return fees
        brands = list(brands_of(person).values_list("id", flat=True))
        agencies = list(agencies_of(person).values_list("id", flat=True))
        return fees.filter(Q(brand_id__in=brands) | Q(streamer__user=person) | Q(agency_id__in=agencies))

    @column("State", ordering="state", label=COLOURS)
    def shown_state(self, fee: SlotFee) -> str:
        """Return where the money is."""
        return fee.state
