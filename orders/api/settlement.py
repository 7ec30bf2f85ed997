"""Commissions of sales, and the statements that they come to."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.pages import Cursor, read_page
from marketplace.rest.rendering import encode_json, json_response
from marketplace.rest.serializers import Query, Resource
from marketplace.rest.views import ApiView
from orders.models import Hold, OrderLine, Party, Statement
from orders.permissions import get_statement_for, require_brand, require_host, statements_for
from orders.settlement import commissions
from streams.permissions import require_agency


class CommissionsQuery(Query):
    """Whose sales."""

    brand = fields.Id("brd", required=False, help_text="Of this brand, for its members.")
    session = fields.Id("ses", required=False, help_text="In this show, for its host.")
    agency = fields.Id("agc", required=False, help_text="Of this agency's streamers, for its members.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the three."""
        if len(attrs.keys() & {"brand", "session", "agency"}) != 1:
            raise serializers.ValidationError("Give brand, session or agency, and one of them only.")
        return attrs


class StatementsQuery(Query):
    """Which statements."""

    owner = fields.Text(required=False, max_length=40, help_text="Of this brand, streamer or agency only.")


class HoldOut(Resource):
    """Money that waits, and why. ``release_at`` is null where a decision ends it."""

    object = fields.Object("hold")
    id = fields.Id("hld")
    reason = fields.Choice(choices=Hold.Reason.choices)
    amount = fields.MoneyField(source="total")
    subject = fields.Text(help_text="Id of what it is about.")
    release_at = fields.Timestamp(allow_null=True)


class CommissionOut(Resource):
    """How a paid line is split.

    ``estimated`` until the return window is over, then ``due``; ``settled`` once it stands in a statement,
    ``paid`` when the asking party's statement is paid: the brand's with ``?brand=``, the streamer's with
    ``?session=``, the agency's with ``?agency=``. ``voided`` when it came to nothing before, ``clawed_back``
    when all of it went back after.
    """

    object = fields.Object("commission")
    line = fields.Id("oln", source="line.id")
    order = fields.Id("ord", source="line.order_id")
    session = fields.Id("ses", source="line.session_id")
    brand = fields.Id("brd", source="line.brand_id")
    streamer = fields.Id("str", source="line.streamer_id")
    agency = fields.Id("agc", source="line.agency_id", allow_null=True)
    state = fields.Choice(choices=[(state, state) for state in commissions.STATES])
    paid_to = fields.ListOf(
        child=fields.Choice(choices=Party.choices), help_text="Parties whose statement with it is paid."
    )
    rate_bp = fields.Integer(source="line.rate_bp", help_text="The streamer's commission, in 10,000.")
    agency_share_bp = fields.Integer(source="line.agency_share_bp", help_text="The agency's share of that.")
    fee_bp = fields.Integer(source="line.fee_bp", help_text="The marketplace's fee, in 10,000.")
    base = fields.MoneyField(
        help_text="What the buyer paid and the marketplace added of discounts, less what went back."
    )
    platform_funded = fields.MoneyField(source="funded.platform", help_text="Of the discount; in the base.")
    streamer_funded = fields.MoneyField(
        source="funded.streamer", help_text="Of the discount; the streamer gives it to the brand."
    )
    brand_part = fields.MoneyField(source="parts.brand")
    streamer_part = fields.MoneyField(source="parts.streamer")
    agency_part = fields.MoneyField(source="parts.agency")
    platform_part = fields.MoneyField(source="parts.platform")
    due_at = fields.Timestamp(
        source="line.return_by", allow_null=True, help_text="End of the return window; null until delivery."
    )
    holds = HoldOut(many=True)


class StatementOut(Resource):
    """What a party is owed of one period. It does not change any more: later refunds are in later ones."""

    object = fields.Object("statement")
    id = fields.Id("stm")
    party = fields.Choice(choices=Party.choices)
    owner = fields.Text(help_text="Id of the brand, streamer or agency.")
    state = fields.Choice(choices=Statement.State.choices)
    period_start = fields.Timestamp(source="run.period_start")
    period_end = fields.Timestamp(source="run.period_end")
    lines = fields.Integer()
    gross = fields.MoneyField(source="total_gross", help_text="Prices before discounts.")
    discount = fields.MoneyField(source="total_discount", help_text="What came off: buyers paid the rest.")
    platform_funded = fields.MoneyField(
        source="total_platform_funded", help_text="What the marketplace paid of the discounts."
    )
    streamer_funded = fields.MoneyField(
        source="total_streamer_funded", help_text="What streamers paid of the discounts, to the brands."
    )
    refunded = fields.MoneyField(source="total_refunded")
    commission = fields.MoneyField(source="total_commission", help_text="Of streamer and agency.")
    fee = fields.MoneyField(source="total_fee", help_text="Of the marketplace.")
    slot_fees = fields.MoneyField(
        source="total_slot_fees",
        help_text="For minutes on air: held is negative, returned or earned positive.",
    )
    net = fields.MoneyField(source="total", help_text="The party's own part; negative when it owes.")
    holds = HoldOut(many=True, source="open_holds")
    closed_at = fields.Timestamp()


class Commissions(ApiView):
    """Commissions."""

    scopes: ClassVar = {"GET": Scope.MONEY_READ}

    @operation("List commissions", query=CommissionsQuery, returns=CommissionOut, many=True)
    def get(self, request: Request) -> HttpResponse:
        """How each paid line of a brand, show or agency is split, newest first; estimated from payment on."""
        user, wanted = self.user(request), self.query(request, CommissionsQuery)
        if "brand" in wanted:
            require_brand(user, wanted["brand"])
            party = Party.BRAND
            lines = OrderLine.objects.filter(brand_id=wanted["brand"])
        elif "agency" in wanted:
            require_agency(user, wanted["agency"])
            party = Party.AGENCY
            lines = OrderLine.objects.filter(agency_id=wanted["agency"])
        else:
            require_host(user, wanted["session"])
            party = Party.STREAMER
            lines = OrderLine.objects.filter(order__session_id=wanted["session"])
        page = read_page(commissions.with_parts(lines), Cursor.parse(request.query_params))
        found = commissions.commissions(page.items, party=party)
        data = CommissionOut.render_many(found, expand=self.expand(request))
        return json_response(encode_json({"object": "list", "data": data, "has_more": page.has_more}))


class Statements(ApiView):
    """Statements."""

    scopes: ClassVar = {"GET": Scope.MONEY_READ}

    @operation("List statements", query=StatementsQuery, returns=StatementOut, many=True)
    def get(self, request: Request) -> HttpResponseBase:
        """Of your brands, your own shows and your agencies, newest first; all of them for platform staff."""
        statements, wanted = statements_for(self.user(request)), self.query(request, StatementsQuery)
        if "owner" in wanted:
            statements = statements.filter(owner=wanted["owner"])
        return self.page(request, statements.prefetch_related("holds"), StatementOut)


class StatementDetail(ApiView):
    """One statement."""

    scopes: ClassVar = {"GET": Scope.MONEY_READ}

    @operation("Read a statement", returns=StatementOut)
    def get(self, request: Request, statement_id: str) -> HttpResponseBase:
        """For members of the brand or agency, the streamer, and platform staff."""
        return self.answer(request, get_statement_for(self.user(request), statement_id), StatementOut)
