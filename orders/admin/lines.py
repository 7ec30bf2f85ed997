"""Admin of order lines: where a brand works through what it has to ship."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from marketplace.admin.base import OwnInline, button, column, percent, person_of
from marketplace.errors import DomainError
from marketplace.lib import clock
from marketplace.models import User
from marketplace.permissions import acts_for_some_brand
from orders.actions.ship_lines import ship_lines
from orders.admin.base import (
    CARRIER,
    STATE_COLOURS,
    LineShowFilter,
    ShipForm,
    TradeAdmin,
    of_own_brands,
)
from orders.carrier import new_tracking_number
from orders.models import LineHistory, OrderLine
from orders.states import line_state

#: Lines that one press of a button ships; a request must come to an end.
MOST_AT_ONCE = 200
ADDRESS_PARTS = ("name", "phone", "line1", "line2", "postal_code", "city", "region", "country")


class History(OwnInline):
    """What happened to the line."""

    model = LineHistory
    fields = ("at", "from_state", "to_state", "actor")
    readonly_fields = fields


@admin.register(OrderLine)
class OrderLineAdmin(TradeAdmin):
    """Lines of one's brands, all of them for platform staff."""

    audience = staticmethod(acts_for_some_brand)
    icon = "receipt_long"
    ids: ClassVar = {
        "oln": "pk", "ord": "order_id", "usr": "buyer_id", "slt": "slot_id", "brd": "brand_id",
    }  # fmt: skip
    words = ()
    list_display = ("title", "sku", "quantity", "total", "shown_state", "buyer", "brand", "created_at")
    list_filter = ("state", LineShowFilter)
    ordering = ("-order_id",)
    fields = (
        ("id", "order"), ("title", "sku"), ("quantity", "full_price", "total"),
        ("platform_discount", "brand_discount", "streamer_discount"),
        ("shown_state", "return_policy", "return_by"),
        ("buyer", "brand"), ("session", "slot", "deal", "seq"), ("streamer", "agency", "collaboration"),
        ("commission", "agency_share", "platform_fee"), ("created_at", "pay_by"), "ship_to",
    )  # fmt: skip
    readonly_fields = (
        "shown_state", "full_price", "total", "commission", "agency_share", "platform_fee", "ship_to",
    )  # fmt: skip
    commission = percent("rate_bp", "Commission")
    agency_share = percent("agency_share_bp", "Agency's share of it")
    platform_fee = percent("fee_bp", "Platform fee")
    inlines = (History,)
    actions = ("ship_selected",)
    actions_detail: ClassVar[list[Any]] = ["ship"]

    def own(self, person: User) -> QuerySet[OrderLine]:
        """Return the lines of the brands that a person acts for."""
        return of_own_brands(person, OrderLine.objects.select_related("buyer", "brand", "order"))

    @column("State", ordering="state", label=STATE_COLOURS)
    def shown_state(self, line: OrderLine) -> str:
        """Return where the line stands now."""
        return line_state(line, at=clock.now())

    @column("Ship to")
    def ship_to(self, line: OrderLine) -> str:
        """Return the address in one line."""
        address = line.order.address or {}
        return ", ".join(address[part] for part in ADDRESS_PARTS if address.get(part)) or "-"

    @admin.action(description="Ship (one parcel for each order)")
    def ship_selected(self, request: HttpRequest, rows: QuerySet[OrderLine]) -> None:
        """Ship the lines chosen; the simulated carrier prints the tracking numbers."""
        person, shipped = person_of(request), 0
        parcels = sorted({(line.order_id, line.brand_id) for line in rows[:MOST_AT_ONCE]})
        for order_id, brand_id in parcels:
            try:
                ship_lines(
                    order_id=order_id,
                    brand_id=brand_id,
                    carrier=CARRIER,
                    tracking_number=new_tracking_number(f"{order_id}{brand_id}"),
                    actor=person.id,
                    now=clock.now(),
                )
            except DomainError as refusal:
                messages.error(request, f"{order_id}: {refusal.message}")
            else:
                shipped += 1
        messages.info(request, f"{shipped} of {len(parcels)} parcels are on their way.")

    @button("Ship", path="ship", icon="local_shipping", primary=True)
    def ship(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ship the brand's paid lines of the order, this one among them."""
        line: OrderLine = self.one(request, object_id)

        def run(values: dict[str, Any]) -> str:
            parcel = ship_lines(
                order_id=line.order_id,
                brand_id=line.brand_id,
                actor=person_of(request).id,
                now=clock.now(),
                **values,
            )
            return f"Parcel {parcel} is on its way."

        initial = {"tracking_number": new_tracking_number(f"{line.order_id}{line.brand_id}")}
        return self.ask(
            request, title="Ship", form=ShipForm, run=run, obj=line, initial=initial, submit="Ship"
        )
