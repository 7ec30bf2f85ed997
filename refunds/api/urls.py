"""Addresses of the API of refunds, below /api/v1/."""

from django.urls import path

from marketplace.rest.paths import register_ids
from refunds.api.refunds import OrderCancel, RefundDetail, Refunds

register_ids("ord", "rfd")

urlpatterns = [
    path("orders/<ord:order_id>/cancel", OrderCancel.as_view(), name="order-cancel"),
    path("refunds", Refunds.as_view(), name="refunds"),
    path("refunds/<rfd:refund_id>", RefundDetail.as_view(), name="refund"),
]
