"""What everybody has of a sale from its payment on: an estimate, then what was settled. Only reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from django.db.models import CharField, Exists, OuterRef, Prefetch, QuerySet, Value
from django.db.models.functions import Cast, Concat, Replace

from marketplace.lib.money import Money
from orders.models import Hold, OrderLine, Party, SettledLine, Statement
from orders.settlement.split import Funded, Parts, settle_sale
from orders.settlement.statements import OWNER

Line = OrderLine.State
L = TypeVar("L", bound=OrderLine)

STATES = ("estimated", "due", "settled", "paid", "voided", "clawed_back")

#: How the public ids of parties begin.
PREFIXES = {Party.BRAND: "brd_", Party.STREAMER: "str_", Party.AGENCY: "agc_"}

_UNPAID = frozenset({Line.PENDING_PAYMENT, Line.EXPIRED})
_OVER = frozenset({Line.CANCELLED, Line.REFUNDED})


@dataclass(frozen=True)
class Commission:
    """How one line is split, as one of its parties sees it. Of a line from ``with_parts``."""

    line: OrderLine
    party: Party

    @cached_property
    def settled(self) -> list[SettledLine]:
        """Return what was settled of the line, then what was taken back."""
        return sorted(self.line.settled.all(), key=lambda row: row.pk)

    @property
    def holds(self) -> list[Hold]:
        """Return what keeps the line from being settled."""
        return [hold for hold in self.line.holds.all() if hold.released_at is None]

    @property
    def paid_to(self) -> list[Party]:
        """Return the parties whose statement with this line in it is paid."""
        if not self.settled:
            return []
        return [party for party in Party if getattr(self.settled[0], f"paid_to_{party.value}")]

    @property
    def state(self) -> str:
        """Return one of ``STATES``."""
        if self.settled:
            if self.line.amount == self.line.refunded:
                return "clawed_back"
            return "paid" if self.party in self.paid_to else "settled"
        if self.line.state in _OVER:
            return "voided"
        return "due" if self.line.state == Line.COMPLETED else "estimated"

    @property
    def base(self) -> Money:
        """Return what is split: what the buyer paid and the marketplace added, less what went back."""
        if not self.settled and self.line.state in _OVER:
            return Money(0, self.line.currency)
        paid = Money(self.line.amount - self.line.refunded, self.line.currency)
        return paid + self.funded.platform

    @property
    def funded(self) -> Funded:
        """Return what marketplace and streamer pay of the discount, as far as the money stays."""
        if not self.settled and self.line.state in _OVER:
            return Funded(Money(0, self.line.currency), Money(0, self.line.currency))
        return Funded(self.line.platform_funding, self.line.streamer_funding)

    @cached_property
    def parts(self) -> Parts:
        """Return the parts that stand, or that are to be expected while nothing comes back."""
        if not self.settled:
            line = self.line
            terms = {name: getattr(line, name) for name in ("rate_bp", "agency_share_bp", "fee_bp")}
            paid = self.base - self.funded.platform
            return settle_sale(paid, self.funded, **terms)
        columns = ("brand_part", "streamer_part", "agency_part", "platform_part")
        sums = (sum(getattr(row, column) for row in self.settled) for column in columns)
        return Parts(*(Money(amount, self.line.currency) for amount in sums))


def with_parts(lines: QuerySet[L]) -> QuerySet[L]:
    """Leave the lines that were paid for, with what ``Commission`` needs of other tables read along."""
    open_holds = Prefetch("holds", Hold.objects.filter(released_at=None))
    paid = {f"paid_to_{party.value}": Exists(_paid_statement(party)) for party in Party}
    settled = Prefetch("settled", SettledLine.objects.annotate(**paid))
    return lines.exclude(state__in=_UNPAID).prefetch_related(settled, open_holds)


def _paid_statement(party: Party) -> QuerySet[Statement]:
    """Return the paid statement of a party in which a settled line stands: one look into a unique index."""
    digits = Replace(Cast(OuterRef(OWNER[party]), CharField()), Value("-"), Value(""))
    owner = Concat(Value(PREFIXES[party]), digits, output_field=CharField())
    paid = Statement.objects.filter(state=Statement.State.PAID, run=OuterRef("run"), owner=owner)
    return paid.filter(currency=OuterRef("currency"))


def commissions(lines: Iterable[OrderLine], *, party: Party) -> list[Commission]:
    """Return the commissions of lines, as a party sees them."""
    return [Commission(line, party) for line in lines]
