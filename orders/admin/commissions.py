"""Admin of commissions: brands, streamers and agencies see how each paid line is split, from payment on."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Case, CharField, QuerySet, Value, When

from marketplace.admin.base import column, percent
from marketplace.lib.money import Money
from marketplace.models import User
from marketplace.permissions import is_platform_staff
from orders.admin.base import LineShowFilter, TradeAdmin
from orders.models import CommissionLine, Party
from orders.permissions import is_owed_money, owners_by_party
from orders.queries.own_lines import lines_of
from orders.settlement.commissions import Commission, with_parts
from orders.settlement.statements import OWNER

COLOURS = {
    "estimated": "info",
    "due": "warning",
    "settled": "primary",
    "paid": "success",
    "voided": "danger",
    "clawed_back": "danger",
}


@admin.register(CommissionLine)
class CommissionAdmin(TradeAdmin):
    """Paid lines of one's brands, shows and agencies; an estimate until they are settled."""

    audience = staticmethod(is_owed_money)
    group = "Money"
    icon = "percent"
    ids: ClassVar = {
        "oln": "pk",
        "ord": "order_id",
        "brd": "brand_id",
        "str": "streamer_id",
        "agc": "agency_id",
    }
    list_display = (
        "title", "total", "shown_state", "to_brand", "to_streamer", "to_agency", "to_platform", "brand",
        "streamer", "return_by",
    )  # fmt: skip
    list_filter = (LineShowFilter,)
    ordering = ("-order_id",)
    fields: ClassVar[Any] = (
        ("id", "order"), ("title", "quantity"), ("total", "base"), ("shown_state", "paid_to", "return_by"),
        ("brand", "streamer", "agency"), ("commission", "agency_share", "platform_fee"),
        ("to_brand", "to_streamer"), ("to_agency", "to_platform"),
    )  # fmt: skip
    readonly_fields = (
        "total", "base", "shown_state", "paid_to", "to_brand", "to_streamer", "to_agency", "to_platform",
        "commission", "agency_share", "platform_fee",
    )  # fmt: skip
    commission = percent("rate_bp", "Commission")
    agency_share = percent("agency_share_bp", "Agency's share of it")
    platform_fee = percent("fee_bp", "Platform fee")

    def own(self, person: User) -> QuerySet[CommissionLine]:
        """Return the paid lines to which a person is a party, all of them for platform staff."""
        rows = with_parts(CommissionLine.objects.select_related("brand", "streamer", "agency", "order"))
        mine = owners_by_party(person)
        views = [
            When(**{f"{OWNER[party]}__in": mine[party]}, then=Value(party.value))
            for party in (Party.STREAMER, Party.BRAND, Party.AGENCY)
            if party in mine
        ]
        rows = rows.annotate(seen_by=Case(*views, default=Value(Party.BRAND.value), output_field=CharField()))
        return rows if is_platform_staff(person) else rows.filter(lines_of(mine))

    @column("State", label=COLOURS)
    def shown_state(self, line: CommissionLine) -> str:
        """Return the commission's state, as the person's own party sees it."""
        return _of(line).state

    @column("Paid to")
    def paid_to(self, line: CommissionLine) -> str:
        """Return who has had the money."""
        return ", ".join(_of(line).paid_to) or "-"

    @column("Base")
    def base(self, line: CommissionLine) -> Money:
        """Return what is split."""
        return _of(line).base

    @column("To the brand")
    def to_brand(self, line: CommissionLine) -> Money:
        """Return the brand's part."""
        return _of(line).parts.brand

    @column("To the streamer")
    def to_streamer(self, line: CommissionLine) -> Money:
        """Return the streamer's part."""
        return _of(line).parts.streamer

    @column("To the agency")
    def to_agency(self, line: CommissionLine) -> Money:
        """Return the agency's part."""
        return _of(line).parts.agency

    @column("To the marketplace")
    def to_platform(self, line: CommissionLine) -> Money:
        """Return the marketplace's fee."""
        return _of(line).parts.platform


def _of(line: CommissionLine) -> Commission:
    """Return the commission of a line that ``own`` has found."""
    return Commission(line, Party(line.seen_by))  # type: ignore[attr-defined]  # annotated
