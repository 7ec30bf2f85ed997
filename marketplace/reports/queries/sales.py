"""Sales gross and kept, units sold and come back: the one place that says what these are (docs/reports.md).

Lines are the truth. The sums of a whole show and of its minutes are also counted while it sells
(``streams.figures``), so that a console may ask every three seconds; the audit holds them against the lines.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from django.db.models import Case, Count, Exists, Expression, F, OuterRef, Q, QuerySet, Subquery, Sum, When

from marketplace.lib.money import BASIS_POINTS, Money
from marketplace.reports.memory import Memory
from marketplace.reports.queries.lines import Whose, lines_of
from orders.models import LineHistory, OrderLine
from orders.states import Line
from streams.models import MinuteFigure, Slot

#: States of a line that was paid for and whose goods have not been cancelled.
DELIVERABLE = (Line.PAID, Line.SHIPPED, Line.DELIVERED, Line.COMPLETED, Line.REFUNDED)


class Counted(Protocol):
    """A row of figures: what was ordered and what of it is gone, in minor units."""

    @property
    def gross(self) -> int:
        """Return what was ordered."""

    @property
    def given_back(self) -> int:
        """Return what of that was not paid in time, cancelled or refunded."""


def kept(row: Counted) -> int:
    """Return kept sales, the headline everywhere: gross less given back."""
    return row.gross - row.given_back


@dataclass(frozen=True, slots=True)
class CameBack:
    """So many of so many paid units came back."""

    back: int
    paid: int

    @property
    def percent(self) -> int:
        """Return the refund rate in whole per cent; only for what was sold."""
        return round(100 * self.back / self.paid)

    @property
    def rate_bp(self) -> int | None:
        """Return the refund rate in basis points; None where nothing was sold."""
        return round(BASIS_POINTS * self.back / self.paid) if self.paid else None


@dataclass(frozen=True, slots=True)
class Sales:
    """What was ordered in one currency and what of it is left; amounts in minor units.

    ``units_sold`` counts paid units, ``units_back`` those of them that came back.
    """

    currency: str
    orders: int = 0
    units: int = 0
    units_sold: int = 0
    units_back: int = 0
    gross: int = 0
    given_back: int = 0

    @property
    def total_gross(self) -> Money:
        """Return what was ordered."""
        return Money(self.gross, self.currency)

    @property
    def total_given_back(self) -> Money:
        """Return what of that is gone."""
        return Money(self.given_back, self.currency)

    @property
    def total_kept(self) -> Money:
        """Return what of that is left."""
        return Money(kept(self), self.currency)

    @property
    def came_back(self) -> CameBack:
        """Return how much of what was paid for came back."""
        return CameBack(back=self.units_back, paid=self.units_sold)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a card says of a whole show, from its counters."""

    orders: int
    gross: int
    given_back: int
    currency: str

    @property
    def total_gross(self) -> Money:
        """Return what was ordered."""
        return Money(self.gross, self.currency)

    @property
    def total_kept(self) -> Money:
        """Return what of that is left."""
        return Money(kept(self), self.currency)


_rates = Memory[CameBack]()


def came_back(whose: Whose, ids: Collection[str], *, now: datetime) -> dict[str, CameBack]:
    """Return how much came back of what was sold of each of these, kept for a minute; of nothing, nothing."""
    return _rates.get(ids, now=now, count=partial(_count_back, whose))


def tallies(session_ids: Collection[str]) -> dict[str, Tally]:
    """Return the sales of each of these shows in which something was ordered; one query."""
    currency = Slot.objects.filter(session=OuterRef("session_id")).order_by("position").values("currency")
    rows = MinuteFigure.objects.filter(session_id__in=list(session_ids)).order_by().values("session_id")
    sums = rows.annotate(
        placed=Sum("orders"), ordered=Sum("gross"), gone=Sum("given_back"), money=Subquery(currency[:1])
    )
    return {
        row["session_id"]: Tally(row["placed"], row["ordered"], row["gone"], row["money"])
        for row in sums
        if row["placed"] and row["money"]
    }


def sales(lines: QuerySet[OrderLine], *, now: datetime) -> list[Sales]:
    """Return the sales of these lines in each currency they were sold in; one query."""
    return [Sales(**row) for row in summed(lines, "currency", now=now).order_by("currency")]


def summed(
    lines: QuerySet[OrderLine], *by: str, now: datetime, **named: Expression
) -> "QuerySet[OrderLine, dict[str, Any]]":
    """Return rows of sums (the fields of ``Sales``) of lines, grouped by columns and by named expressions."""
    rows: QuerySet[OrderLine, dict[str, Any]] = lines.order_by().values(*by, **named)
    return rows.annotate(
        orders=Count("order_id", distinct=True),
        units=Sum("quantity"),
        units_sold=Sum("quantity", filter=paid(), default=0),
        units_back=Sum(units_back()),
        gross=Sum("amount"),
        given_back=Sum(gone(now)),
    )


def paid() -> Q:
    """Return which lines were paid for: also those that were cancelled after it."""
    moved_on = LineHistory.objects.filter(line=OuterRef("pk"), from_state=Line.PAID)
    cancelled = Q(Q(state=Line.CANCELLED), Exists(moved_on))
    return Q(state__in=DELIVERABLE) | cancelled


def units_back() -> Case:
    """Return a line's units that came back: all if cancelled after payment, else whole prices refunded."""
    return Case(When(Q(state=Line.CANCELLED) & paid(), then=F("quantity")), default=F("returned"))


def gone(now: datetime) -> Case:
    """Return what of a line's price is gone: all if not paid in time or cancelled, else what was refunded."""
    overdue = Q(state=Line.PENDING_PAYMENT, pay_by__lte=now)
    lost = Q(state__in=(Line.EXPIRED, Line.CANCELLED)) | overdue
    return Case(When(lost, then=F("amount")), default=F("refunded"))


def _count_back(whose: Whose, ids: Iterable[str]) -> dict[str, CameBack]:
    lines = lines_of(whose, list(ids)).filter(paid())
    rows = lines.values(whose.column).annotate(paid=Sum("quantity"), back=Sum(units_back()))
    return {row[whose.column]: CameBack(back=row["back"], paid=row["paid"]) for row in rows}
