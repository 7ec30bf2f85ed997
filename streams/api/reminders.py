"""``/sessions/{id}/reminder``: to be told when a show begins."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.rest import fields
from marketplace.rest.openapi import operation
from marketplace.rest.serializers import Resource
from marketplace.rest.views import ApiView
from streams.actions.reminders import clear_reminder, set_reminder
from streams.errors import WrongSessionState
from streams.queries.access import get_session_for


class ReminderOut(Resource):
    """A show that you wait for."""

    object = fields.Object("reminder")
    session = fields.Id("ses", source="session_id")
    created_at = fields.Timestamp()


class SessionReminder(ApiView):
    """Your reminder of a show."""

    scopes: ClassVar = {"POST": Scope.ORDERS_WRITE, "DELETE": Scope.ORDERS_WRITE}

    @operation("Set a reminder", returns=ReminderOut, status=201, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """For a show that is announced; setting it twice is the same as once."""
        user = self.user(request)
        session = get_session_for(user, session_id)
        return self.perform(
            request,
            lambda: set_reminder(session_id=session.id, user=user, now=self.now),
            ReminderOut,
            status=201,
        )

    @operation("Clear a reminder", status=204)
    def delete(self, request: Request, session_id: str) -> HttpResponse:
        """Nothing happens when there is none."""
        user = self.user(request)
        session = get_session_for(user, session_id)
        clear_reminder(session_id=session.id, user=user, now=self.now)
        return HttpResponse(status=204)
