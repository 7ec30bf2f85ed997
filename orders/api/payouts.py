"""Payouts: what was sent to those whom the marketplace owes it, and what came of it."""

from typing import ClassVar

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Query, Resource
from marketplace.rest.views import ApiView
from orders.models import Party, Payout
from orders.permissions import get_payout_for, payouts_for


class PayoutsQuery(Query):
    """Which payouts."""

    owner = fields.Text(required=False, max_length=40, help_text="To this brand, streamer or agency only.")


class PayoutOut(Resource):
    """Money on its way to a party: ``pending``, ``sent``, ``done``; ``failed`` is sent again by itself."""

    object = fields.Object("payout")
    id = fields.Id("pyo")
    party = fields.Choice(choices=Party.choices)
    owner = fields.Text(help_text="Id of the brand, streamer or agency.")
    state = fields.Choice(choices=Payout.State.choices)
    amount = fields.MoneyField(source="total")
    failure_code = serializers.SerializerMethodField()
    next_attempt_at = fields.Timestamp(help_text="When it is sent, or asked about, next.")
    created_at = fields.Timestamp()
    done_at = fields.Timestamp(allow_null=True)

    def get_failure_code(self, payout: Payout) -> str | None:
        """Return why the bank refused it last, null when it has not."""
        return payout.last_error or None


class Payouts(ApiView):
    """Payouts."""

    scopes: ClassVar = {"GET": Scope.MONEY_READ}

    @operation("List payouts", query=PayoutsQuery, returns=PayoutOut, many=True)
    def get(self, request: Request) -> HttpResponseBase:
        """To your brands, yourself and your agencies, newest first; all of them for platform staff."""
        payouts, wanted = payouts_for(self.user(request)), self.query(request, PayoutsQuery)
        if "owner" in wanted:
            payouts = payouts.filter(owner=wanted["owner"])
        return self.page(request, payouts, PayoutOut)


class PayoutDetail(ApiView):
    """One payout."""

    scopes: ClassVar = {"GET": Scope.MONEY_READ}

    @operation("Read a payout", returns=PayoutOut)
    def get(self, request: Request, payout_id: str) -> HttpResponseBase:
        """For members of the brand, the streamer, and platform staff."""
        return self.answer(request, get_payout_for(self.user(request), payout_id), PayoutOut)
