"""``/agencies/{id}/members``: who acts for an agency. No token adds or removes people."""

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.actions.errors import AlreadyMember, LastOwner
from marketplace.errors import LimitReached
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView
from streams.actions.people import agency_members
from streams.api.bodies import AgencyMemberChanges, NewAgencyMember
from streams.api.resources import AgencyMemberOut, AgencyMembersOut
from streams.queries.access import agency_members_for


class AgencyMembers(ApiView):
    """Everybody who acts for an agency."""

    @operation("List an agency's members", returns=AgencyMembersOut)
    def get(self, request: Request, agency_id: str) -> HttpResponse:
        """At most 100 people; for members."""
        members = agency_members_for(self.user(request), agency_id)
        return self.answer(request, {"data": list(members), "has_more": False}, AgencyMembersOut)

    @operation(
        "Add a member to an agency",
        body=NewAgencyMember,
        returns=AgencyMemberOut,
        status=201,
        errors=[AlreadyMember, LimitReached],
    )
    def post(self, request: Request, agency_id: str) -> HttpResponse:
        """Lets somebody act for the agency; for its owners. Platform staff names the first."""
        body, user = self.body(request, NewAgencyMember), self.user(request)
        return self.perform(
            request,
            lambda: agency_members.add(agency_id, actor=user, now=self.now, **body),
            AgencyMemberOut,
            status=201,
        )


class OneAgencyMember(ApiView):
    """One person who acts for an agency."""

    @operation(
        "Change a role in an agency", body=AgencyMemberChanges, returns=AgencyMemberOut, errors=[LastOwner]
    )
    def patch(self, request: Request, agency_id: str, user_id: str) -> HttpResponse:
        """Makes a member an owner or staff; for owners."""
        body, user = self.body(request, AgencyMemberChanges), self.user(request)
        return self.perform(
            request,
            lambda: agency_members.change(agency_id, user_id=user_id, actor=user, now=self.now, **body),
            AgencyMemberOut,
        )

    @operation("Remove a member of an agency", status=204, errors=[LastOwner])
    def delete(self, request: Request, agency_id: str, user_id: str) -> HttpResponse:
        """Owners remove anybody, staff may leave."""
        user = self.user(request)
        return self.perform(
            request,
            lambda: agency_members.remove(agency_id, user_id=user_id, actor=user, now=self.now),
            None,
            status=204,
        )
