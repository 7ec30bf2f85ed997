"""The carrier has seen parcels: they move, and what has arrived is delivered."""

from collections.abc import Sequence
from datetime import datetime

from marketplace.lib.atomic import action
from orders import news
from orders.carrier import scans_after
from orders.models import Order, OrderLine, Shipment
from orders.policy import return_by
from orders.queries.due import orders_seen_by_carrier
from orders.states import Line, advance_lines, lock_free_orders, order_state

ACTOR = "carrier"


def scan_parcels(*, now: datetime, limit: int = 100) -> int:
    """Move up to ``limit`` parcels that are due to where they are by now, and return how many.

    A parcel that was left alone for days passes all its scans at once, each at the time it happened.
    """
    seen = orders_seen_by_carrier(now=now, limit=limit)
    if not seen:
        return 0
    with action():
        locked = {order.id: (order, lines) for order, lines in lock_free_orders(seen)}
        due = Shipment.objects.filter(next_scan_at__lte=now).exclude(state=Shipment.State.DELIVERED)
        moved = list(due.filter(order_id__in=locked).order_by("id"))
        for shipment in moved:
            order, lines = locked[shipment.order_id]
            _scan(shipment, order, lines, now=now)
    return len(moved)


def _scan(shipment: Shipment, order: Order, lines: Sequence[OrderLine], *, now: datetime) -> None:
    ahead = list(scans_after(shipment))
    for scan in [scan for scan in ahead if scan.at <= now]:
        ahead.remove(scan)
        shipment.state = scan.state
        shipment.next_scan_at = ahead[0].at if ahead else None
        if scan.state == Shipment.State.DELIVERED:
            shipment.delivered_at = scan.at
            _deliver(shipment, order, lines, now=now)
        news.shipment_changed(shipment, now=now)
    shipment.save(update_fields=["state", "next_scan_at", "delivered_at"])


def _deliver(shipment: Shipment, order: Order, lines: Sequence[OrderLine], *, now: datetime) -> None:
    """Mark the parcel's lines as delivered; their return windows begin when it arrived, not when we heard."""
    arrived_at = shipment.delivered_at or now
    arrived = [line for line in lines if line.brand_id == shipment.brand_id and line.state == Line.SHIPPED]
    if not arrived:
        return
    was = order_state(lines, at=now)
    advance_lines(arrived, Line.DELIVERED, actor=ACTOR, now=now)
    for line in arrived:
        line.return_by = return_by(line.return_policy, delivered_at=arrived_at)
        line.save(update_fields=["return_by"])
    news.order_changed(order, lines, was=was, now=now)
