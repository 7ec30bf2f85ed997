"""Paying: the one place that asks the gateway for money, between two transactions and inside neither."""

from typing import Any, ClassVar

import structlog
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace.errors import Declined, NotFound
from marketplace.models.tokens import Scope
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView, Idempotency
from orders.actions.begin_payment import begin_payment
from orders.actions.settle_payment import settle_payment
from orders.api.resources import PaymentIn, PaymentOut
from orders.errors import CardRefused, GatewayAway, HoldExpired, PaymentInProgress, WrongOrderState
from orders.models import Payment
from orders.outcomes import Word
from orders.payments.client import get_gateway
from orders.payments.port import GatewayRejected, GatewayUnavailable
from orders.permissions import get_order_for, get_payment_for, payments_for
from orders.states import Pay

logger = structlog.get_logger(__name__)

ASK_AGAIN_AFTER = 2


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
        return self.perform(request, lambda: self._pay(order_id, user.id, body), PaymentOut)

    def _pay(self, order_id: str, buyer_id: str, body: dict[str, Any]) -> Payment:
        payment = begin_payment(order_id=order_id, buyer_id=buyer_id, address=body["address"], now=self.now)
        try:
            answer = get_gateway().create_payment(
                reference=payment.id, money=payment.total, card=body["card"], idempotency_key=payment.id
            )
        except GatewayUnavailable as error:
            raise GatewayAway(data={"payment": payment.id}, retry_after=ASK_AGAIN_AFTER) from error
        except GatewayRejected as error:
            raise self._rejected(payment, error, actor=buyer_id) from error
        payment = settle_payment(payment_id=payment.id, word=Word.of(answer), actor=buyer_id, now=self.now)
        if payment.state == Pay.FAILED:
            raise Declined(data={"payment": payment.id, "failure_code": payment.failure_code})
        return payment

    def _rejected(self, payment: Payment, error: GatewayRejected, *, actor: str) -> Exception:
        """Return what the buyer hears when the gateway refuses the request itself."""
        if error.code == "idempotency_mismatch":  # an answer was lost, and this is another card
            return PaymentInProgress(data={"payment": payment.id}, retry_after=ASK_AGAIN_AFTER)
        word = Word.refused(payment, error.code)
        settle_payment(payment_id=payment.id, word=word, actor=actor, now=self.now)
        if error.param == "card":
            return CardRefused(param="card", data={"failure_code": error.code})
        logger.error("gateway_rejected", payment=payment.id, code=error.code, request=error.request_id)
        return GatewayAway(data={"payment": payment.id}, retry_after=ASK_AGAIN_AFTER)


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
