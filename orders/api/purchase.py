"""Buying over REST: the same admission as the socket's ``buy``.

Requests with a token are answered by ``orders.purchase_endpoint`` before Django sees them; this view answers
those with a session cookie, and documents both.
"""

from http import HTTPStatus
from typing import ClassVar

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace import limits
from marketplace.errors import IdempotencyMismatch, LimitReached
from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.keys import HEADER, IdempotencyKeyMissing
from marketplace.rest.openapi import operation
from marketplace.rest.rendering import encode_json, json_response
from marketplace.rest.serializers import Body, Resource
from marketplace.rest.views import ApiView, Idempotency
from orders.admission import admission
from orders.errors import DealClosed, NotOnSale, PriceChanged, SessionNotLive, SoldOut
from orders.purchase_form import (
    MOST_BYTES,
    MOST_MINOR_UNITS,
    MOST_UNITS,
    accepted_over_http,
    as_error,
    parse,
)
from orders.requests import Refused


class NewPurchase(Body):
    """What to buy and the price as it was seen."""

    slot = fields.Id("slt")
    deal = fields.Id("dl", required=False, allow_null=True)
    quantity = fields.Integer(min_value=1, max_value=MOST_UNITS)
    price = fields.MoneyField(min_amount=1, max_amount=MOST_MINOR_UNITS)


class PurchaseOut(Resource):
    """An order that was placed and waits for payment."""

    object = fields.Object("purchase")
    order = fields.Id("ord")
    total = fields.MoneyField()
    pay_by = fields.Timestamp()


class PurchaseView(ApiView):
    """The part of ``/orders`` that buys."""

    scopes: ClassVar = {"POST": Scope.ORDERS_WRITE}
    idempotency = Idempotency.STATELESS  # the order itself remembers its key
    max_body_bytes = MOST_BYTES

    @operation(
        "Buy",
        body=NewPurchase,
        returns=PurchaseOut,
        status=201,
        errors=[
            SoldOut, PriceChanged, DealClosed, NotOnSale, SessionNotLive, LimitReached, IdempotencyMismatch,
            IdempotencyKeyMissing,
        ],
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponseBase:
        """Units of a slot at the price you saw. Nothing is sold at another price or in part."""
        user = self.user(request)
        if self._key is None:
            raise IdempotencyKeyMissing(param=HEADER)
        verdict = limits.check_local("buy", user.id)
        vars(request._request)["rate_limit"] = verdict  # noqa: SLF001 - DRF's own name for it
        if not verdict.allowed:
            raise verdict.refusal()
        outcome = admission.purchase(parse(request.data, buyer_id=user.id, key=self._key))
        if isinstance(outcome, Refused):
            raise as_error(outcome)
        response = json_response(encode_json(accepted_over_http(outcome)), status=HTTPStatus.CREATED)
        response["Location"] = f"{request.path}/{outcome.order_id}"
        if outcome.replayed:
            response["Idempotency-Replayed"] = "true"
        return response
