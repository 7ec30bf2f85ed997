"""The report as one page: no script, nothing from elsewhere, light and dark."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from streams.simulator.charts import area, bars, columns
from streams.simulator.money import shown

STYLE = Path(__file__).with_name("page.css")
LATENCIES = (
    ("buy", "Purchase to answer"),
    ("fact", "Fact to viewer"),
    ("pay", "Payment to answer"),
    ("enter", "Ticket, socket, snapshot"),
)
REASONS = {
    "sold_out": "sold out",
    "limit_reached": "limit per buyer",
    "price_changed": "price changed",
    "deal_closed": "deal over",
    "deal_over": "deal over before they pressed",
    "break": "during a break",
    "session_not_live": "show paused or over",
    "busy": "marketplace busy",
}


def page_of(report: dict[str, Any]) -> str:
    """Return the page of a report."""
    show = report["show"]
    parts = (
        _head(report),
        _tiles(report),
        _section(
            "Rules",
            "What every show must keep, asked of the marketplace afterwards.",
            _checks(report),
            wide=True,
        ),
        _section("Watching", _attendance(report), _watching(report), wide=True),
        _section("Orders", "By script minute: in deals, and at the live price.", _orders(report)),
        _section(
            "From coming in to paying", "How many people took each step at least once.", _funnel(report)
        ),
        _section("Sales by product", _concentration(report), _products(report), wide=True),
        _afterwards(report),
        _section("Paid and unpaid", "Where the orders stood at the end.", _states(report)),
        _section(
            "What people did not get",
            "Refused by the marketplace, or gone before they asked.",
            _missed(report),
        ),
        _section("How long things took", "Milliseconds.", _latencies(report)),
        _section("Connections", "What the network did.", _connections(report)),
        _section(
            "What the seed decided",
            "The same seed and script decide the same.",
            _decisions(report),
            wide=True,
        ),
    )
    title = escape(f"Report: {show['title']}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _head(report: dict[str, Any]) -> str:
    show, broken = report["show"], sum(not check["held"] for check in report["checks"])
    verdict = "Every rule held" if not broken else f"{broken} {'rule' if broken == 1 else 'rules'} broke"
    facts = " · ".join(
        (
            f"{show['streamer']} for {show['brand']}",
            f"{show['started_at'][:16].replace('T', ' ')} UTC",
            f"{show['viewers']:,} viewers",
            f"{show['seconds']:g} s at {show['speed']:g}×",
            f"seed {show['seed']}",
        )
    )
    return (
        f'<header><p class="kind">Simulated show</p><h1>{escape(show["title"])}</h1><p>{escape(facts)}</p>'
        f'<p class="verdict {"bad" if broken else "good"}">{verdict}</p></header>'
    )


def _tiles(report: dict[str, Any]) -> str:
    sales, traffic, latencies = report["sales"], report["traffic"], report["latencies"]
    currency = report["show"]["currency"]
    tiles = (
        (f"{traffic['peak']:,}", "watching at most"),
        (f"{traffic['visits']:,}", f"visits, {traffic['came_back']:,} of people who came back"),
        (f"{sales['orders']:,}", f"orders, {sales['orders_in_deals']:,} of them in deals"),
        (
            shown(sales["gross"], currency, whole=True),
            f"{currency} ordered, {shown(sales['paid'], currency, whole=True)} paid",
        ),
        (_ms(latencies["buy"]["p99_ms"]), "for 99 of 100 purchases at most"),
        (_ms(latencies["fact"]["p99_ms"]), "from fact to viewer, 99 of 100"),
    )
    cells = "".join(
        f"<li><strong>{escape(big)}</strong><span>{escape(small)}</span></li>" for big, small in tiles
    )
    return f'<ul class="tiles">{cells}</ul>'


def _checks(report: dict[str, Any]) -> str:
    items = ""
    for check in report["checks"]:
        faults = "".join(f"<li>{escape(fault)}</li>" for fault in check["faults"])
        kind, sign = ("good", "✓") if check["held"] else ("bad", "✗")
        said = "held" if check["held"] else "broken"
        items += (
            f'<li class="{kind}"><span class="sign" role="img" aria-label="{said}">{sign}</span>'
            f"{escape(check['rule'])}{f'<ul>{faults}</ul>' if faults else ''}</li>"
        )
    return f'<ul class="checks">{items}</ul>'


def _attendance(report: dict[str, Any]) -> str:
    traffic = report["traffic"]
    return (
        f"People in the room, by script minute; the lines are deals. {traffic['chats']:,} messages,"
        f" {traffic['likes']:,} likes, {traffic['looks']:,} product pages."
    )


def _watching(report: dict[str, Any]) -> str:
    return area(
        [(at, watching) for at, watching in report["traffic"]["curve"]],
        marks=[
            (deal["minute"], f"{deal['title']}: {deal['sold']} of {deal['quota']}")
            for deal in report["sales"]["deals"]
        ],
        unit="people watching, by script minute",
    )


def _orders(report: dict[str, Any]) -> str:
    rows = [
        (str(each["minute"]), each["deal_orders"], each["orders"] - each["deal_orders"])
        for each in report["per_minute"]
    ]
    legend = (
        '<p class="legend"><span class="one"></span>in deals <span class="two"></span>at the live price</p>'
    )
    return columns(rows, unit="orders, by script minute") + legend


def _funnel(report: dict[str, Any]) -> str:
    first = report["funnel"][0][1] or 1
    return bars(
        [(words, people, f"{people:,} · {people / first:.0%}") for words, people in report["funnel"]],
        kind="two",
    )


def _concentration(report: dict[str, Any]) -> str:
    sales = report["sales"]
    if sales["top_share"] is None:
        return "Nothing was sold."
    return (
        f"The first makes {sales['top_share']:.0%} of what was ordered,"
        f" the first three {sales['top_three_share']:.0%}."
    )


def _products(report: dict[str, Any]) -> str:
    sales = report["sales"]
    left = {slot["sku"]: slot["left"] for slot in sales["slots"]}
    return bars(
        [
            (
                each["title"],
                each["amount"],
                f"{_money(report, each['amount'])} · {each['units']} units"
                + (" · sold out" if left.get(each["sku"]) == 0 else ""),
            )
            for each in sales["products"]
        ]
    )


def _afterwards(report: dict[str, Any]) -> str:
    """Return the section about the days behind the show; nothing when none were played."""
    after = report["afterwards"]
    if after is None:
        return ""
    rate = "nothing was shipped" if after["return_rate"] is None else f"{after['return_rate']:.1%} of units"
    words = (
        f"After {after['days']} days: {after['returns']:,} returns, money back for {rate},"
        f" {_money(report, after['refunded'])} of {_money(report, report['sales']['paid'])}."
    )
    rows = [
        (each["category"], f"{each['units']:,}", f"{each['units_refunded']:,}", _percent(each))
        for each in after["categories"]
    ]
    told = [
        *after["states"].items(),
        *((f"asked: {name}", count) for name, count in after["reasons"].items()),
    ]
    return _section(
        "What came back",
        words,
        _table(("", "units shipped", "money back", "rate"), rows)
        + bars([(name.replace("_", " "), count, f"{count:,}") for name, count in told]),
        wide=True,
    )


def _percent(each: dict[str, Any]) -> str:
    return f"{each['units_refunded'] / each['units']:.0%}"


def _states(report: dict[str, Any]) -> str:
    sales = report["sales"]
    rows = [(state.replace("_", " "), count, f"{count:,}") for state, count in sales["states"].items()]
    words = (
        f"Cards declined: {sales['declined_cards']:,}; people who had no other: {sales['left_declined']:,}."
        f" Orders left unpaid on purpose: {sales['left_unpaid']:,}."
    )
    return bars(rows) + f"<p>{escape(words)}</p>"


def _missed(report: dict[str, Any]) -> str:
    counts = {**report["missed"]}
    for reason, count in report["refusals"].items():
        counts[reason] = counts.get(reason, 0) + count
    if not counts:
        return "<p>Everybody got what they asked for.</p>"
    ranked = sorted(counts.items(), key=lambda pair: -pair[1])
    return bars([(REASONS.get(reason, reason), count, f"{count:,}") for reason, count in ranked], kind="two")


def _latencies(report: dict[str, Any]) -> str:
    rows = (
        (name, *(_number(report["latencies"][key][what]) for what in ("p50_ms", "p99_ms", "max_ms", "count")))
        for key, name in LATENCIES
    )
    return _table(("", "p50", "p99", "max", "measured"), rows)


def _connections(report: dict[str, Any]) -> str:
    found = report["connections"]
    rows = [
        ("sockets opened", found["connects"]),
        ("not opened at once", found["failed_connects"]),
        ("came back after a break", found["reconnects"]),
        ("gaps in the facts", found["gaps"]),
        ("snapshots instead of missed facts", found["resyncs"]),
        ("purchases sent again", found["buys_repeated"]),
        ("found no way in", found["gave_up"]),
        ("left before they came in", found["too_late"]),
        ("HTTP requests sent again", found["http_retries"]),
    ]
    rows += [(f"closed with {code}", count) for code, count in found["closes"].items()]
    rows += [(f"error {code}", count) for code, count in found["errors"].items()]
    return _table(("", "count"), ((name, f"{count:,}") for name, count in rows))


def _decisions(report: dict[str, Any]) -> str:
    decisions, traffic = report["decisions"], report["traffic"]
    happened = {**traffic, "viewers": report["funnel"][0][1]}
    rows = [
        (name.replace("_", " "), f"{count:,}", _number(happened.get(name)))
        for name, count in decisions.items()
        if name != "digests"
    ]
    figures = _table(("", "planned", "happened"), rows)
    digests = "".join(f"<code>{escape(digest)}</code>" for digest in decisions["digests"])
    host = report["host"]
    refused = "".join(f"<li>{escape(each)}</li>" for each in host["refused"])
    return (
        f"{figures}<p>SHA-256 of every decision, one for each process: {digests}</p>"
        f"<p>The host played {host['beats']} beats, each at most {host['most_late_ms']:g} ms late.</p>"
        + ("<p>Somebody else ended the show.</p>" if host["ended_by_others"] else "")
        + (f"<p>Refused:</p><ul>{refused}</ul>" if refused else "")
    )


def _section(title: str, words: str, body: str, *, wide: bool = False) -> str:
    return (
        f"<section{' class=wide' if wide else ''}><h2>{escape(title)}</h2>"
        f'<p class="words">{escape(words)}</p>{body}</section>'
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = ""
    for first, *rest in rows:
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        body += f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>'
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _money(report: dict[str, Any], amount: int) -> str:
    currency = report["show"]["currency"]
    return f"{shown(amount, currency, whole=True)} {currency}"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f} ms"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.10g}"
