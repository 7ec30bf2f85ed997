"""My orders, and the receipt of one."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from marketplace.errors import NotFound
from marketplace.lib import clock
from marketplace.lib.ids import is_id
from marketplace.models import Brand
from marketplace.storefront.context import replay_address, room_address
from marketplace.storefront.doors import person, refusing
from marketplace.storefront.returnable import returnable
from orders.permissions import get_order_for
from orders.queries.lists import orders_of_buyer, with_relations
from orders.queries.sight import OrderAt
from orders.states import Line
from refunds.cancelling import cancel_own_order
from refunds.queries import refunds_for
from streams.models import Session

PAGE = 20


@require_safe
@refusing
def orders(request: HttpRequest) -> HttpResponse:
    """Show a page of the person's own orders, newest first; ``before`` is the last one already seen."""
    user, now, before = person(request), clock.now(), request.GET.get("before", "")
    found = orders_of_buyer(user.id)
    if before:
        if not is_id(before, "ord"):
            raise NotFound
        found = found.filter(id__lt=before)
    found = with_relations(found, ["shipments"]).select_related("session__streamer")
    rows = list(found.prefetch_related("returns")[: PAGE + 1])
    context = {
        "orders": [OrderAt(row, now) for row in rows[:PAGE]],
        "older": rows[PAGE - 1].id if len(rows) > PAGE else "",
        "is_first_page": not before,
    }
    return render(request, "storefront/orders.html", context)


@require_safe
@refusing
def order(request: HttpRequest, order_id: str) -> HttpResponse:
    """Show one order as far as this person may see it; its buyer may pay or cancel it."""
    user, now = person(request), clock.now()
    seen = get_order_for(user, order_id, at=now)
    session = Session.objects.select_related("streamer").get(id=seen.session_id)
    brands = Brand.objects.in_bulk({line.line.brand_id for line in seen.lines})
    is_buyer, state = seen.buyer_id == user.id, seen.state
    address = replay_address if session.state == Session.State.ENDED else room_address
    context = {
        "order": seen,
        "session": session,
        "show_address": address(session.id),
        "is_over": session.state == Session.State.ENDED,
        "bought_in_replay": session.ended_at is not None and seen.created_at >= session.ended_at,
        "lines": [(line, brands[line.line.brand_id]) for line in seen.lines],
        "returnable": returnable([each.line for each in seen.lines], now=now) if is_buyer else [],
        "parcels": [(parcel, brands.get(parcel.brand_id)) for parcel in seen.shipments],
        "refunds": list(refunds_for(user).filter(order_id=seen.id)) if seen.sight.money else [],
        "to_pay": is_buyer and state == Line.PENDING_PAYMENT,
        "can_cancel": is_buyer and state in {Line.PENDING_PAYMENT, Line.PAID},
        "is_buyer": is_buyer,
    }
    return render(request, "storefront/order.html", context)


@require_POST
@refusing
def cancel(request: HttpRequest, order_id: str) -> HttpResponse:
    """Cancel the person's own order before it ships."""
    cancel_own_order(user=person(request), order_id=order_id, now=clock.now())
    return HttpResponseRedirect(reverse("storefront:order", args=[order_id]))
