"""A show in figures, as words: what tiles, charts and the feed of the console show."""

from datetime import datetime
from typing import Any

from marketplace.console import charts
from marketplace.lib.clock import to_wire
from marketplace.lib.money import Money
from marketplace.reports.queries.people import reach
from marketplace.reports.queries.sales import kept
from orders.queries.feed import Bought, latest_orders
from streams.models import Session, Slot
from streams.queries import figures

#: Minutes that the charts show.
CHARTED = 60
FEED = 20
NOTHING = "–"


def figures_of(session: Session, *, now: datetime) -> dict[str, Any]:
    """Return what the page shows of a session's figures; eleven queries, whatever was sold."""
    currency = Slot.objects.filter(session=session).values_list("currency", flat=True).first()
    totals, people = figures.totals(session), reach(session.id)
    viewers = figures.viewers_now([session.id], now=now).get(session.id, 0)
    momentum = figures.momentum(session, now=now)
    minutes = figures.minutes(session, now=now, most=CHARTED)
    return {
        "at": to_wire(now),
        "tiles": {
            "viewers": str(viewers),
            "peak_viewers": str(totals.peak_viewers),
            "orders": str(totals.orders),
            "units": str(totals.units),
            "gross": _money(totals.gross, currency),
            "kept": _money(kept(totals), currency),
            "came": str(people.came),
            "conversion": _share(people.buyers, people.came),
        },
        "momentum": {
            "joins": _change(momentum.last.joins, momentum.before.joins),
            "orders": _change(momentum.last.orders, momentum.before.orders),
            "gross": _change(momentum.last.gross, momentum.before.gross),
            "kept": _change(kept(momentum.last), kept(momentum.before)),
        },
        "charts": {
            "viewers": _chart([minute.peak_viewers for minute in minutes]),
            "orders": _chart([minute.orders for minute in minutes]),
            "kept": _chart([kept(minute) for minute in minutes], currency),
        },
        "feed": [_entry(bought) for bought in latest_orders(session.id, at=now, limit=FEED)],
    }


def _money(amount: int, currency: str | None) -> str:
    return str(Money(amount, currency)) if currency else NOTHING


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else NOTHING


def _change(last: int, before: int) -> dict[str, str]:
    """Return how the last five minutes stand to the five before, in words and as a direction."""
    if last == before:
        return {"text": "0 %" if last else NOTHING, "way": "level"}
    way = "up" if last > before else "down"
    if before <= 0:
        return {"text": "new", "way": way}
    return {"text": f"{(last - before) / before:+.0%}".replace("%", " %"), "way": way}


def _chart(values: list[int], currency: str | None = None) -> dict[str, str]:
    """Return the line of a chart and its highest value; the last one is of the minute that still runs."""
    highest = max(values, default=0)
    shown = _money(highest, currency) if currency else str(highest)
    return {"points": charts.points(values), "highest": shown}


def _entry(bought: Bought) -> dict[str, str]:
    return {
        "id": bought.id,
        "at": to_wire(bought.at),
        "time": f"{bought.at:%H:%M:%S}",
        "title": bought.title,
        "quantity": str(bought.quantity),
        "amount": str(bought.amount),
        "state": bought.state.replace("_", " "),
        "buyer": bought.buyer,
    }
