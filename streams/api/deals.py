"""``/sessions/{id}/deals``: flash deals."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView
from streams.actions.deals import close_deal, open_deal
from streams.api.bodies import DealFilter, NewDeal
from streams.api.resources import DealOut
from streams.errors import DealStillOpen, NotEnoughLeft, NotForSale, OtherCurrency, WrongSessionState
from streams.permissions import Access
from streams.queries.access import get_deal_for, get_session_for, get_slot_for
from streams.queries.sessions import deals, open_at


class Deals(ApiView):
    """The deals of a session."""

    public_methods = frozenset({"GET"})
    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("List deals", query=DealFilter, returns=DealOut, many=True)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """The newest first; ``open`` is judged at this moment, whether or not a sweep has come by."""
        wanted = self.query(request, DealFilter)
        found = deals().filter(session=get_session_for(request.user, session_id))
        if "slot" in wanted:
            found = found.filter(slot_id=wanted["slot"])
        if "open" in wanted:
            found = found.filter(open_at(self.now) if wanted["open"] else ~open_at(self.now))
        return self.page(request, found, DealOut)

    @operation(
        "Open a deal",
        body=NewDeal,
        returns=DealOut,
        status=201,
        errors=[WrongSessionState, NotForSale, OtherCurrency, NotEnoughLeft, DealStillOpen],
    )
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """On air; at most what the slot has left, at most at its live price, for 5 seconds to an hour."""
        body, user = self.body(request, NewDeal), self.user(request)
        slot = get_slot_for(user, session_id, body.pop("slot"), Access.HOST)
        return self.perform(
            request,
            lambda: open_deal(slot_id=slot.id, actor=user, now=self.now, **body),
            DealOut,
            status=201,
        )


class OneDeal(ApiView):
    """One deal."""

    public_methods = frozenset({"GET"})

    @operation("Read a deal", returns=DealOut)
    def get(self, request: Request, session_id: str, deal_id: str) -> HttpResponse:
        """Terms, and what is left."""
        return self.answer(request, get_deal_for(request.user, session_id, deal_id), DealOut)


class CloseDeal(ApiView):
    """The early end of a deal."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("Close a deal", returns=DealOut)
    def post(self, request: Request, session_id: str, deal_id: str) -> HttpResponse:
        """Before its time; harmless when it is over."""
        user = self.user(request)
        deal = get_deal_for(user, session_id, deal_id, Access.HOST)
        return self.perform(request, lambda: close_deal(deal_id=deal.id, actor=user, now=self.now), DealOut)
