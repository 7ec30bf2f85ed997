"""Admin of parcels: to read; the carrier moves them."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet

from marketplace.admin.base import column
from marketplace.models import User
from marketplace.permissions import acts_for_some_brand
from orders.admin.base import STATE_COLOURS, TradeAdmin, of_own_brands
from orders.models import Shipment


@admin.register(Shipment)
class ShipmentAdmin(TradeAdmin):
    """Parcels of one's brands, all of them for platform staff."""

    audience = staticmethod(acts_for_some_brand)
    icon = "local_shipping"
    ids: ClassVar = {"shp": "pk", "ord": "order_id"}
    words = ("tracking_number",)
    list_display = (
        "tracking_number", "carrier", "shown_state", "order", "brand", "shipped_at", "next_scan_at",
        "delivered_at",
    )  # fmt: skip
    list_filter = ("state",)
    ordering = ("-id",)
    fields = (
        ("id", "order"), "brand", ("carrier", "tracking_number"), "shown_state",
        ("shipped_at", "next_scan_at", "delivered_at"),
    )  # fmt: skip
    readonly_fields = ("shown_state",)

    def own(self, person: User) -> QuerySet[Shipment]:
        """Return the parcels of the brands that a person acts for."""
        return of_own_brands(person, Shipment.objects.select_related("order", "brand"))

    @column("State", ordering="state", label=STATE_COLOURS)
    def shown_state(self, shipment: Shipment) -> str:
        """Return where the parcel is."""
        return shipment.state
