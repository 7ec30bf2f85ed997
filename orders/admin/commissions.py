"""Admin of commissions: brands, streamers and agencies see how each line is split, once it is paid."""

from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Case, CharField, Q, QuerySet, Value, When

from marketplace.admin.base import column
from marketplace.lib.money import Money
from marketplace.models import User
from marketplace.permissions import brands_of, is_platform_staff
from orders.admin.base import LineShowFilter, TradeAdmin
from orders.models import CommissionLine, Party
from orders.permissions import is_owed_money
from orders.settlement.commissions import Commission, with_parts
from streams.models import Streamer
from streams.permissions import agencies_of

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
    """Paid lines of one's brands, own shows and agencies; an estimate until they are settled."""

    audience = staticmethod(is_owed_money)
    group = "Money"
    icon = "percent"
    ids: ClassVar = {
        "oln": "pk", "ord": "order_id", "brd": "brand_id", "str": "streamer_id", "agc": "agency_id",
    }  # fmt: skip
    list_display = (
        "title", "total", "shown_state", "to_brand", "to_streamer", "to_agency", "to_platform", "brand",
        "streamer", "return_by",
    )  # fmt: skip
    list_filter = (LineShowFilter,)
    ordering = ("-order_id",)
    fields: ClassVar[Any] = (
        ("id", "order"), ("title", "quantity"), ("total", "base"), ("shown_state", "paid_to", "return_by"),
        ("brand", "streamer", "agency"), ("rate_bp", "agency_share_bp", "fee_bp"),
        ("to_brand", "to_streamer"), ("to_agency", "to_platform"),
    )  # fmt: skip
    readonly_fields = (
        "total", "base", "shown_state", "paid_to", "to_brand", "to_streamer", "to_agency", "to_platform",
    )  # fmt: skip

    def own(self, person: User) -> QuerySet[CommissionLine]:
        """Return the paid lines of a person's brands, shows and agencies, all of them for platform staff."""
        rows = with_parts(CommissionLine.objects.select_related("brand", "streamer", "agency", "order"))
        own = {} if is_platform_staff(person) else _own(person)
        seen_by = [When(condition, then=Value(party)) for party, condition in own.items()]
        rows = rows.annotate(seen_by=Case(*seen_by, default=Value("brand"), output_field=CharField()))
        return rows.filter(reduce(or_, own.values())) if own else rows

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


def _own(person: User) -> dict[str, Q]:
    """Return which lines are a person's, by the party as which they see them."""
    own = {"brand": Q(brand_id__in=list(brands_of(person).values_list("id", flat=True)))}
    if streamer := Streamer.objects.filter(user=person).first():
        own = {"streamer": Q(streamer=streamer), **own}
    if agencies := list(agencies_of(person).values_list("id", flat=True)):
        own["agency"] = Q(agency_id__in=agencies)
    return own


def _of(line: CommissionLine) -> Commission:
    """Return the commission of a line that ``own`` has found."""
    return Commission(line, Party(line.seen_by))  # type: ignore[attr-defined]  # annotated
