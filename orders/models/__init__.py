"""Orders and their lines, payments, shipments, what the gateway told us, and the payment company in a box."""

from orders.models.fulfilment import Shipment
from orders.models.orders import LineHistory, Order, OrderLine
from orders.models.payments import InboundWebhook, Payment
from orders.payments.simulator.models import (
    SimulatedDelivery,
    SimulatedEvent,
    SimulatedKey,
    SimulatedPayment,
    SimulatedRefund,
)

__all__ = [
    "InboundWebhook",
    "LineHistory",
    "Order",
    "OrderLine",
    "Payment",
    "Shipment",
    "SimulatedDelivery",
    "SimulatedEvent",
    "SimulatedKey",
    "SimulatedPayment",
    "SimulatedRefund",
]
