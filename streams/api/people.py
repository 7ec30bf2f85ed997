"""``/streamers``, ``/agencies``: the people in front of and beside the camera."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.errors import NotFound
from marketplace.models import User
from marketplace.models.tokens import Scope
from marketplace.permissions import require_platform_staff
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView
from streams.actions.people import (
    add_moderator,
    change_agency_share,
    change_streamer,
    create_agency,
    register_streamer,
    remove_moderator,
    set_agency,
)
from streams.api.bodies import (
    AgencyChange,
    AgencyChoice,
    NewAgency,
    NewModerator,
    NewStreamer,
    StreamerChange,
    StreamerFilter,
)
from streams.api.resources import AgencyOut, ModeratorOut, StreamerOut
from streams.errors import AgencyNameTaken, AlreadyStreamer, StreamerNameTaken
from streams.models import Agency, Streamer
from streams.queries.access import get_own_streamer, get_streamer_for


class Streamers(ApiView):
    """Every streamer."""

    public_methods = frozenset({"GET"})
    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}
    expandable = frozenset({"agency"})

    @operation("List streamers", query=StreamerFilter, returns=StreamerOut, many=True)
    def get(self, request: Request) -> HttpResponse:
        """The newest first."""
        wanted = self.query(request, StreamerFilter)
        streamers = Streamer.objects.select_related("agency")
        if "q" in wanted:
            streamers = streamers.filter(name__icontains=wanted["q"])
        if "agency" in wanted:
            streamers = streamers.filter(agency=wanted["agency"])
        return self.page(request, streamers, StreamerOut)

    @operation(
        "Become a streamer",
        body=NewStreamer,
        returns=StreamerOut,
        status=201,
        errors=[AlreadyStreamer, StreamerNameTaken],
    )
    def post(self, request: Request) -> HttpResponse:
        """Everybody may become one; a brand decides whose session sells its products."""
        body, user = self.body(request, NewStreamer), self.user(request)
        return self.perform(
            request, lambda: register_streamer(user=user, now=self.now, **body), StreamerOut, status=201
        )


class OwnStreamer(ApiView):
    """The caller as a streamer."""

    expandable = frozenset({"agency"})

    @operation("Read your own profile", returns=StreamerOut)
    def get(self, request: Request) -> HttpResponse:
        """Refused with 403 for who is no streamer."""
        return self.answer(request, get_own_streamer(self.user(request)), StreamerOut)


class OneStreamer(ApiView):
    """One streamer."""

    public_methods = frozenset({"GET"})
    scopes: ClassVar = {"PATCH": Scope.SESSIONS_HOST}
    expandable = frozenset({"agency"})

    @operation("Read a streamer", returns=StreamerOut)
    def get(self, request: Request, streamer_id: str) -> HttpResponse:
        """The public profile."""
        streamer = Streamer.objects.select_related("agency").filter(id=streamer_id).first()
        if streamer is None:
            raise NotFound
        return self.answer(request, streamer, StreamerOut)

    @operation("Change a streamer", body=StreamerChange, returns=StreamerOut, errors=[StreamerNameTaken])
    def patch(self, request: Request, streamer_id: str) -> HttpResponse:
        """Your own profile; platform staff changes any."""
        body, user = self.body(request, StreamerChange), self.user(request)
        streamer = get_streamer_for(user, streamer_id)
        return self.perform(
            request,
            lambda: change_streamer(streamer_id=streamer.id, actor=user, now=self.now, **body),
            StreamerOut,
        )


class StreamerAgency(ApiView):
    """Which agency represents a streamer."""

    scopes: ClassVar = {"PUT": Scope.SESSIONS_HOST}
    expandable = frozenset({"agency"})

    @operation("Put a streamer under an agency", body=AgencyChoice, returns=StreamerOut)
    def put(self, request: Request, streamer_id: str) -> HttpResponse:
        """Platform staff only. Null takes the streamer out; what was sold keeps its shares."""
        body, user = self.body(request, AgencyChoice), self.user(request)
        require_platform_staff(user)
        return self.perform(
            request,
            lambda: set_agency(streamer_id=streamer_id, agency_id=body["agency"], actor=user, now=self.now),
            StreamerOut,
        )


class Moderators(ApiView):
    """Who moderates a streamer's rooms."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("List moderators", returns=ModeratorOut, many=True)
    def get(self, request: Request, streamer_id: str) -> HttpResponse:
        """For the streamer and platform staff."""
        streamer = get_streamer_for(self.user(request), streamer_id)
        return self.page(request, User.objects.filter(moderates__streamer=streamer), ModeratorOut)

    @operation("Add a moderator", body=NewModerator, returns=ModeratorOut, status=201)
    def post(self, request: Request, streamer_id: str) -> HttpResponse:
        """Somebody who already moderates stays one."""
        body, user = self.body(request, NewModerator), self.user(request)
        streamer = get_streamer_for(user, streamer_id)
        return self.perform(
            request,
            lambda: add_moderator(streamer_id=streamer.id, user_id=body["user"], actor=user, now=self.now),
            ModeratorOut,
            status=201,
        )


class OneModerator(ApiView):
    """One moderator of a streamer."""

    scopes: ClassVar = {"DELETE": Scope.SESSIONS_HOST}

    @operation("Remove a moderator", status=204)
    def delete(self, request: Request, streamer_id: str, user_id: str) -> HttpResponse:
        """At once, in rooms that are on air too."""
        user = self.user(request)
        streamer = get_streamer_for(user, streamer_id)
        remove_moderator(streamer_id=streamer.id, user_id=user_id, actor=user, now=self.now)
        return HttpResponse(status=204)


class Agencies(ApiView):
    """Every agency."""

    public_methods = frozenset({"GET"})
    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("List agencies", returns=AgencyOut, many=True)
    def get(self, request: Request) -> HttpResponse:
        """The newest first."""
        return self.page(request, Agency.objects.all(), AgencyOut)

    @operation("Enter an agency", body=NewAgency, returns=AgencyOut, status=201, errors=[AgencyNameTaken])
    def post(self, request: Request) -> HttpResponse:
        """Platform staff only."""
        body, user = self.body(request, NewAgency), self.user(request)
        require_platform_staff(user)
        return self.perform(
            request, lambda: create_agency(actor=user, now=self.now, **body), AgencyOut, status=201
        )


class OneAgency(ApiView):
    """One agency."""

    public_methods = frozenset({"GET"})
    scopes: ClassVar = {"PATCH": Scope.SESSIONS_HOST}

    @operation("Read an agency", returns=AgencyOut)
    def get(self, request: Request, agency_id: str) -> HttpResponse:
        """Name and share."""
        agency = Agency.objects.filter(id=agency_id).first()
        if agency is None:
            raise NotFound
        return self.answer(request, agency, AgencyOut)

    @operation("Change an agency's share", body=AgencyChange, returns=AgencyOut)
    def patch(self, request: Request, agency_id: str) -> HttpResponse:
        """Platform staff only. Counts for what is sold from now on."""
        body: dict[str, Any] = self.body(request, AgencyChange)
        user = self.user(request)
        require_platform_staff(user)
        return self.perform(
            request,
            lambda: change_agency_share(agency_id=agency_id, actor=user, now=self.now, **body),
            AgencyOut,
        )
