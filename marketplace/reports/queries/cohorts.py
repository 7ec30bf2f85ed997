"""Return rates by cohort: of the units bought long enough ago, how many came back within so many days.

Days count from the purchase: every sold unit has one, also what was never delivered or was cancelled before
it was shipped. A unit came back when its refund was made, or its paid line cancelled. A cohort has no rate
while no unit is old enough for it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Min, Q, QuerySet, Sum

from marketplace.reports.memory import Memory
from marketplace.reports.queries.lines import Whose, lines_of
from marketplace.reports.queries.sales import CameBack, paid
from orders.models import LineHistory, OrderLine
from orders.states import Line
from refunds.models import Return

#: The cohorts: within how many days units came back. Day 0 is the first 24 hours.
DAYS = (0, 3, 7, 15, 30)
#: Of a return whose units count as come back: all of their price was claimed, in per cent.
WHOLE = 100


@dataclass(frozen=True, slots=True)
class Cohort:
    """Of the units that are at least so many days old, those that came back within them.

    ``known_at`` says when the first unit will be old enough, while none is.
    """

    days: int
    units: int
    back: int
    known_at: datetime | None

    @property
    def rate_bp(self) -> int | None:
        """Return the rate in basis points; None, and not 0, while nothing is old enough."""
        return CameBack(back=self.back, paid=self.units).rate_bp


@dataclass(frozen=True, slots=True)
class ReturnRates:
    """How much of what was sold came back: of everything so far, and by cohort."""

    whose: Whose
    of: str
    so_far: CameBack
    cohorts: tuple[Cohort, ...]


_rates = Memory[ReturnRates]()


def within(days: int) -> timedelta:
    """Return how long after its purchase a unit counts as come back within these days."""
    return timedelta(days=max(days, 1))


def return_rates(whose: Whose, id_: str, *, now: datetime) -> ReturnRates:
    """Return the rates of one product, streamer, brand or show, kept for a minute; three queries."""

    def count(ids: Iterable[str]) -> dict[str, ReturnRates]:
        return {one: rates_of(lines_of(whose, [one]), whose, one, now=now) for one in ids}

    return _rates.get([id_], now=now, count=count)[id_]


def rates_of(lines: QuerySet[OrderLine], whose: Whose, id_: str, *, now: datetime) -> ReturnRates:
    """Return the rates of these lines; three queries, whatever their number."""
    sums = _sums("quantity", lambda days: _old_enough(days, "created_at", now))
    sold = lines.filter(paid()).aggregate(first=Min("created_at"), **sums)
    cancelled, refunded = _cancelled(lines, now), _refunded(lines, now)
    back = {name: cancelled[name] + refunded[name] for name in cancelled}
    return ReturnRates(
        whose,
        id_,
        CameBack(back=back["so_far"], paid=sold["so_far"]),
        tuple(_cohort(days, sold, back[f"days_{days}"]) for days in DAYS),
    )


def _cohort(days: int, sold: dict[str, Any], back: int) -> Cohort:
    units, first = sold[f"days_{days}"], sold["first"]
    return Cohort(days, units, back, None if units or first is None else first + within(days))


def _cancelled(lines: QuerySet[OrderLine], now: datetime) -> dict[str, int]:
    """Return how many units were cancelled after payment, in all and within the days of each cohort."""
    gone = lines.filter(state=Line.CANCELLED).values("id")
    moves = LineHistory.objects.filter(line_id__in=gone, from_state=Line.PAID, to_state=Line.CANCELLED)
    return moves.order_by().aggregate(**_sums("line__quantity", lambda days: _came_back(days, "at", now)))


def _refunded(lines: QuerySet[OrderLine], now: datetime) -> dict[str, int]:
    """Return how many units' whole price went back by returns, in all and within the days of each cohort."""
    others = lines.exclude(state=Line.CANCELLED).filter(returned__gt=0).values("id")
    granted = Return.objects.filter(line_id__in=others, share=WHOLE, refund__amount=F("amount"))
    sums = _sums("units", lambda days: _came_back(days, "refund__created_at", now))
    return granted.order_by().aggregate(**sums)


def _sums(column: str, counts: Callable[[int], Q]) -> dict[str, Sum]:
    cohorts = {f"days_{days}": Sum(column, filter=counts(days), default=0) for days in DAYS}
    return {"so_far": Sum(column, default=0), **cohorts}


def _old_enough(days: int, bought: str, now: datetime) -> Q:
    return Q(**{f"{bought}__lte": now - within(days)})


def _came_back(days: int, moment: str, now: datetime) -> Q:
    in_time = Q(**{f"{moment}__lte": F("line__created_at") + within(days)})
    return _old_enough(days, "line__created_at", now) & in_time
