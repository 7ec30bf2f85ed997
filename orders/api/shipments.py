"""Parcels: brands ship, buyers watch them come."""

from typing import ClassVar

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView, Idempotency
from orders.actions.ship_lines import ship_lines
from orders.api.resources import ShipmentIn, ShipmentOut, ShipmentsQuery
from orders.errors import TrackingNumberTaken, WrongOrderState
from orders.models import Shipment
from orders.permissions import get_order_for, get_shipment_for, get_shipping_brand, require_brand
from orders.queries.sight import Role


class OrderShipments(ApiView):
    """The parcels of one order."""

    scopes: ClassVar = {"POST": Scope.ORDERS_WRITE}
    idempotency = Idempotency.REQUIRED

    @operation("List shipments of an order", returns=ShipmentOut, many=True)
    def get(self, request: Request, order_id: str) -> HttpResponseBase:
        """The parcels of an order: all for its buyer and platform staff, a brand's own for the brand."""
        seen = get_order_for(self.user(request), order_id, at=self.now)
        parcels = Shipment.objects.filter(order_id=order_id)
        if seen.sight.role is Role.HOST:
            parcels = parcels.none()
        elif seen.sight.brands is not None:
            parcels = parcels.filter(brand_id__in=seen.sight.brands)
        return self.page(request, parcels, ShipmentOut)

    @operation(
        "Ship a brand's lines",
        body=ShipmentIn,
        returns=ShipmentOut,
        status=201,
        errors=[WrongOrderState, TrackingNumberTaken],
    )
    def post(self, request: Request, order_id: str) -> HttpResponseBase:
        """Hand every paid line that your brand has in this order to a carrier, in one parcel."""
        user, body = self.user(request), self.body(request, ShipmentIn)
        brand_id = get_shipping_brand(user, order_id, body.get("brand"))
        return self.perform(
            request,
            lambda: ship_lines(
                order_id=order_id,
                brand_id=brand_id,
                carrier=body["carrier"],
                tracking_number=body["tracking_number"],
                actor=user.id,
                now=self.now,
            ),
            ShipmentOut,
            status=201,
        )


class Shipments(ApiView):
    """Parcels."""

    @operation("List shipments", query=ShipmentsQuery, returns=ShipmentOut, many=True)
    def get(self, request: Request) -> HttpResponseBase:
        """Parcels to you, newest first, or those that a brand of yours has sent."""
        user, wanted = self.user(request), self.query(request, ShipmentsQuery)
        if "brand" in wanted:
            require_brand(user, wanted["brand"])
            parcels = Shipment.objects.filter(brand_id=wanted["brand"])
        else:
            parcels = Shipment.objects.filter(order__buyer=user)
        return self.page(request, parcels, ShipmentOut)


class ShipmentDetail(ApiView):
    """One parcel."""

    @operation("Read a shipment", returns=ShipmentOut)
    def get(self, request: Request, shipment_id: str) -> HttpResponseBase:
        """For its buyer, the brand that sent it, and platform staff."""
        return self.answer(request, get_shipment_for(self.user(request), shipment_id), ShipmentOut)
