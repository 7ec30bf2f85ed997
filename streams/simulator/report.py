"""A show in figures: what the JSON report holds and the page draws."""

from collections import Counter
from typing import Any

from streams.simulator.afterwards import figures_of
from streams.simulator.room import seconds_of
from streams.simulator.show import Outcome
from streams.simulator.worker import PLANNED

PAID = ("paid", "shipped", "delivered", "completed")
CURVE_POINTS = 120


def report_of(outcome: Outcome) -> dict[str, Any]:
    """Return the report of a show; money is in minor units, times of charts in script minutes."""
    wanted, session = outcome.wanted, outcome.session
    return {
        "show": {
            "title": wanted.script.title,
            "script": wanted.name,
            "session": session["id"],
            "url": wanted.url,
            "streamer": wanted.script.streamer,
            "brand": wanted.script.brand,
            "currency": wanted.script.currency,
            "started_at": session["started_at"],
            "ended_at": session["ended_at"],
            "viewers": wanted.viewers,
            "seed": wanted.seed,
            "processes": wanted.processes,
            "seconds": round(outcome.seconds, 1),
            "speed": round(1 / wanted.pace, 3),
            "facts": session["last_seq"],
        },
        "checks": [
            {"name": check.name, "rule": check.rule, "held": check.held, "faults": list(check.faults)}
            for check in outcome.checks
        ],
        "held": outcome.held,
        "traffic": _traffic(outcome),
        "funnel": _funnel(outcome),
        "sales": _sales(outcome),
        "afterwards": None if outcome.afterwards is None else figures_of(outcome.afterwards),
        "per_minute": _per_minute(outcome),
        "refusals": _with_prefix(outcome, "refused:"),
        "missed": _with_prefix(outcome, "missed:"),
        "latencies": {name: each.summary() for name, each in outcome.tally.latencies.items()},
        "connections": _connections(outcome),
        "host": {
            "beats": outcome.played.beats,
            "most_late_ms": round(outcome.played.late_ms, 1),
            "refused": outcome.played.refused,
            "ended_by_others": outcome.played.ended_early,
        },
        "decisions": {
            **{name: sum(part[name] for part in outcome.planned) for name in PLANNED},
            "digests": [part["digest"] for part in outcome.planned],
        },
    }


def _traffic(outcome: Outcome) -> dict[str, Any]:
    counts = outcome.tally.counts
    step = max(1, len(outcome.samples) // CURVE_POINTS)
    return {
        "visits": counts["visits"],
        "came_back": counts["returns"],
        "peak": max((int(sample.get("present", 0)) for sample in outcome.samples), default=0),
        "at_the_end": outcome.stayed,
        "chats": counts["chats"],
        "chats_accepted": counts["chats_accepted"],
        "likes": counts["likes"],
        "looks": counts["looks"],
        "curve": [
            [round(sample["at"] / 60, 3), int(sample.get("present", 0))] for sample in outcome.samples[::step]
        ],
    }


def _funnel(outcome: Outcome) -> list[list[Any]]:
    """Return steps and how many people took each at least once."""
    counts = outcome.tally.counts
    steps = {
        "came": "came in",
        "chatted": "chatted",
        "looked": "opened a product",
        "tried": "tried to buy",
        "ordered": "ordered",
        "paid": "paid",
    }
    return [[words, counts[f"people:{step}"]] for step, words in steps.items()]


def _sales(outcome: Outcome) -> dict[str, Any]:
    """Return what the marketplace's own orders say."""
    orders = outcome.books.orders
    states = Counter(order["state"] for order in orders)
    amounts: Counter[str] = Counter()
    products: dict[str, dict[str, Any]] = {}
    for order in orders:
        amounts["ordered"] += order["amount"]["amount"]
        amounts["paid"] += order["amount"]["amount"] if order["state"] in PAID else 0
        for line in order["lines"]:
            entry = products.setdefault(
                line["sku"],
                {"sku": line["sku"], "title": line["title"], "units": 0, "deal_units": 0, "amount": 0},
            )
            entry["units"] += line["quantity"]
            entry["deal_units"] += line["quantity"] if line["deal"] else 0
            entry["amount"] += line["amount"]["amount"]
    ranked = sorted(products.values(), key=lambda entry: (-entry["amount"], entry["sku"]))
    return {
        "orders": len(orders),
        "orders_in_deals": sum(any(line["deal"] for line in order["lines"]) for order in orders),
        "units": sum(entry["units"] for entry in ranked),
        "gross": amounts["ordered"],
        "paid": amounts["paid"],
        "states": dict(sorted(states.items())),
        "unpaid_share": _share(sum(states[state] for state in states if state not in PAID), len(orders)),
        "declined_cards": outcome.tally.counts["declines"],
        "left_unpaid": outcome.tally.counts["left_unpaid"],
        "left_declined": outcome.tally.counts["left_declined"],
        "top_share": _share(sum(entry["amount"] for entry in ranked[:1]), amounts["ordered"]),
        "top_three_share": _share(sum(entry["amount"] for entry in ranked[:3]), amounts["ordered"]),
        "products": ranked,
        "slots": [
            {"sku": slot["variant"]["sku"], "sold": slot["sold"], "left": slot["left"]}
            for slot in outcome.books.slots
        ],
        "deals": _deals(outcome),
    }


def _deals(outcome: Outcome) -> list[dict[str, Any]]:
    """Return the deals in the order they were opened."""
    start, pace = seconds_of(outcome.session["started_at"]), outcome.wanted.pace
    titles = {slot["id"]: slot["product"]["title"] for slot in outcome.books.slots}
    return [
        {
            "id": deal["id"],
            "title": titles.get(deal["slot"], deal["slot"]),
            "minute": round((seconds_of(deal["opens_at"]) - start) / pace / 60, 3),
            "price": deal["price"]["amount"],
            "quota": deal["quota"],
            "sold": deal["sold"],
        }
        for deal in reversed(outcome.books.deals)
    ]


def _per_minute(outcome: Outcome) -> list[dict[str, Any]]:
    """Return orders and gross sales of each script minute."""
    pace = outcome.wanted.pace
    start = seconds_of(outcome.session["started_at"])
    minutes: dict[int, dict[str, Any]] = {}
    last = int((seconds_of(outcome.session["ended_at"]) - start) / pace / 60)
    for minute in range(last + 1):
        minutes[minute] = {"minute": minute, "orders": 0, "deal_orders": 0, "gross": 0}
    for order in outcome.books.orders:
        minute = int((seconds_of(order["created_at"]) - start) / pace / 60)
        entry = minutes[min(max(minute, 0), last)]
        entry["orders"] += 1
        entry["deal_orders"] += any(line["deal"] for line in order["lines"])
        entry["gross"] += order["amount"]["amount"]
    return list(minutes.values())


def _connections(outcome: Outcome) -> dict[str, Any]:
    counts = outcome.tally.counts
    names = (
        "connects",
        "failed_connects",
        "reconnects",
        "gaps",
        "resyncs",
        "gave_up",
        "too_late",
        "buys_repeated",
    )
    return {
        **{name: counts[name] for name in names},
        "closes": _with_prefix(outcome, "close:"),
        "errors": _with_prefix(outcome, "error:"),
        "http_retries": outcome.http_retries,
    }


def _with_prefix(outcome: Outcome, prefix: str) -> dict[str, int]:
    counts = outcome.tally.counts
    return {name.removeprefix(prefix): counts[name] for name in sorted(counts) if name.startswith(prefix)}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
