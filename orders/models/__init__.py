"""Orders and their lines, payments, shipments, and what the gateway told us."""

from orders.models.fulfilment import Shipment
from orders.models.orders import LineHistory, Order, OrderLine
from orders.models.payments import InboundWebhook, Payment

__all__ = ["InboundWebhook", "LineHistory", "Order", "OrderLine", "Payment", "Shipment"]
