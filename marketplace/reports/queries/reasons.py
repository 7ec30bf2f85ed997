"""Why money went back: what buyers said when they asked for it, or that they cancelled before shipping."""

from dataclasses import dataclass

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, QuerySet, Sum, Value, When

from marketplace.lib.money import Money
from marketplace.reports.queries.cohorts import WHOLE
from marketplace.reports.queries.sales import paid
from orders.models import OrderLine
from orders.states import Line
from refunds.models import Return

CANCELLED = "cancelled"
REASONS = {CANCELLED: "Cancelled before shipping", **dict(Return.Reason.choices)}


@dataclass(frozen=True, slots=True)
class Reason:
    """What went back for one reason: refunds, the units whose whole price that was, money."""

    reason: str
    refunds: int
    units: int
    amount: Money

    @property
    def label(self) -> str:
        """Return the reason in words."""
        return str(REASONS[self.reason])


def reasons(lines: QuerySet[OrderLine], currency: str) -> list[Reason]:
    """Return why money of these lines went back, most money first; two queries."""
    whole = Case(
        When(share=WHOLE, refund__amount=F("amount"), then=F("units")),
        default=Value(0),
        output_field=IntegerField(),
    )
    granted = Return.objects.filter(line_id__in=lines.values("id"), refund__isnull=False).order_by()
    rows = granted.values("reason").annotate(
        refunds=Count("id"), back=Sum(whole), money=Sum("refund__amount")
    )
    found = [
        Reason(row["reason"], row["refunds"], row["back"], Money(row["money"], currency)) for row in rows
    ]
    asked = Return.objects.filter(line=OuterRef("pk"), refund__isnull=False)
    gone = lines.filter(~Exists(asked), paid(), state=Line.CANCELLED).aggregate(
        refunds=Count("id"), units=Sum("quantity", default=0), money=Sum("amount", default=0)
    )
    if gone["refunds"]:
        found.append(Reason(CANCELLED, gone["refunds"], gone["units"], Money(gone["money"], currency)))
    return sorted(found, key=lambda each: (-each.amount.amount, each.reason))
