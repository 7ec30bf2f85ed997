"""``/sessions/{id}/report``: what a show came to."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.reports.api.resources import CurrencySalesOut, ReturnRatesOut
from marketplace.reports.permissions import get_reported_session
from marketplace.reports.queries.parties import BUYERS, PARTIES
from marketplace.reports.queries.reasons import REASONS
from marketplace.reports.queries.session_report import report_of
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Resource
from marketplace.rest.views import ApiView


class BrandNameOut(Resource):
    """A brand whose part of the show is told."""

    id = fields.Id("brd")
    name = fields.Text()


class FunnelOut(Resource):
    """People at each step, nobody counted twice in one."""

    came = fields.Integer(help_text="Watched the room, or bought without it; of all brands together.")
    bought = fields.Integer(help_text="Placed an order.")
    paid = fields.Integer(help_text="Paid for something.")
    kept = fields.Integer(help_text="Has not had all of it refunded.")


class MinuteSalesOut(Resource):
    """What was ordered in one minute of the show."""

    minute = fields.Timestamp(help_text="When it begins.")
    sales = CurrencySalesOut()


class ProductSalesOut(Resource):
    """What was sold of one product."""

    product = fields.Id("prd", source="product_id")
    title = fields.Text()
    sales = CurrencySalesOut()
    rate_bp = fields.Integer(
        source="sales.came_back.rate_bp", allow_null=True, help_text="Units back of 10,000 units sold."
    )


class ReasonOut(Resource):
    """What went back for one reason."""

    reason = fields.Choice(choices=list(REASONS.items()))
    refunds = fields.Integer()
    units = fields.Integer(help_text="Units whose whole price went back.")
    amount = fields.MoneyField()


class ShareOut(Resource):
    """One party's part of what buyers paid; all parts sum to it. Of buyers: what went back to them."""

    party = fields.Choice(choices=[(party, party) for party in (*PARTIES, BUYERS)])
    amount = fields.MoneyField(help_text="What stands, or is to be expected while nothing more comes back.")
    settled = fields.MoneyField(help_text="How much of that is settled.")


class SessionReportOut(Resource):
    """The report of a show; with ``brands``, of what these sold in it. No line-up, no money."""

    object = fields.Object("session_report")
    session = fields.Id("ses", source="session.id")
    title = fields.Text(source="session.title")
    streamer = fields.Id("str", source="session.streamer_id")
    state = fields.Text(source="session.state")
    started_at = fields.Timestamp(source="session.started_at", allow_null=True)
    ended_at = fields.Timestamp(source="session.ended_at", allow_null=True)
    brands = BrandNameOut(many=True, allow_null=True, help_text="Whose lines these are; null for all.")
    currency = fields.Text(allow_null=True)
    total = CurrencySalesOut(allow_null=True)
    after_show = CurrencySalesOut(allow_null=True, help_text="Of the total, what was ordered after the end.")
    funnel = FunnelOut()
    return_rates = ReturnRatesOut(source="rates")
    minutes = MinuteSalesOut(many=True, help_text="Those with orders, oldest first; the latest day at most.")
    reasons = ReasonOut(many=True, help_text="Why money went back, most money first.")
    money = ShareOut(many=True, source="shares")
    products = ProductSalesOut(many=True, help_text="Most kept first.")


class SessionReport(ApiView):
    """What a show came to."""

    scopes: ClassVar = {"GET": Scope.MONEY_READ}

    @operation("Read a session's report", returns=SessionReportOut)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """All of it for the streamer and platform staff; for members of a brand what the brand sold."""
        session, brands = get_reported_session(self.user(request), session_id)
        return self.answer(request, report_of(session, brands, now=self.now), SessionReportOut)
