"""Shipments: parcels on their way."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from marketplace.lib.fields import PrefixedIdField
from marketplace.models import Brand
from orders.models.orders import Order


class Shipment(models.Model):
    """A parcel of one order from one brand, moved by the carrier."""

    class State(models.TextChoices):
        """Where the parcel is."""

        HANDED_OVER = "handed_over"
        IN_TRANSIT = "in_transit"
        DELIVERED = "delivered"

    id = PrefixedIdField("shp", primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    carrier = models.CharField(max_length=40)
    tracking_number = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=State.choices, default=State.HANDED_OVER)
    next_scan_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_scan_at"], condition=~Q(state="delivered"), name="shipment_to_scan"),
            models.Index(fields=["brand", "id"], name="shipment_by_brand"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["carrier", "tracking_number"], name="tracking_number_once_per_carrier"
            ),
            models.UniqueConstraint(fields=["order", "brand"], name="one_parcel_per_order_and_brand"),
        ]

    def __str__(self) -> str:
        """Return the tracking number."""
        return self.tracking_number
