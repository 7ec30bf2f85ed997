"""A brand hands its lines of an order to a carrier."""

from collections import Counter
from datetime import datetime

from django.db import IntegrityError, transaction

from marketplace import idempotency, stock
from marketplace.errors import NotFound
from marketplace.lib.atomic import action
from orders import news
from orders.carrier import scans_after
from orders.errors import TrackingNumberTaken, WrongOrderState
from orders.models import Order, Shipment
from orders.states import Line, advance_lines, lock_order, order_state


def ship_lines(
    *, order_id: str, brand_id: str, carrier: str, tracking_number: str, actor: str, now: datetime
) -> Shipment:
    """Ship every paid line that a brand has in an order, in one parcel; its units leave the shelf.

    Raises:
        NotFound: the brand has no line in this order.
        WrongOrderState: the brand's lines are not paid, or shipped already.
        TrackingNumberTaken: the carrier's number is on another parcel.
    """
    with action():
        try:
            order, lines = lock_order(order_id)
        except Order.DoesNotExist:
            raise NotFound from None
        was = order_state(lines, at=now)
        ours = [line for line in lines if line.brand_id == brand_id]
        if not ours:
            raise NotFound
        paid = [line for line in ours if line.state == Line.PAID]
        if not paid or Shipment.objects.filter(order=order, brand_id=brand_id).exists():
            raise WrongOrderState(data={"state": order_state(ours, at=now)})
        units = Counter[str]()
        for line in paid:
            units[line.variant_id] += line.quantity
        stock.lock(units)
        advance_lines(paid, Line.SHIPPED, actor=actor, now=now)
        stock.ship(units, reference=order.id, now=now)
        shipment = Shipment(
            order=order, brand_id=brand_id, carrier=carrier, tracking_number=tracking_number, shipped_at=now
        )
        shipment.next_scan_at = next(scans_after(shipment)).at
        _insert(shipment)
        news.shipment_changed(shipment, now=now)
        news.order_changed(order, lines, was=was, now=now)
        idempotency.remember(shipment)
    return shipment


def _insert(shipment: Shipment) -> None:
    try:
        with transaction.atomic():
            shipment.save(force_insert=True)
    except IntegrityError:
        raise TrackingNumberTaken(
            param="tracking_number", data={"tracking_number": shipment.tracking_number}
        ) from None
