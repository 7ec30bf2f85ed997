"""``/collaborations``: commission plans of brands."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.errors import NotFound
from marketplace.models.tokens import Scope
from marketplace.permissions import brands_of
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView
from streams.actions.collaborations import end_collaboration, make_collaboration
from streams.api.bodies import CollaborationFilter, NewCollaboration
from streams.api.resources import CollaborationOut
from streams.errors import CollaborationOver
from streams.queries.access import get_collaboration_for, get_own_collaboration, readable_collaborations
from streams.queries.terms import running_plans


class Collaborations(ApiView):
    """Plans that the caller may read."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}
    expandable = frozenset({"streamer", "streamer.agency"})

    @operation("List collaborations", query=CollaborationFilter, returns=CollaborationOut, many=True)
    def get(self, request: Request) -> HttpResponse:
        """Of your brands, for you as a streamer, and the open ones when you are a streamer."""
        wanted = self.query(request, CollaborationFilter)
        plans = readable_collaborations(self.user(request))
        plans = plans.filter(
            **{f"{name}_id": wanted[name] for name in ("brand", "streamer") if name in wanted}
        )
        if "running" in wanted:
            running = running_plans(now=self.now).values("id")
            plans = plans.filter(id__in=running) if wanted["running"] else plans.exclude(id__in=running)
        plans = plans.select_related("streamer__agency").prefetch_related("rates")
        return self.page(request, plans, CollaborationOut)

    @operation("Offer a plan", body=NewCollaboration, returns=CollaborationOut, status=201)
    def post(self, request: Request) -> HttpResponse:
        """For members of the brand. Terms never change: end a plan and make another."""
        body, user = self.body(request, NewCollaboration), self.user(request)
        brand = brands_of(user).filter(id=body["brand"]).first()
        if brand is None:
            raise NotFound("You act for no such brand.", param="brand")
        return self.perform(
            request,
            lambda: make_collaboration(
                brand=brand,
                kind=body["kind"],
                streamer_id=body.get("streamer"),
                rate_bp=body["rate_bp"],
                rates={each["product"]: each["rate_bp"] for each in body.get("rates", [])},
                starts_at=body.get("starts_at"),
                ends_at=body.get("ends_at"),
                actor=user,
                now=self.now,
            ),
            CollaborationOut,
            status=201,
        )


class OneCollaboration(ApiView):
    """One plan."""

    expandable = frozenset({"streamer", "streamer.agency"})

    @operation("Read a collaboration", returns=CollaborationOut)
    def get(self, request: Request, collaboration_id: str) -> HttpResponse:
        """For the brand, the streamer it names, and every streamer when it is open."""
        plan = get_collaboration_for(self.user(request), collaboration_id)
        return self.answer(request, plan, CollaborationOut)


class CollaborationEnd(ApiView):
    """The end of a plan."""

    scopes: ClassVar = {"POST": Scope.CATALOGUE_WRITE}
    expandable = frozenset({"streamer", "streamer.agency"})

    @operation("End a plan", returns=CollaborationOut, errors=[CollaborationOver])
    def post(self, request: Request, collaboration_id: str) -> HttpResponse:
        """At once, for members of the brand. What was sold under it keeps its terms."""
        user = self.user(request)
        plan = get_own_collaboration(user, collaboration_id)
        return self.perform(
            request,
            lambda: end_collaboration(collaboration_id=plan.id, actor=user, now=self.now),
            CollaborationOut,
        )
