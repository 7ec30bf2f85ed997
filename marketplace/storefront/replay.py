"""The replay: a show's fact log on a time line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.http.response import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from marketplace.errors import NotFound
from marketplace.lib import clock
from marketplace.reports.queries.lines import Whose
from marketplace.reports.queries.sales import came_back
from marketplace.storefront.goods import Good, goods, pictures_of
from marketplace.storefront.room import refusal
from streams.models import RoomEvent, Session
from streams.queries.access import get_session_for
from streams.queries.room import session_to_room

#: Counts of stock within this many seconds are told as one.
STOCK_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Chapter:
    """From the moment a product was pinned; ``seconds`` counts from the show's beginning."""

    seconds: int
    title: str
    seq: int

    @property
    def time(self) -> str:
        """Return the moment as a clock shows it, ``1:02:03`` or ``2:03``."""
        minutes, seconds = divmod(self.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@require_safe
@never_cache  # a form that was sent once names a purchase that was made
def replay(request: HttpRequest, session_id: str) -> HttpResponseBase:
    """Show an ended session again; one that is not over is in its room."""
    now = clock.now()
    try:
        session: Session = get_session_for(request.user, session_id)
    except NotFound as missing:
        raise Http404 from missing
    if session.state != Session.State.ENDED or session.started_at is None:
        return redirect("storefront:room", session_id)
    shown = goods(session, now=now)
    facts = list(RoomEvent.objects.filter(session=session).order_by("seq"))
    told = thinned(facts)
    context = {
        "session": session,
        "goods": shown,
        "chapters": chapters(facts, shown, began=session.started_at),
        "streamer_rate": came_back(Whose.STREAMER, [session.streamer_id], now=now).get(session.streamer_id),
        "refusal": refusal(request, shown),
        "data": {
            "session": session_to_room(session),
            "facts": told,
            "pictures": pictures_of(shown),
        },
    }
    return render(request, "storefront/replay.html", context)


def chapters(facts: Iterable[RoomEvent], shown: Iterable[Good], *, began: datetime) -> list[Chapter]:
    """Return where each product was explained, in the order of the show."""
    titles = {good.slot.id: good.title for good in shown}
    return [
        Chapter(int((fact.at - began).total_seconds()), titles[fact.payload["slot"]], fact.seq)
        for fact in facts
        if fact.type == "slot.pinned" and fact.at >= began and fact.payload["slot"] in titles
    ]


def thinned(facts: Iterable[RoomEvent]) -> list[dict[str, Any]]:
    """Return facts as viewers heard them, with stock counts that follow each other closely put together."""
    told: list[dict[str, Any]] = []
    counts_at: datetime | None = None
    for fact in facts:
        wire = {"type": fact.type, "seq": fact.seq, "at": clock.to_wire(fact.at), "data": fact.payload}
        if fact.type != "stock.changed":
            counts_at = None
        elif counts_at is None or (fact.at - counts_at).total_seconds() >= STOCK_SECONDS:
            counts_at = fact.at
        else:
            wire["data"] = {"changes": _latest(told.pop()["data"]["changes"] + fact.payload["changes"])}
        told.append(wire)
    return told


def _latest(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({change["deal"] or change["slot"]: change for change in changes}.values())
