"""Returns: what can be asked for, what it would give, the request, and everything that happens to it."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from marketplace.errors import LimitReached
from marketplace.models.tokens import Scope
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView, Idempotency
from orders.errors import UnitsClaimed
from orders.models import OrderLine
from orders.permissions import get_own_order, require_brand
from refunds.actions.request_return import request_return
from refunds.api.return_resources import (
    EligibilityOut,
    EligibilityQuery,
    PreviewOut,
    ReturnIn,
    ReturnOut,
    ReturnsQuery,
    WishIn,
)
from refunds.eligibility import Wish, judge_order
from refunds.errors import DeadlinePassed, EvidenceNeeded, NotReturnable, WrongReturnState
from refunds.models import Return
from refunds.permissions import get_own_line, get_return_for, require_party, returns_of_buyer
from refunds.preview import preview

#: What every step of a return may be refused with.
STEP_ERRORS = (WrongReturnState, DeadlinePassed)


class ReturnEligibility(ApiView):
    """What can be asked back of an order."""

    @operation("Read return eligibility", query=EligibilityQuery, returns=EligibilityOut)
    def get(self, request: Request) -> HttpResponseBase:
        """What of your order can be asked back: for which reasons, until when, and if not, why."""
        order = get_own_order(self.user(request), self.query(request, EligibilityQuery)["order"])
        judged = judge_order(OrderLine.objects.filter(order=order).order_by("id"), now=self.now)
        return self.answer(request, {"order": order.id, "lines": judged}, EligibilityOut)


class ReturnPreview(ApiView):
    """What a request would give."""

    scopes: ClassVar = {"POST": Scope.RETURNS_WRITE}
    idempotency = Idempotency.STATELESS

    @operation("Preview a return", body=WishIn, returns=PreviewOut, errors=[NotReturnable])
    def post(self, request: Request) -> HttpResponseBase:
        """The exact amount that you would get, who pays the parcel back, whether it is granted at once."""
        user, body = self.user(request), self.body(request, WishIn)
        line = get_own_line(user, body.pop("line"))
        return self.answer(request, preview(line, Wish(**body), now=self.now), PreviewOut)


class Returns(ApiView):
    """Returns."""

    scopes: ClassVar = {"POST": Scope.RETURNS_WRITE}
    idempotency = Idempotency.REQUIRED
    expandable = ReturnOut.EXPANDABLE

    @operation("List returns", query=ReturnsQuery, returns=ReturnOut, many=True)
    def get(self, request: Request) -> HttpResponseBase:
        """Returns that you have asked for, newest first, or those of a brand of yours; all for staff."""
        user, wanted = self.user(request), self.query(request, ReturnsQuery)
        if "brand" in wanted:
            require_brand(user, wanted["brand"])
            found = Return.objects.filter(brand_id=wanted["brand"])
        else:
            found = returns_of_buyer(user)
        if "order" in wanted:
            found = found.filter(order_id=wanted["order"])
        if "state" in wanted:
            found = found.filter(state=wanted["state"])
        return self.page(request, with_relations(found, self.expand(request).paths), ReturnOut)

    @operation(
        "Ask for a return",
        body=ReturnIn,
        returns=ReturnOut,
        status=201,
        errors=[NotReturnable, UnitsClaimed, EvidenceNeeded, LimitReached],
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Ask money back for units of a line of yours. A trusted buyer's request is approved at once."""
        user, body = self.user(request), self.body(request, ReturnIn)
        line_id, text, evidence = body.pop("line"), body.pop("text"), body.pop("evidence")
        get_own_line(user, line_id)
        return self.perform(
            request,
            lambda: request_return(
                line_id=line_id,
                buyer_id=user.id,
                wish=Wish(**body),
                text=text,
                evidence=evidence,
                now=self.now,
            ),
            ReturnOut,
            status=201,
        )


class ReturnDetail(ApiView):
    """One return."""

    expandable = ReturnOut.EXPANDABLE

    @operation("Read a return", returns=ReturnOut)
    def get(self, request: Request, return_id: str) -> HttpResponseBase:
        """For its buyer, the brand, and platform staff. ``next_actions`` says who can do what until when."""
        return self.answer(request, get_return_for(self.user(request), return_id), ReturnOut)


class ReturnStep(ApiView):
    """One step of a return, for the parties that may take it."""

    scopes: ClassVar = {"POST": Scope.RETURNS_WRITE}
    idempotency = Idempotency.REQUIRED
    expandable = ReturnOut.EXPANDABLE
    parties: ClassVar[tuple[str, ...]] = ()

    def take(
        self, request: Request, return_id: str, action: Callable[..., Return], **values: Any
    ) -> HttpResponse:
        """Run an action on a return of this person's and answer with the return."""
        user = self.user(request)
        require_party(user, return_id, *self.parties)
        return self.perform(
            request,
            lambda: action(return_id=return_id, actor=user.id, now=self.now, **values),
            ReturnOut,
        )


def with_relations(returns: Any, expanded: Any) -> Any:
    """Read along what is shown of other tables, once for a whole page."""
    return returns.select_related("line").prefetch_related(*expanded)
