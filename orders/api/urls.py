"""Addresses of the API of orders, below /api/v1/."""

from django.urls import path

from marketplace.rest.paths import register_ids
from orders.api.cash_calendar import CashCalendar
from orders.api.gateway import gateway_webhooks
from orders.api.orders import OrderDetail, Orders
from orders.api.payments import OrderPay, OrderPayments, PaymentDetail, Payments
from orders.api.payouts import PayoutDetail, Payouts
from orders.api.settlement import Commissions, StatementDetail, Statements
from orders.api.shipments import OrderShipments, ShipmentDetail, Shipments
from orders.api.slot_fees import OneSlotFee, SlotFees, SlotFeeWithdrawal
from orders.api.statement_lines import StatementExport, StatementLines

register_ids("ord", "pay", "shp", "stm", "pyo", "ses", "slt")

SLOT = "sessions/<ses:session_id>/lineup/<slt:slot_id>"

urlpatterns = [
    path("orders", Orders.as_view(), name="orders"),
    path("orders/<ord:order_id>", OrderDetail.as_view(), name="order"),
    path("orders/<ord:order_id>/pay", OrderPay.as_view(), name="order-pay"),
    path("orders/<ord:order_id>/payments", OrderPayments.as_view(), name="order-payments"),
    path("orders/<ord:order_id>/shipments", OrderShipments.as_view(), name="order-shipments"),
    path("payments", Payments.as_view(), name="payments"),
    path("payments/<pay:payment_id>", PaymentDetail.as_view(), name="payment"),
    path("shipments", Shipments.as_view(), name="shipments"),
    path("shipments/<shp:shipment_id>", ShipmentDetail.as_view(), name="shipment"),
    path("commissions", Commissions.as_view(), name="commissions"),
    path("statements", Statements.as_view(), name="statements"),
    path("statements/<stm:statement_id>", StatementDetail.as_view(), name="statement"),
    path("statements/<stm:statement_id>/lines", StatementLines.as_view(), name="statement-lines"),
    path("statements/<stm:statement_id>/export", StatementExport.as_view(), name="statement-export"),
    path("cash-calendar", CashCalendar.as_view(), name="cash-calendar"),
    path("slot-fees", SlotFees.as_view(), name="slot-fees"),
    path(f"{SLOT}/fee", OneSlotFee.as_view(), name="slot-fee"),
    path(f"{SLOT}/fee/withdraw", SlotFeeWithdrawal.as_view(), name="slot-fee-withdraw"),
    path("payouts", Payouts.as_view(), name="payouts"),
    path("payouts/<pyo:payout_id>", PayoutDetail.as_view(), name="payout"),
    path("gateway/webhooks", gateway_webhooks, name="gateway-webhooks"),
]
