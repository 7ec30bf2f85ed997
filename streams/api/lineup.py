"""``/sessions/{id}/lineup``: what a session sells."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from marketplace.errors import Forbidden, LimitReached
from marketplace.models.tokens import Scope
from marketplace.permissions import acts_for
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView, Idempotency
from streams.actions.discounts import set_discount
from streams.actions.lineup import add_slot, change_slot, pin_slot, reorder_lineup, unpin_slot
from streams.actions.restock import restock_slot
from streams.api.bodies import LineupOrder, NewSlot, SlotChange, SlotDiscount, SlotRestock
from streams.api.resources import LineupOut, SlotOut
from streams.errors import (
    AllocationBelowTaken,
    AlreadyInLineup,
    BrandHasNotAgreed,
    DealStillOpen,
    DiscountsExceedPrice,
    LineupMoved,
    NotForSale,
    OtherCurrency,
    WrongSessionState,
)
from streams.permissions import Access
from streams.queries.access import get_session_for, get_slot_for, get_slot_to_fund
from streams.queries.sessions import line_up


class Lineup(ApiView):
    """The line-up of a session."""

    public_methods = frozenset({"GET"})
    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("List the line-up", returns=SlotOut, many=True)
    def get(self, request: Request, session_id: str) -> HttpResponse:
        """Slots in their order, with what is left of each."""
        session = get_session_for(request.user, session_id)
        return self.page(request, line_up().filter(session=session), SlotOut, order="position")

    @operation(
        "Add a slot",
        body=NewSlot,
        returns=SlotOut,
        status=201,
        errors=[
            WrongSessionState,
            NotForSale,
            BrandHasNotAgreed,
            AlreadyInLineup,
            OtherCurrency,
            LimitReached,
        ],
    )
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """A variant of a published product whose brand agrees, at the session's own price."""
        body, user = self.body(request, NewSlot), self.user(request)
        session = get_session_for(user, session_id, Access.HOST)
        variant_id = body.pop("variant")
        return self.perform(
            request,
            lambda: add_slot(session_id=session.id, variant_id=variant_id, actor=user, now=self.now, **body),
            SlotOut,
            status=201,
        )


class OrderLineup(ApiView):
    """The order of a line-up."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation(
        "Reorder the line-up", body=LineupOrder, returns=LineupOut, errors=[WrongSessionState, LineupMoved]
    )
    def post(self, request: Request, session_id: str) -> HttpResponse:
        """Names every slot once; they are numbered from 1."""
        body, user = self.body(request, LineupOrder), self.user(request)
        session = get_session_for(user, session_id, Access.HOST)
        return self.perform(
            request,
            lambda: reorder_lineup(session_id=session.id, slot_ids=body["slots"], actor=user, now=self.now),
            LineupOut,
        )


class OneSlot(ApiView):
    """One slot of a line-up."""

    public_methods = frozenset({"GET"})
    scopes: ClassVar = {"PATCH": Scope.SESSIONS_HOST}

    @operation("Read a slot", returns=SlotOut)
    def get(self, request: Request, session_id: str, slot_id: str) -> HttpResponse:
        """Price, limits, what is left."""
        return self.answer(request, get_slot_for(request.user, session_id, slot_id), SlotOut)

    @operation(
        "Change a slot",
        body=SlotChange,
        returns=SlotOut,
        errors=[WrongSessionState, OtherCurrency, DiscountsExceedPrice, AllocationBelowTaken],
    )
    def patch(self, request: Request, session_id: str, slot_id: str) -> HttpResponse:
        """Live price, allocation, limit, place or sale switch, on air too; null takes a limit away."""
        body, user = self.body(request, SlotChange), self.user(request)
        slot = get_slot_for(user, session_id, slot_id, Access.HOST)
        return self.perform(
            request, lambda: change_slot(slot_id=slot.id, actor=user, now=self.now, **body), SlotOut
        )


class SlotDiscounts(ApiView):
    """What comes off the price of a slot."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation(
        "Set a discount",
        body=SlotDiscount,
        returns=SlotOut,
        errors=[WrongSessionState, OtherCurrency, DiscountsExceedPrice, DealStillOpen],
    )
    def post(self, request: Request, session_id: str, slot_id: str) -> HttpResponse:
        """Off each unit, on air too, by whom it costs: brand members, the streamer, platform staff."""
        body, user = self.body(request, SlotDiscount), self.user(request)
        slot = get_slot_to_fund(user, session_id, slot_id, body["funder"])
        return self.perform(
            request, lambda: set_discount(slot_id=slot.id, actor=user, now=self.now, **body), SlotOut
        )


class PinSlot(ApiView):
    """The product being explained."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("Pin a slot", returns=SlotOut, errors=[WrongSessionState, LineupMoved])
    def post(self, request: Request, session_id: str, slot_id: str) -> HttpResponse:
        """On air only. Any other slot of the session is unpinned with it."""
        user = self.user(request)
        slot = get_slot_for(user, session_id, slot_id, Access.HOST)
        return self.perform(request, lambda: pin_slot(slot_id=slot.id, actor=user, now=self.now), SlotOut)


class UnpinSlot(ApiView):
    """No product being explained."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}

    @operation("Unpin a slot", returns=SlotOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str, slot_id: str) -> HttpResponse:
        """On air only; harmless when it is not pinned."""
        user = self.user(request)
        slot = get_slot_for(user, session_id, slot_id, Access.HOST)
        return self.perform(request, lambda: unpin_slot(slot_id=slot.id, actor=user, now=self.now), SlotOut)


class RestockSlot(ApiView):
    """More units of what a slot sells."""

    scopes: ClassVar = {"POST": Scope.SESSIONS_HOST}
    idempotency = Idempotency.REQUIRED

    @operation("Restock a slot", body=SlotRestock, returns=SlotOut, errors=[WrongSessionState])
    def post(self, request: Request, session_id: str, slot_id: str) -> HttpResponse:
        """On air, for hosts who act for the product's brand; every room that sells it hears of the units."""
        body, user = self.body(request, SlotRestock), self.user(request)
        slot = get_slot_for(user, session_id, slot_id, Access.HOST)
        if not acts_for(user, slot.variant.brand_id):
            raise Forbidden("Only who acts for the product's brand puts units on its shelf.")
        return self.perform(
            request,
            lambda: restock_slot(slot_id=slot.id, actor=user, now=self.now, **body),
            SlotOut,
        )
