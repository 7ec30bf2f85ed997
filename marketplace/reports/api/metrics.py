"""``/sessions/{id}/metrics``: a session in figures."""

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.lib.money import Money
from marketplace.reports.queries.sales import kept
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Resource
from marketplace.rest.views import ApiView
from streams.models import Slot
from streams.queries import figures


class FiguresOut(Resource):
    """Sums over a stretch of time; money in the session's currency, null when nothing is in the line-up."""

    peak_viewers = fields.Integer()
    joins = fields.Integer()
    chats = fields.Integer()
    likes = fields.Integer()
    orders = fields.Integer()
    units = fields.Integer()
    gross = fields.MoneyField(allow_null=True, help_text="Ordered.")
    given_back = fields.MoneyField(allow_null=True, help_text="Of that expired, cancelled or refunded.")
    net = fields.MoneyField(allow_null=True, help_text="Gross less what was given back.")


class MinuteOut(FiguresOut):
    """One minute, or five from this one on."""

    minute = fields.Timestamp(help_text="When it begins.")
    leaves = fields.Integer()


class TotalsOut(FiguresOut):
    """The whole session."""

    unique_viewers = fields.Integer()
    watched_seconds = fields.Integer(help_text="Of all viewers together.")


class MetricsOut(Resource):
    """A session in figures."""

    object = fields.Object("session_metrics")
    session = fields.Id("ses")
    viewers = fields.Integer(help_text="Watching now.")
    totals = TotalsOut()
    last = MinuteOut(help_text="The five whole minutes that have just gone by.")
    before = MinuteOut(help_text="The five before them.")
    minutes = MinuteOut(many=True, help_text="Every minute, oldest first; of a long session the latest day.")


class SessionMetrics(ApiView):
    """A session in figures."""

    @operation("Read a session's figures", returns=MetricsOut)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """For the streamer, brands shown in the session, and platform staff."""
        session = figures.get_measured_session(self.user(request), session_id)
        currency = Slot.objects.filter(session=session).values_list("currency", flat=True).first()
        momentum = figures.momentum(session, now=self.now)
        found = {
            "session": session.id,
            "viewers": figures.viewers_now([session.id], now=self.now).get(session.id, 0),
            "totals": _priced(figures.totals(session), currency),
            "last": _priced(momentum.last, currency),
            "before": _priced(momentum.before, currency),
            "minutes": [_priced(minute, currency) for minute in figures.minutes(session, now=self.now)],
        }
        return self.answer(request, found, MetricsOut)


def _priced(row: figures.Minute | figures.Totals, currency: str | None) -> dict[str, Any]:
    """Return a row with its amounts as money."""
    amounts = {"gross": row.gross, "given_back": row.given_back, "net": kept(row)}
    money = {name: Money(amount, currency) if currency else None for name, amount in amounts.items()}
    return {**asdict(row), **money}
