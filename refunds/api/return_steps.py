"""The steps of a return, each an address of its own."""

from typing import ClassVar

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace.errors import Invalid, LimitReached
from marketplace.rest.openapi import operation
from refunds.actions import answer_return as answers
from refunds.actions import carry_return as goods
from refunds.actions.dispute_return import decide_return, dispute_return
from refunds.api.return_resources import DecisionIn, NoteIn, OfferIn, ParcelIn, ReturnOut, WhyIn
from refunds.api.returns import STEP_ERRORS, ReturnStep
from refunds.errors import NotReturnable
from refunds.permissions import parties_of, require_party


class Approval(ReturnStep):
    """Approval of a request."""

    parties: ClassVar = ("seller",)

    @operation("Approve a return", body=NoteIn, returns=ReturnOut, errors=STEP_ERRORS)
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Grant what was asked for; without goods to come back the refund begins at once."""
        return self.take(request, return_id, answers.approve_return, **self.body(request, NoteIn))


class Rejection(ReturnStep):
    """Rejection of a request."""

    parties: ClassVar = ("seller",)

    @operation("Reject a return", body=WhyIn, returns=ReturnOut, errors=STEP_ERRORS)
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Refuse what was asked for and say why; the buyer may dispute it within a week."""
        return self.take(request, return_id, answers.reject_return, **self.body(request, WhyIn))


class Offer(ReturnStep):
    """An offer of a part."""

    parties: ClassVar = ("seller",)

    @operation(
        "Offer a partial refund",
        body=OfferIn,
        returns=ReturnOut,
        errors=[*STEP_ERRORS, NotReturnable, LimitReached],
    )
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Offer less than was asked for; the buyer keeps the goods if they accept. Three offers at most."""
        body = self.body(request, OfferIn)
        case = require_party(self.user(request), return_id, *self.parties)
        money = body.pop("amount")
        if money.currency != case.currency:
            raise Invalid(f"The currency is {case.currency}.", param="amount")
        return self.take(request, return_id, answers.offer_refund, amount=money.amount, **body)


class OfferAcceptance(ReturnStep):
    """Acceptance of an offer."""

    parties: ClassVar = ("buyer",)

    @operation("Accept a partial refund", returns=ReturnOut, errors=STEP_ERRORS)
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Take what the seller offers: the refund begins, the goods stay with you."""
        return self.take(request, return_id, answers.accept_offer)


class OfferRefusal(ReturnStep):
    """Refusal of an offer."""

    parties: ClassVar = ("buyer",)

    @operation("Decline a partial refund", body=NoteIn, returns=ReturnOut, errors=STEP_ERRORS)
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Stay with what you have asked for; the seller's time to answer begins anew."""
        return self.take(request, return_id, answers.decline_offer, **self.body(request, NoteIn))


class Sending(ReturnStep):
    """The parcel back."""

    parties: ClassVar = ("buyer",)

    @operation("Send a return back", body=ParcelIn, returns=ReturnOut, errors=STEP_ERRORS)
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Say in which parcel the goods come back."""
        return self.take(request, return_id, goods.send_back, **self.body(request, ParcelIn))


class Receipt(ReturnStep):
    """Arrival of the parcel."""

    parties: ClassVar = ("seller",)

    @operation("Receive a return", returns=ReturnOut, errors=STEP_ERRORS)
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Say that the parcel has arrived. It is to be inspected within eight days of its sending."""
        return self.take(request, return_id, goods.receive_return)


class Inspection(ReturnStep):
    """Goods found in order."""

    parties: ClassVar = ("seller",)

    @operation("Accept returned goods", body=NoteIn, returns=ReturnOut, errors=STEP_ERRORS)
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Find the goods in order: the refund begins and the units go back on the shelf."""
        return self.take(request, return_id, goods.accept_goods, **self.body(request, NoteIn))


class GoodsRefusal(ReturnStep):
    """Goods refused at inspection."""

    parties: ClassVar = ("seller",)

    @operation("Refuse returned goods", body=WhyIn, returns=ReturnOut, errors=STEP_ERRORS)
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Refuse the goods as they came back and say why; the buyer may dispute it within a week."""
        return self.take(request, return_id, goods.refuse_goods, **self.body(request, WhyIn))


class Dispute(ReturnStep):
    """A question to the platform."""

    parties: ClassVar = ("buyer", "seller")

    @operation("Dispute a return", body=WhyIn, returns=ReturnOut, errors=STEP_ERRORS)
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Ask the platform: as buyer about a refusal, as seller about a parcel that has not arrived."""
        user = self.user(request)
        case = require_party(user, return_id, *self.parties)
        party = "buyer" if "buyer" in parties_of(user, case) else "seller"
        return self.take(request, return_id, dispute_return, party=party, **self.body(request, WhyIn))


class Decision(ReturnStep):
    """A decision of the platform."""

    parties: ClassVar = ("staff",)

    @operation("Decide a dispute", body=DecisionIn, returns=ReturnOut, errors=STEP_ERRORS)
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Decide for the buyer, with all or a part of what was claimed, or for the seller. For staff."""
        body = self.body(request, DecisionIn)
        case = require_party(self.user(request), return_id, *self.parties)
        money = body.get("amount")
        if money is not None and money.currency != case.currency:
            raise Invalid(f"The currency is {case.currency}.", param="amount")
        return self.take(
            request,
            return_id,
            decide_return,
            for_buyer=body["decision"] == "buyer",
            amount=money.amount if money else None,
            note=body["note"],
        )


class Withdrawal(ReturnStep):
    """A request taken back."""

    parties: ClassVar = ("buyer",)

    @operation("Withdraw a return", returns=ReturnOut, errors=STEP_ERRORS)
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Take your request back, until the goods are on their way."""
        return self.take(request, return_id, answers.withdraw_return)
