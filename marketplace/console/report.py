"""The report of a show as its page draws it: sums as words, and bars that are rows of tables."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from marketplace.console import charts
from marketplace.console.tiles import NOTHING
from marketplace.lib.money import Money
from marketplace.reports.queries.cohorts import Cohort, ReturnRates
from marketplace.reports.queries.parties import BUYERS, Share
from marketplace.reports.queries.sales import kept
from marketplace.reports.queries.session_report import Report
from streams.queries.figures import MINUTE, minute_of

WIDTH, HEIGHT = 720, 180
#: Bars of the sales chart at most, and how many minutes one of them may stand for.
MOST_BARS = 120
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240)

PARTIES = {
    "brand": "Brand",
    "streamer": "Streamer",
    "agency": "Agency",
    "platform": "Platform",
    BUYERS: "Back to buyers",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a table with a bar: what it is, how long it is in per cent, and its figures in words."""

    label: str
    width: float
    figures: tuple[str, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some minutes of the show: when they began, and what was ordered and kept of them."""

    begins: datetime
    orders: int
    gross: Money
    kept: Money


def page_of(report: Report) -> dict[str, Any]:
    """Return what the template shows of a report."""
    return {
        "report": report,
        "session": report.session,
        "total": report.total,
        "rate": rate(report.rates.so_far.rate_bp),
        "chart": _chart(report),
        "people": _people(report),
        "cohorts": cohort_bars(report.rates),
        "reasons": _reasons(report),
        "money": _money(report.shares),
        "products": [(each, rate(each.sales.came_back.rate_bp)) for each in report.products],
    }


def rate(rate_bp: int | None) -> str:
    """Return a rate in words: ``7.5 %``, a dash where there is none."""
    return NOTHING if rate_bp is None else f"{rate_bp / 100:.1f} %"


def cohort_bars(rates: ReturnRates) -> list[Bar]:
    """Return a row for each cohort; one that is not old enough says from when on it is known."""
    return [
        Bar(
            "First day" if cohort.days == 0 else f"{cohort.days} days",
            (cohort.rate_bp or 0) / 100,
            (rate(cohort.rate_bp), _cohort_words(cohort)),
            kind="unknown" if cohort.rate_bp is None else "",
        )
        for cohort in rates.cohorts
    ]


def _cohort_words(cohort: Cohort) -> str:
    if cohort.units:
        return f"{cohort.back} of {cohort.units} units"
    return f"known on {cohort.known_at:%-d %b %H:%M} UTC" if cohort.known_at else "nothing sold"


def _people(report: Report) -> list[Bar]:
    people = report.funnel
    steps = {"Came": people.came, "Bought": people.bought, "Paid": people.paid, "Kept something": people.kept}
    return [
        Bar(label, charts.share(count, people.came), (f"{count:,}", _of(count, people.came)))
        for label, count in steps.items()
    ]


def _of(part: int, whole: int) -> str:
    return f"{part / whole:.1%}".replace("%", " %") if whole else NOTHING


def _reasons(report: Report) -> list[Bar]:
    whole = sum(each.amount.amount for each in report.reasons)
    return [
        Bar(
            each.label,
            charts.share(each.amount.amount, whole),
            (str(each.amount), f"{each.units} unit{'' if each.units == 1 else 's'}"),
            kind="back",
        )
        for each in report.reasons
    ]


def _money(shares: list[Share]) -> list[Bar]:
    whole = sum(each.amount.amount for each in shares)
    return [
        Bar(
            PARTIES[each.party],
            charts.share(each.amount.amount, whole),
            (str(each.amount), "" if each.party == BUYERS else str(each.settled)),
            kind="back" if each.party == BUYERS else "",
        )
        for each in shares
    ]


def _chart(report: Report) -> dict[str, Any] | None:
    """Return the chart of sales by minute; None where nothing was ordered during the show."""
    stretches = _stretches(report)
    if not stretches:
        return None
    highest = max(each.gross.amount for each in stretches)
    size = {"highest": highest, "width": WIDTH, "height": HEIGHT}
    step = (stretches[1].begins - stretches[0].begins) // MINUTE if len(stretches) > 1 else 1
    return {
        "gross": charts.bars([each.gross.amount for each in stretches], **size),
        "kept": charts.bars([each.kept.amount for each in stretches], **size),
        "highest": Money(highest, stretches[0].gross.currency),
        "first": stretches[0].begins,
        "middle": stretches[len(stretches) // 2].begins,
        "last": stretches[-1].begins + step * MINUTE,
        "step": step,
        "rows": [each for each in stretches if each.orders],
    }


def _stretches(report: Report) -> list[Stretch]:
    """Return the whole show in stretches of equal length, as few minutes each as there is room for."""
    if not report.minutes or report.currency is None:
        return []
    sold = {each.minute: each.sales for each in report.minutes}
    first = min(*sold, minute_of(report.session.started_at or min(sold)))
    last = max(*sold, minute_of(report.session.ended_at or max(sold)))
    length = (last - first) // MINUTE + 1
    step = next((each for each in STEPS if length <= each * MOST_BARS), STEPS[-1])
    found = []
    for start in range(0, length, step):
        begins = first + timedelta(minutes=start)
        some = [sold[at] for number in range(step) if (at := begins + number * MINUTE) in sold]
        gross, left = sum(each.gross for each in some), sum(kept(each) for each in some)
        orders = sum(each.orders for each in some)
        found.append(Stretch(begins, orders, Money(gross, report.currency), Money(left, report.currency)))
    return found
