"""The cash calendar: what a party is still to get or to give, and when."""

from typing import ClassVar

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Query, Resource
from marketplace.rest.views import ApiView
from orders.permissions import require_party
from orders.settlement.cash_calendar import KINDS, cash_calendar


class CalendarQuery(Query):
    """Whose."""

    party = fields.Text(
        max_length=40, trim_whitespace=False, help_text="Id of a brand, a streamer or an agency."
    )


class ExpectedOut(Resource):
    """An amount that is still to come; negative where the party owes it."""

    object = fields.Object("cash_calendar_entry")
    kind = fields.Choice(choices=list(KINDS))
    amount = fields.MoneyField()
    at = fields.Timestamp(allow_null=True, help_text="Null while nobody can say.")
    reason = fields.Text(help_text="Why it waits, in words; of what failed, the bank's code.")
    subject = fields.Text(help_text="Id of the line, hold, slot fee or payout; empty for a sum of many.")
    lines = fields.Integer(help_text="How many sold lines it sums.")
    at_most = fields.Boolean(help_text="Less may come, or nothing: of a slot fee that is held.")


class CalendarOut(Resource):
    """All that a party is to expect: the next first, what has no date yet last."""

    object = fields.Object("list")
    data = ExpectedOut(many=True)  # type: ignore[assignment]  # the metaclass takes fields off the class
    has_more = fields.Boolean()


class CashCalendar(ApiView):
    """The cash calendar."""

    scopes: ClassVar = {"GET": Scope.MONEY_READ}

    @operation("Read a cash calendar", query=CalendarQuery, returns=CalendarOut)
    def get(self, request: Request) -> HttpResponseBase:
        """For those who act for it. What is settled sums to what it is owed, sales to its estimates."""
        owner = self.query(request, CalendarQuery)["party"]
        party = require_party(self.user(request), owner)
        found = cash_calendar(party, owner, now=self.now)
        return self.answer(request, {"data": found, "has_more": False}, CalendarOut)
