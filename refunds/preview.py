"""What a request would give before it is made. Writes nothing; the request judges everything once more."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.lib.money import Money
from orders.models import OrderLine
from refunds.eligibility import Wish, freight_paid_by, judge_line, option_for, value_of
from refunds.trust import is_trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a buyer would get for a wish.

    Attributes:
        line_id: the line.
        wish: what is asked for.
        amount: what goes back, to the cent.
        evidence_needed: whether a file must be shown.
        instant: whether it would be granted at once, to a buyer who is trusted.
        until: when the right ends; None for no end.
    """

    line_id: str
    wish: Wish
    amount: Money
    evidence_needed: bool
    instant: bool
    until: datetime | None

    @property
    def freight_paid_by(self) -> str | None:
        """Return who pays the parcel back, None when nothing has to come back."""
        return freight_paid_by(self.wish)


def preview(line: OrderLine, wish: Wish, *, now: datetime) -> Preview:
    """Return what a wish would give; raises NotReturnable when it cannot be asked for."""
    option, money = option_for(judge_line(line, now=now), wish), value_of(line, wish)
    return Preview(
        line_id=line.id,
        wish=wish,
        amount=money,
        evidence_needed=wish.type in option.evidence_for,
        instant=is_trusted(line.buyer_id, money, now=now),
        until=option.until,
    )
