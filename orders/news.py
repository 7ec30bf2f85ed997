"""Steps that say what happened: one fact per change, and word to the buyer once it is committed."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from marketplace import outbox
from marketplace.lib.clock import to_wire
from orders.models import Order, OrderLine, Payment, Shipment
from orders.wire import order_to_wire, payment_to_wire, shipment_to_wire
from streams import hub


def order_changed(order: Order, lines: Sequence[OrderLine], *, was: str, now: datetime) -> None:
    """Record that lines of an order moved, ``was`` being the order's state before, and tell the buyer.

    The fact is named after the order's new state, ``order.updated`` when only some of its lines moved.
    """
    payload = order_to_wire(order, lines, at=now)
    state = payload["state"]
    outbox.append(f"order.{state if state != was else 'updated'}", subject=order.id, payload=payload, now=now)
    tell_buyer(order, state, now=now)


def tell_buyer(order: Order, state: str, *, now: datetime) -> None:
    """Tell the buyer, once the transaction has committed, that an order has news to be read."""
    told = {"order": order.id, "state": state, "at": to_wire(now)}
    transaction.on_commit(partial(hub.tell, order.buyer_id, "order.updated", told))


def payment_changed(payment: Payment, *, now: datetime) -> None:
    """Record a payment's new state."""
    outbox.append(f"payment.{payment.state}", subject=payment.id, payload=payment_to_wire(payment), now=now)


def shipment_changed(shipment: Shipment, *, now: datetime) -> None:
    """Record a parcel's new state."""
    payload = shipment_to_wire(shipment)
    outbox.append(f"shipment.{shipment.state}", subject=shipment.id, payload=payload, now=now)
