"""``/sessions``: the lobby, one session, its pre-flight check, its fact log."""

from typing import ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Prefetch
from django.http import HttpResponse
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from marketplace import pictures
from marketplace.errors import FieldError, Invalid, TooLarge
from marketplace.models import User
from marketplace.models.tokens import Scope
from marketplace.pictures import BadPicture
from marketplace.rest.openapi import operation
from marketplace.rest.pages import Cursor
from marketplace.rest.views import ApiView
from streams.actions.sessions import COVERS, change_session, create_session, set_cover
from streams.api.bodies import EventFilter, NewCover, NewSession, SessionChange, SessionFilter
from streams.api.resources import ChecklistOut, RoomEventsOut, SessionOut
from streams.errors import WrongSessionState
from streams.models import Session
from streams.permissions import Access
from streams.queries.access import get_own_streamer, get_session_for
from streams.queries.checklist import checklist
from streams.queries.lobby import lobby
from streams.queries.sessions import line_up, log_page


class Sessions(ApiView):
    """Sessions that the caller may read."""

    public_methods = frozenset({"GET"})
    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}
    expandable = frozenset({"streamer", "streamer.agency", "lineup"})

    @operation("List sessions", query=SessionFilter, returns=SessionOut, many=True)
    def get(self, request: Request) -> HttpResponse:
        """What has been announced, and your own; ``show`` chooses a view of the lobby."""
        wanted = self.query(request, SessionFilter)
        if "mine" in wanted:
            self.user(request)
        sessions, order = lobby(request.user, wanted)
        if "streamer.agency" in self.expand(request).paths:
            sessions = sessions.select_related("streamer__agency")
        if "lineup" in self.expand(request):
            sessions = sessions.prefetch_related(Prefetch("slots", line_up()))
        return self.page(request, sessions, SessionOut, order=order)

    @operation("Draft a session", body=NewSession, returns=SessionOut, status=201)
    def post(self, request: Request) -> HttpResponse:
        """For streamers; nobody else sees the draft."""
        body, user = self.body(request, NewSession), self.user(request)
        streamer = get_own_streamer(user)
        return self.perform(
            request,
            lambda: create_session(streamer=streamer, actor=user, now=self.now, **body),
            SessionOut,
            status=201,
        )


class OneSession(ApiView):
    """One session."""

    public_methods = frozenset({"GET"})
    scopes: ClassVar = {"PATCH": Scope.SESSIONS_HOST}
    expandable = frozenset({"streamer", "streamer.agency", "lineup"})

    @operation("Read a session", returns=SessionOut)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """Everybody reads what has been announced; drafts are for those who work on them."""
        session = get_session_for(request.user, session_id)
        return self.answer(request, session, SessionOut)

    @operation("Change a session", body=SessionChange, returns=SessionOut, errors=[WrongSessionState])
    def patch(self, request: Request, session_id: str) -> HttpResponse:
        """While it is a draft or announced; on air nothing of it changes any more."""
        body, user = self.body(request, SessionChange), self.user(request)
        session = get_session_for(user, session_id, Access.HOST)
        return self.perform(
            request,
            lambda: change_session(session_id=session.id, actor=user, now=self.now, **body),
            SessionOut,
        )


class SessionCover(ApiView):
    """The picture that announces a session."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}
    parser_classes = (MultiPartParser,)

    @operation(
        "Set the cover", body=NewCover, returns=SessionOut, errors=[BadPicture, TooLarge, WrongSessionState]
    )
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """Takes multipart/form-data. What the file is follows from its first bytes, not from its name."""
        body, user = self.body(request, NewCover), self.user(request)
        session = get_session_for(user, session_id, Access.HOST)
        return self.perform(request, lambda: self._replace(session, body["file"], user), SessionOut)

    def _replace(self, session: Session, upload: "UploadedFile[bytes]", user: User) -> Session:
        earlier = session.cover.name
        with pictures.stored(upload, folder=COVERS) as name:
            changed = set_cover(session_id=session.id, cover=name, actor=user, now=self.now)
        if earlier:
            pictures.discard(earlier)
        return changed


class SessionChecklist(ApiView):
    """The pre-flight check."""

    @operation("Read the checklist", returns=ChecklistOut)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """For the host: what is missing before the show; going live demands the required items."""
        session = get_session_for(self.user(request), session_id, Access.HOST)
        checks = checklist(session, now=self.now)
        ready = all(check.passed for check in checks if check.required)
        return self.answer(request, {"ready": ready, "checks": checks}, ChecklistOut)


class SessionEvents(ApiView):
    """The fact log."""

    public_methods = frozenset({"GET"})

    @operation("Read the fact log", query=EventFilter, returns=RoomEventsOut)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """Facts after number ``after``, oldest first, ``limit`` at a time, with the digests of the chain."""
        after = self.query(request, EventFilter).get("after", 0)
        cursor = Cursor.parse(request.query_params)
        if cursor.id:
            detail = "The fact log is paged by after."
            raise Invalid(detail, param=cursor.param, errors=[FieldError(cursor.param, "invalid", detail)])
        session: Session = get_session_for(request.user, session_id)
        return self.answer(request, log_page(session.id, after=after, limit=cursor.limit), RoomEventsOut)
