"""``/sessions/{id}/captions``: what the host says."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView
from streams.actions.captions import add_caption
from streams.api.bodies import NewCaption
from streams.api.resources import RoomEventOut
from streams.errors import WrongSessionState
from streams.permissions import Access
from streams.queries.access import get_session_for


class Captions(ApiView):
    """What is said in a session."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("Say something", body=NewCaption, returns=RoomEventOut, status=201, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """On air: a subtitle, as the fact ``host.said`` of the log. ``claim`` names what was stated."""
        body, user = self.body(request, NewCaption), self.user(request)
        session = get_session_for(user, session_id, Access.HOST)
        slot_id = body.pop("slot", None)
        return self.perform(
            request,
            lambda: add_caption(session_id=session.id, slot_id=slot_id, now=self.now, **body),
            RoomEventOut,
            status=201,
        )
