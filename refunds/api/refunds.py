"""Cancelling an order, and the refunds that follow."""

from typing import ClassVar

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView, Idempotency
from orders.api.resources import OrderOut
from orders.errors import WrongOrderState
from refunds.api.resources import RefundOut, RefundsQuery
from refunds.cancelling import cancel_own_order
from refunds.queries import get_refund_for, refunds_for


class OrderCancel(ApiView):
    """Cancellation of an order."""

    scopes: ClassVar = {"POST": Scope.ORDERS_WRITE}
    idempotency = Idempotency.REQUIRED
    expandable = OrderOut.EXPANDABLE

    @operation("Cancel an order", returns=OrderOut, errors=[WrongOrderState])
    def post(self, request: Request, order_id: str) -> HttpResponseBase:
        """Cancel your own order before it ships: its units go back on sale, and what was paid is refunded."""
        user = self.user(request)
        return self.perform(
            request, lambda: cancel_own_order(user=user, order_id=order_id, now=self.now), OrderOut
        )


class Refunds(ApiView):
    """Refunds."""

    @operation("List refunds", query=RefundsQuery, returns=RefundOut, many=True)
    def get(self, request: Request) -> HttpResponseBase:
        """Refunds of your own orders, newest first; all of them for platform staff."""
        refunds, wanted = refunds_for(self.user(request)), self.query(request, RefundsQuery)
        if "order" in wanted:
            refunds = refunds.filter(order_id=wanted["order"])
        return self.page(request, refunds, RefundOut)


class RefundDetail(ApiView):
    """One refund."""

    @operation("Read a refund", returns=RefundOut)
    def get(self, request: Request, refund_id: str) -> HttpResponseBase:
        """For the buyer of its order and platform staff."""
        return self.answer(request, get_refund_for(self.user(request), refund_id), RefundOut)
