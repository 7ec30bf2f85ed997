"""Slot fees: what brands pay for minutes on air."""

from typing import ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Body, Resource
from marketplace.rest.views import ApiView
from orders.actions.slot_fees import offer_fee, withdraw_fee
from orders.api.settlement import CommissionsQuery
from orders.models import SlotFee
from orders.permissions import require_brand, require_host
from orders.policy import MOST_FEE_MINUTES
from streams.errors import OtherCurrency, WrongSessionState
from streams.models import Funder
from streams.permissions import require_agency
from streams.queries.access import get_slot_to_fund


class FeeIn(Body):
    """What is paid for how many minutes on air."""

    amount = fields.MoneyField(min_amount=1)
    minutes = fields.Integer(min_value=1, max_value=MOST_FEE_MINUTES)


class SlotFeeOut(Resource):
    """A fee for a slot.

    ``offered`` until the show begins; then ``held``, or ``uncovered`` where the brand is not owed that much.
    ``settled`` an hour after the end: ``paid`` by the minutes that count, the rest ``returned``.
    """

    object = fields.Object("slot_fee")
    id = fields.Id("fee")
    slot = fields.Id("slt", source="slot_id")
    session = fields.Id("ses", source="session_id")
    brand = fields.Id("brd", source="brand_id")
    streamer = fields.Id("str", source="streamer_id")
    agency = fields.Id("agc", source="agency_id", allow_null=True)
    agency_share_bp = fields.Integer(help_text="The agency's share of what is paid.")
    state = fields.Choice(choices=SlotFee.State.choices)
    amount = fields.MoneyField(source="total")
    minutes = fields.Integer(help_text="Promised.")
    counted_minutes = fields.Integer(allow_null=True, help_text="Explained on air before witnesses.")
    paid = fields.MoneyField(source="total_paid", help_text="To streamer and agency.")
    returned = fields.MoneyField(source="total_returned", help_text="To the brand.")
    offered_at = fields.Timestamp()
    held_at = fields.Timestamp(allow_null=True)
    settled_at = fields.Timestamp(allow_null=True)


class SlotFees(ApiView):
    """Fees."""

    scopes: ClassVar = {"GET": Scope.MONEY_READ}

    @operation("List slot fees", query=CommissionsQuery, returns=SlotFeeOut, many=True)
    def get(self, request: Request) -> HttpResponseBase:
        """Of a brand or an agency, for its members, or in a show, for its host; newest first."""
        user, wanted = self.user(request), self.query(request, CommissionsQuery)
        if "brand" in wanted:
            require_brand(user, wanted["brand"])
            found = SlotFee.objects.filter(brand_id=wanted["brand"])
        elif "agency" in wanted:
            require_agency(user, wanted["agency"])
            found = SlotFee.objects.filter(agency_id=wanted["agency"])
        else:
            require_host(user, wanted["session"])
            found = SlotFee.objects.filter(session_id=wanted["session"])
        return self.page(request, found, SlotFeeOut)


class OneSlotFee(ApiView):
    """The fee of a slot."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}

    @operation(
        "Offer a slot fee",
        body=FeeIn,
        returns=SlotFeeOut,
        status=201,
        errors=[WrongSessionState, OtherCurrency],
    )
    def post(self, request: Request, session_id: str, slot_id: str) -> HttpResponse:
        """Before the show, by members of the product's brand; it takes the place of an earlier offer."""
        body = self.body(request, FeeIn)
        slot = get_slot_to_fund(self.user(request), session_id, slot_id, Funder.BRAND)
        return self.perform(
            request, lambda: offer_fee(slot_id=slot.id, now=self.now, **body), SlotFeeOut, status=201
        )


class SlotFeeWithdrawal(ApiView):
    """The end of an offer."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}

    @operation("Withdraw a slot fee", returns=SlotFeeOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str, slot_id: str) -> HttpResponse:
        """Before the show, by members of the product's brand."""
        slot = get_slot_to_fund(self.user(request), session_id, slot_id, Funder.BRAND)
        return self.perform(request, lambda: withdraw_fee(slot_id=slot.id, now=self.now), SlotFeeOut)
