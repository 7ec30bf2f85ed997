"""How orders, payments and shipments look in facts and in messages to people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marketplace.lib.clock import to_wire
from orders.models import Order, OrderLine, Payment, Shipment
from orders.states import line_state, order_state


def order_to_wire(order: Order, lines: Sequence[OrderLine], *, at: datetime) -> dict[str, Any]:
    """Return an order with its lines, without the address: facts are read by many."""
    return {
        "order": order.id,
        "state": order_state(lines, at=at),
        "buyer": order.buyer_id,
        "session": order.session_id,
        "amount": order.total.to_wire(),
        "pay_by": to_wire(order.pay_by),
        "lines": [line_to_wire(line, at=at) for line in lines],
    }


def line_to_wire(line: OrderLine, *, at: datetime) -> dict[str, Any]:
    """Return one line of an order."""
    return {
        "id": line.id,
        "state": line_state(line, at=at),
        "slot": line.slot_id,
        "deal": line.deal_id,
        "variant": line.variant_id,
        "brand": line.brand_id,
        "quantity": line.quantity,
        "amount": line.total.to_wire(),
    }


def payment_to_wire(payment: Payment) -> dict[str, Any]:
    """Return a payment."""
    return {
        "payment": payment.id,
        "order": payment.order_id,
        "state": payment.state,
        "amount": payment.total.to_wire(),
        "refunded": payment.total_refunded.to_wire(),
        "failure_code": payment.failure_code or None,
    }


def shipment_to_wire(shipment: Shipment) -> dict[str, Any]:
    """Return a shipment."""
    return {
        "shipment": shipment.id,
        "order": shipment.order_id,
        "brand": shipment.brand_id,
        "state": shipment.state,
        "carrier": shipment.carrier,
        "tracking_number": shipment.tracking_number,
    }
