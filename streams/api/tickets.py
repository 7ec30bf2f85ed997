"""``/realtime/tickets``: the way into the socket for callers that cannot send a header there."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView, Idempotency
from streams.actions.tickets import issue_ticket
from streams.api.resources import TicketOut


class Tickets(ApiView):
    """Tickets into the socket."""

    scopes: ClassVar = {"POST": Scope.ORDERS_WRITE}
    idempotency = Idempotency.STATELESS

    @operation("Get a ticket", returns=TicketOut, status=201)
    def post(self, request: Request) -> HttpResponse:
        """Good once, for 30 seconds, in any room. A token needs ``orders:write``: in the room one buys."""
        user = self.user(request)
        return self.perform(request, lambda: issue_ticket(user=user, now=self.now), TicketOut, status=201)
