"""Cancelling an order, and the refunds that follow."""

from typing import ClassVar

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace.models import User
from marketplace.models.tokens import Scope
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView, Idempotency
from orders.actions.cancel_order import cancel_order
from orders.api.resources import OrderOut
from orders.errors import WrongOrderState
from orders.permissions import get_order_for, get_own_order
from orders.queries.sight import OrderAt
from orders.states import Line
from refunds.actions.cancel_paid_lines import cancel_paid_lines
from refunds.api.resources import RefundOut, RefundsQuery
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
        return self.perform(request, lambda: self._cancel(user, order_id), OrderOut)

    def _cancel(self, user: User, order_id: str) -> OrderAt:
        order = get_own_order(user, order_id)
        if get_order_for(user, order.id, at=self.now).state == Line.PENDING_PAYMENT:
            return cancel_order(order_id=order.id, buyer_id=user.id, now=self.now)
        return cancel_paid_lines(order_id=order.id, brand_id=None, actor=user.id, now=self.now)


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
