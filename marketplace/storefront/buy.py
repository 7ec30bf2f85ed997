"""A purchase by form: the same admission as the API's and the socket's."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from marketplace import limits
from marketplace.errors import Invalid
from marketplace.lib.ids import is_id
from marketplace.models import User
from marketplace.rest.keys import clean_key
from marketplace.storefront.forms import whole_number
from orders.admission import admission
from orders.purchase_form import parse
from orders.requests import Outcome, Refused


@require_POST
def buy(request: HttpRequest) -> HttpResponse:
    """Buy what the form names; on to the checkout, or back to the room with the reason for a refusal.

    Nobody is sent to sign in and back to the room.
    """
    outcome = _outcome(request)
    if not isinstance(outcome, Refused):
        return redirect("storefront:checkout", order_id=outcome.order_id)
    session, slot = request.POST.get("session", ""), request.POST.get("slot", "")
    if not is_id(session, "ses"):
        return redirect("storefront:lobby")
    asked = {"refused": outcome.code, **({"slot": slot} if is_id(slot, "slt") else {})}
    page = "storefront:replay" if request.POST.get("from") == "replay" else "storefront:room"
    back = reverse(page, args=[session])
    if outcome.code == "sign_in_required":
        return redirect(f"{reverse('storefront:sign_in')}?{urlencode({'next': back})}")
    return redirect(f"{back}?{urlencode(asked)}")


def _outcome(request: HttpRequest) -> Outcome:
    user = request.user
    if not isinstance(user, User):
        return Refused("sign_in_required")
    verdict = limits.check_local("buy", user.id)
    if not verdict.allowed:
        return Refused("busy", {"retry_after": verdict.retry_after})
    form = request.POST
    asked = {
        "slot": form.get("slot"),
        "deal": form.get("deal") or None,
        "quantity": _number(form.get("quantity", "")),
        "price": {"amount": _number(form.get("amount", "")), "currency": form.get("currency")},
    }
    try:
        purchase = parse(asked, buyer_id=user.id, key=clean_key(form.get("key", "")))
    except Invalid as wrong:
        return Refused("invalid", {"param": wrong.param})
    return admission.purchase(purchase)


def _number(text: str) -> int | None:
    """Return the whole number that a field holds, None when it holds none."""
    number = whole_number(text)
    return number if isinstance(number, int) else None
