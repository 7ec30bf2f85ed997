"""What each line of an order says about coming back: until when, for which reasons, or why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from marketplace.storefront.return_words import REASONS, WHY
from orders.models import OrderLine
from refunds.eligibility import Eligibility, judge_order
from refunds.models import Return


@dataclass(frozen=True, slots=True)
class Right:
    """Reasons that can be given until the same moment; None for no end."""

    until: datetime | None
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Returnable:
    """A line, what may be asked for now, and what has been."""

    found: Eligibility
    cases: list[Return]

    @property
    def line(self) -> OrderLine:
        """Return the line."""
        return self.found.line

    @property
    def why(self) -> str:
        """Return why nothing can be asked for, in a sentence; nothing when something can."""
        return WHY.get(self.found.why or "", "")

    @property
    def rights(self) -> list[Right]:
        """Return what can be asked for, what ends first in front."""
        reasons: dict[datetime | None, list[str]] = {}
        for option in self.found.options:
            reasons.setdefault(option.until, []).append(REASONS[option.reason])
        ends = sorted(reasons, key=lambda until: (until is None, until))
        return [Right(until, reasons[until]) for until in ends]


def returnable(lines: Sequence[OrderLine], *, now: datetime) -> list[Returnable]:
    """Return what the lines of one order say about coming back."""
    cases = Return.objects.filter(line__in=[line.id for line in lines]).order_by("id")
    by_line: dict[str, list[Return]] = {}
    for case in cases:
        by_line.setdefault(case.line_id, []).append(case)
    return [Returnable(found, by_line.get(found.line.id, [])) for found in judge_order(lines, now=now)]
