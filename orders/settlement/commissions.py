"""What everybody has of a sale from its payment on: an estimate, then what was settled. Only reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Prefetch, QuerySet

from marketplace.lib.money import Money
from orders.models import Hold, OrderLine, SettledLine
from orders.settlement.split import Parts, split

Line = OrderLine.State

STATES = ("estimated", "due", "settled", "voided", "clawed_back")

_UNPAID = frozenset({Line.PENDING_PAYMENT, Line.EXPIRED})
_OVER = frozenset({Line.CANCELLED, Line.REFUNDED})


@dataclass(frozen=True)
class Commission:
    """How one line is split. Holds and settled rows are read along: see ``with_parts``."""

    line: OrderLine

    @cached_property
    def settled(self) -> list[SettledLine]:
        """Return what was settled of the line, then what was taken back."""
        return sorted(self.line.settled.all(), key=lambda row: row.pk)

    @property
    def holds(self) -> list[Hold]:
        """Return what keeps the line from being settled."""
        return [hold for hold in self.line.holds.all() if hold.released_at is None]

    @property
    def state(self) -> str:
        """Return one of ``STATES``."""
        if self.settled:
            return "clawed_back" if self.base.amount == 0 else "settled"
        if self.line.state in _OVER:
            return "voided"
        return "due" if self.line.state == Line.COMPLETED else "estimated"

    @property
    def base(self) -> Money:
        """Return what the buyer paid for the line, less what went back."""
        over = not self.settled and self.line.state in _OVER
        return Money(0 if over else self.line.amount - self.line.refunded, self.line.currency)

    @cached_property
    def parts(self) -> Parts:
        """Return the parts that stand, or that are to be expected while nothing comes back."""
        if not self.settled:
            line = self.line
            terms = {name: getattr(line, name) for name in ("rate_bp", "agency_share_bp", "fee_bp")}
            return split(self.base, **terms)
        columns = ("brand_part", "streamer_part", "agency_part", "platform_part")
        sums = (sum(getattr(row, column) for row in self.settled) for column in columns)
        return Parts(*(Money(amount, self.line.currency) for amount in sums))


def with_parts(lines: QuerySet[OrderLine]) -> QuerySet[OrderLine]:
    """Leave the lines that were paid for, with what ``Commission`` needs of other tables read along."""
    open_holds = Prefetch("holds", Hold.objects.filter(released_at=None))
    return lines.exclude(state__in=_UNPAID).prefetch_related("settled", open_holds)


def commissions(lines: Iterable[OrderLine]) -> list[Commission]:
    """Return the commissions of lines."""
    return [Commission(line) for line in lines]
