"""Checkout: address and card, as a page, or as a fragment for the sheet in the room."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from marketplace.errors import Declined, DomainError, NotFound
from marketplace.lib import clock
from marketplace.models import User
from marketplace.rest.problems import as_domain_error
from marketplace.storefront.doors import person, refusing
from marketplace.storefront.forms import checked, faults_of
from orders.api.resources import PaymentIn
from orders.models import Payment
from orders.paying import pay
from orders.payments.simulator.cards import CARDS, late_card
from orders.permissions import get_order_for, get_own_order
from orders.queries.lists import last_address
from orders.queries.sight import OrderAt
from orders.states import Line, Pay

ADDRESS = ("name", "phone", "line1", "line2", "city", "region", "postal_code", "country")
FRAGMENT = "fragment=1"
UNDECIDED = (Pay.CREATED, Pay.PROCESSING)

#: What a buyer reads for each reason of the gateway's no.
_REASONS = {
    "insufficient_funds": "There is not enough money on this card.",
    "card_declined": "The bank declined this card.",
    "expired_card": "This card has expired.",
}


#: Filled in for a first order in the sandbox, where nothing is sent: one need not invent one to look around.
SAMPLE_ADDRESS = {
    "phone": "+86 138 0013 8000",
    "line1": "8 Teahouse Lane",
    "line2": "Door 3",
    "city": "Hangzhou",
    "region": "Zhejiang",
    "postal_code": "310000",
    "country": "CN",
}


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card of the sandbox, and what it does in plain words."""

    number: str
    title: str


#: Offered by name in the sandbox; any other number of docs/payments.md can be typed.
TEST_CARDS = (
    TestCard("4242424242424242", "Approved at once"),
    TestCard(late_card(2), "Approved after 2 seconds"),
    TestCard("4000000000000002", "Declined by the bank"),
    TestCard("4000000000009995", "Declined: not enough money"),
    TestCard("4000000000000069", "Declined: card expired"),
    TestCard("4000010000000084", "Gateway stumbles once, a second try works"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@refusing
def checkout(request: HttpRequest, order_id: str) -> HttpResponse:
    """Show the form, or what became of the order; with a card, pay."""
    user, now = person(request), clock.now()
    if request.method != "POST":
        return _show(request, user, order_id)
    get_own_order(user, order_id)
    address = {name: request.POST.get(name, "").strip() for name in ADDRESS}
    card = request.POST.get("card", "").strip() or request.POST.get("test_card", "")
    try:
        body = checked(PaymentIn, {"card": card, "address": address})
        payment = pay(order_id=order_id, buyer_id=user.id, now=now, **body)
    except Exception as raised:
        error = as_domain_error(raised)
        if error is None or isinstance(error, NotFound):
            raise
        return _show(
            request, user, order_id, error=error, typed={**address, "card": request.POST.get("card", "")}
        )
    if _as_fragment(request):
        return _show(request, user, order_id)
    name = "storefront:checkout" if payment.state in UNDECIDED else "storefront:order"
    return HttpResponseRedirect(reverse(name, args=[order_id]))


def _show(
    request: HttpRequest,
    user: User,
    order_id: str,
    *,
    error: DomainError | None = None,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    """Answer with the order as it stands now; what was typed is kept."""
    order = get_order_for(user, get_own_order(user, order_id).id, at=clock.now())
    waiting = next((one for one in reversed(order.payments) if one.state in UNDECIDED), None)
    known = order.address or (last_address(user.id) if typed is None else None)
    context = {
        "order": order,
        "waiting": waiting if order.state == Line.PENDING_PAYMENT else None,
        "failed": _last_failure(order, error),
        "typed": typed or known or _blank_address(user),
        "is_sample": settings.SANDBOX and not (typed or known),
        "chosen": request.POST.get("test_card", TEST_CARDS[0].number),
        "error": error,
        "faults": faults_of(error) if error else {},
        "cards": TEST_CARDS if settings.SANDBOX else (),
        "known_cards": len(CARDS),
        "fragment": _as_fragment(request),
    }
    template = "storefront/checkout_body.html" if _as_fragment(request) else "storefront/checkout.html"
    answer = render(request, template, context, status=error.status if error else 200)
    answer["Vary"] = "Accept, Cookie"
    return answer


def _blank_address(user: User) -> dict[str, str]:
    return {"name": user.shown_name, **(SAMPLE_ADDRESS if settings.SANDBOX else {"country": "CN"})}


def _last_failure(order: OrderAt, error: DomainError | None) -> str:
    """Return why the last card did not work, in a sentence; nothing when none was tried."""
    if isinstance(error, Declined):
        return _reason(str(error.data.get("failure_code", "")))
    last: Payment | None = order.payments[-1] if order.payments else None
    return _reason(last.failure_code) if error is None and last and last.state == Pay.FAILED else ""


def _reason(code: str) -> str:
    return _REASONS.get(code, "The payment did not go through.")


def _as_fragment(request: HttpRequest) -> bool:
    accepted: Any = request.headers.get("Accept", "")
    return FRAGMENT in accepted or request.GET.get("fragment") == "1"
