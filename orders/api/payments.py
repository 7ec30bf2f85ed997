"""Paying, and the payments of an order."""

from typing import ClassVar

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace.errors import Declined, NotFound
from marketplace.models.tokens import Scope
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView, Idempotency
from orders.api.resources import PaymentIn, PaymentOut
from orders.errors import CardRefused, GatewayAway, HoldExpired, PaymentInProgress, WrongOrderState
from orders.models import Payment
from orders.paying import pay
from orders.permissions import get_order_for, get_payment_for, payments_for


class OrderPay(ApiView):
    """Payment of an order."""

    scopes: ClassVar = {"POST": Scope.ORDERS_WRITE}
    idempotency = Idempotency.REQUIRED

    @operation(
        "Pay an order",
        body=PaymentIn,
        returns=PaymentOut,
        errors=[Declined, CardRefused, HoldExpired, PaymentInProgress, WrongOrderState, GatewayAway],
    )
    def post(self, request: Request, order_id: str) -> HttpResponseBase:
        """Charge a card for your own order before ``pay_by``.

        The answer's state is ``captured``, or ``processing`` when the gateway takes its time: then read the
        payment, or wait for ``order.updated`` in the room. A declined card is 402 and leaves the order open
        for another. ``gateway_unavailable`` is safe to repeat with the same key.
        """
        user, body = self.user(request), self.body(request, PaymentIn)
        return self.perform(
            request, lambda: pay(order_id=order_id, buyer_id=user.id, now=self.now, **body), PaymentOut
        )


class OrderPayments(ApiView):
    """The payments of one order."""

    @operation("List payments of an order", returns=PaymentOut, many=True)
    def get(self, request: Request, order_id: str) -> HttpResponseBase:
        """Every try to pay an order, newest first, for its buyer and platform staff."""
        if not get_order_for(self.user(request), order_id, at=self.now).sight.money:
            raise NotFound
        return self.page(request, Payment.objects.filter(order_id=order_id), PaymentOut)


class Payments(ApiView):
    """Payments."""

    @operation("List payments", returns=PaymentOut, many=True)
    def get(self, request: Request) -> HttpResponseBase:
        """Your own payments, newest first; all of them for platform staff."""
        return self.page(request, payments_for(self.user(request)), PaymentOut)


class PaymentDetail(ApiView):
    """One payment."""

    @operation("Read a payment", returns=PaymentOut)
    def get(self, request: Request, payment_id: str) -> HttpResponseBase:
        """For its buyer and platform staff."""
        return self.answer(request, get_payment_for(self.user(request), payment_id), PaymentOut)
