"""The lobby: what is live, what is coming, what can be watched again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from marketplace.lib import clock
from marketplace.reports.queries.lines import Whose
from marketplace.reports.queries.sales import CameBack, Tally, came_back, tallies
from marketplace.storefront.context import replay_address, room_address
from marketplace.storefront.doors import next_address, person, refusing
from streams.actions.reminders import clear_reminder, set_reminder
from streams.models import Session
from streams.queries.access import get_session_for
from streams.queries.cards import OnSale, categories, on_sale_in
from streams.queries.figures import viewers_now
from streams.queries.lobby import few_of_each
from streams.queries.lobby import lobby as sessions_for
from streams.queries.reminders import reminded_of

MOST_CARDS = {"live": 24, "upcoming": 12, "replays": 12}
#: Replays of one streamer at most, where nothing was searched for.
REPLAYS_OF_EACH = 4
LONGEST_QUERY = 100


@dataclass(frozen=True, slots=True)
class Card:
    """One show as the lobby draws it."""

    session: Session
    address: str
    picture: str
    brands: list[str]
    viewers: int
    sales: Tally | None
    came_back: CameBack | None
    reminded: bool

    @property
    def is_paused(self) -> bool:
        """Tell whether the host takes a break."""
        return self.session.state == Session.State.PAUSED


@require_safe
@refusing
def lobby(request: HttpRequest) -> HttpResponse:
    """Show the three shelves, searched and filtered."""
    now, query = clock.now(), request.GET.get("q", "").strip()[:LONGEST_QUERY]
    shelves = categories()
    chosen = next((shelf for shelf in shelves if shelf.slug == request.GET.get("category")), None)
    wanted = ({"q": query} if query else {}) | ({"category": chosen.slug} if chosen else {})
    cards = _cards(request, wanted, now)
    context = {
        **cards,
        "query": query,
        "categories": shelves,
        "chosen": chosen,
        "is_filtered": bool(wanted),
        "nothing": not any(cards.values()),
        "next": request.get_full_path(),
    }
    return render(request, "storefront/lobby.html", context)


@require_POST
@refusing
def reminder(request: HttpRequest, session_id: str) -> HttpResponse:
    """Set the reminder of a show, or clear it when ``clear`` is sent."""
    user = person(request)
    session = get_session_for(user, session_id)
    act = clear_reminder if request.POST.get("clear") else set_reminder
    act(session_id=session.id, user=user, now=clock.now())
    return HttpResponseRedirect(next_address(request))


def _cards(request: HttpRequest, wanted: dict[str, Any], now: datetime) -> dict[str, list[Card]]:
    """Return the cards of each shelf; what they show is read for all of them at once."""
    found: dict[str, list[Session]] = {}
    for show, most in MOST_CARDS.items():
        sessions, order = sessions_for(request.user, {**wanted, "show": show})
        shown = sessions.order_by(order, "-id")
        if show == "replays" and not wanted:
            shown = shown.filter(id__in=few_of_each(shown, each=REPLAYS_OF_EACH, most=most))
        found[show] = list(shown[:most])
    every = [session for some in found.values() for session in some]
    ids = [session.id for session in every]
    selling, sales, viewers = on_sale_in(ids), tallies(ids), viewers_now(ids, now=now)
    reminded = reminded_of(request.user, ids)
    rates = came_back(Whose.STREAMER, {session.streamer_id for session in every}, now=now)

    def card(session: Session, show: str) -> Card:
        entry = selling.get(session.id, OnSale())
        return Card(
            session,
            address=replay_address(session.id) if show == "replays" else room_address(session.id),
            picture=_picture(session, entry),
            brands=entry.brands,
            viewers=viewers.get(session.id, 0),
            sales=sales.get(session.id),
            came_back=rates.get(session.streamer_id),
            reminded=session.id in reminded,
        )

    return {show: [card(session, show) for session in some] for show, some in found.items()}


def _picture(session: Session, entry: OnSale) -> str:
    """Return the address of a session's cover, else of the first picture in its line-up; "" for none."""
    name = session.cover.name or entry.picture
    return default_storage.url(name) if name else ""
