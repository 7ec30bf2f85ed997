"""Orders, lines, payments, shipments, what the gateway told us, the ledger, the payment company in a box."""

from orders.ledger.models import Account, Entry, Transfer
from orders.models.fees import FeeMove, SlotFee
from orders.models.fulfilment import Shipment
from orders.models.orders import CommissionLine, LineHistory, Order, OrderLine
from orders.models.payments import InboundWebhook, Payment, ReceivedPayout
from orders.models.payouts import Payout
from orders.models.settlement import (
    Hold,
    Party,
    ReserveTier,
    SettledLine,
    SettlementRun,
    Statement,
)
from orders.payments.bank.models import SimulatedBankTransfer
from orders.payments.simulator.models import (
    SimulatedDelivery,
    SimulatedEvent,
    SimulatedKey,
    SimulatedPayment,
    SimulatedPayout,
    SimulatedRefund,
)

__all__ = [
    "Account",
    "CommissionLine",
    "Entry",
    "FeeMove",
    "Hold",
    "InboundWebhook",
    "LineHistory",
    "Order",
    "OrderLine",
    "Party",
    "Payment",
    "Payout",
    "ReceivedPayout",
    "ReserveTier",
    "SettledLine",
    "SettlementRun",
    "Shipment",
    "SimulatedBankTransfer",
    "SimulatedDelivery",
    "SimulatedEvent",
    "SimulatedKey",
    "SimulatedPayment",
    "SimulatedPayout",
    "SimulatedRefund",
    "SlotFee",
    "Statement",
    "Transfer",
]
