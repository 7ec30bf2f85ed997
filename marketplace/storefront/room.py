"""The room: the show, what it sells, what people say. Whole without a script, live with one."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.http.response import Http404
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from marketplace.errors import NotFound
from marketplace.lib import clock
from marketplace.models import Product
from marketplace.reports.queries.lines import Whose
from marketplace.reports.queries.sales import came_back
from marketplace.storefront.goods import Good, goods, pictures_of, pinned, rates_of
from marketplace.storefront.policy import restrict
from marketplace.storefront.words import REFUSALS
from streams.models import Session
from streams.queries.access import get_session_for
from streams.queries.figures import viewers_now
from streams.queries.reminders import reminded_of
from streams.queries.room import room_snapshot


@require_safe
@never_cache
@ensure_csrf_cookie
def room(request: HttpRequest, session_id: str) -> HttpResponseBase:
    """Show a session; after a refused purchase, why (``refused``) and of which product (``slot``)."""
    now = clock.now()
    try:
        session: Session = get_session_for(request.user, session_id)
    except NotFound as missing:
        raise Http404 from missing
    shown = goods(session, now=now)
    viewers = viewers_now([session.id], now=now).get(session.id, 0)
    snapshot: dict[str, Any] = room_snapshot(session.id) or {}
    snapshot |= {"viewers": viewers, "server_time": clock.to_wire(now)}
    snapshot["slow_mode"] = session.slow_mode_seconds
    context = {
        "session": session,
        "goods": shown,
        "pinned": pinned(shown),
        "chats": snapshot["chats"],
        "pinned_chat": snapshot["pinned_chat"],
        "viewers": viewers,
        "streamer_rate": came_back(Whose.STREAMER, [session.streamer_id], now=now).get(session.streamer_id),
        "reminded": session.id in reminded_of(request.user, [session.id]),
        "refusal": refusal(request, shown),
        "data": {
            "snapshot": snapshot,
            "pictures": pictures_of(shown),
            "rates": rates_of(shown),
            "refusals": REFUSALS,
            "policies": dict(Product.ReturnPolicy.choices),
            "source": {"kind": session.source, "url": session.source_url},
            "user": request.user.id if request.user.is_authenticated else None,
        },
    }
    page = render(request, "storefront/room.html", context)
    return restrict(page, stream_url=session.source_url)


def refusal(request: HttpRequest, shown: list[Good]) -> str:
    """Return why the purchase was refused that led back here, and of which product; nothing if none was."""
    why = REFUSALS.get(request.GET.get("refused", ""), "")
    title = next((good.title for good in shown if good.slot.id == request.GET.get("slot")), "")
    return f"{title}: {why}" if why and title else why
