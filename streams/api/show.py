"""``/sessions/{id}/schedule`` and the other steps of a session's life."""

from collections.abc import Callable
from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.models.tokens import Scope
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView
from streams.actions.replays import set_replay_sales
from streams.actions.sessions import cancel_session, schedule_session, unschedule_session
from streams.actions.show import (
    end_rehearsal,
    end_session,
    pause_session,
    rehearse_session,
    resume_session,
    start_session,
)
from streams.api.bodies import ReplayChoice, Schedule
from streams.api.resources import SessionOut
from streams.errors import AlreadyOnAir, NotReady, WrongSessionState
from streams.models import Session
from streams.permissions import Access
from streams.queries.access import get_session_for


class _Step(ApiView):
    """One step of a session's life, for who hosts it."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}
    expandable = frozenset({"streamer", "streamer.agency"})

    def take(self, request: Request, session_id: str, step: Callable[..., Session]) -> HttpResponse:
        """Run the action of the step and answer with the session."""
        user = self.user(request)
        session = get_session_for(user, session_id, Access.HOST)
        return self.perform(
            request, lambda: step(session_id=session.id, actor=user, now=self.now), SessionOut
        )


class ScheduleSession(_Step):
    """Announcement."""

    @operation("Announce a session", body=Schedule, returns=SessionOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """A draft gets a date in the next 365 days and is announced; an announced session gets another."""
        when = self.body(request, Schedule)["scheduled_at"]
        return self.take(request, session_id, lambda **given: schedule_session(scheduled_at=when, **given))


class UnscheduleSession(_Step):
    """Announcement taken back."""

    @operation("Take an announcement back", returns=SessionOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """The session is a draft again and has no date."""
        return self.take(request, session_id, unschedule_session)


class RehearseSession(_Step):
    """Rehearsal."""

    @operation("Begin a rehearsal", returns=SessionOut, errors=[WrongSessionState, AlreadyOnAir])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """The room opens and sells nothing; nothing of it counts."""
        return self.take(request, session_id, rehearse_session)


class EndRehearsal(_Step):
    """End of a rehearsal."""

    @operation("End a rehearsal", returns=SessionOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """The session is scheduled again; what was pinned and opened in the rehearsal is put away."""
        return self.take(request, session_id, end_rehearsal)


class StartSession(_Step):
    """Going live."""

    @operation("Go live", returns=SessionOut, errors=[WrongSessionState, NotReady, AlreadyOnAir])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """From the schedule or from a rehearsal; one session of a streamer at a time."""
        return self.take(request, session_id, start_session)


class PauseSession(_Step):
    """A break."""

    @operation("Pause", returns=SessionOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """Nothing can be bought; the clocks of open deals go on."""
        return self.take(request, session_id, pause_session)


class ResumeSession(_Step):
    """The end of a break."""

    @operation("Resume", returns=SessionOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """The show goes on."""
        return self.take(request, session_id, resume_session)


class EndSession(_Step):
    """The end of the show."""

    @operation("End the show", returns=SessionOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """Open deals are closed and nothing stays pinned; orders live on."""
        return self.take(request, session_id, end_session)


class CancelSession(_Step):
    """Called off."""

    @operation("Cancel a session", returns=SessionOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """Before it has gone live; afterwards there is only an end."""
        return self.take(request, session_id, cancel_session)


class ReplaySales(_Step):
    """Selling after the show."""

    @operation("Let the replay sell", body=ReplayChoice, returns=SessionOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """After the end, what is left may be bought at the live price; before it, this is kept for then."""
        sells = self.body(request, ReplayChoice)["sells"]
        return self.take(request, session_id, lambda **given: set_replay_sales(sells=sells, **given))
