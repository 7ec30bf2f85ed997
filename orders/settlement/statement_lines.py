"""The lines of a statement: one after another from an index, a page or all of them at a time. Only reads."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from marketplace.lib.ids import as_id
from marketplace.lib.money import Money
from orders.models import Party, SettledLine, Statement
from orders.settlement.statements import OWNER, PART

#: Column names of an export, in its order.
COLUMNS = (
    "order", "line", "product", "currency", "gross", "discount", "platform_funded", "streamer_funded",
    "refund", "commission", "fee", "net",
)  # fmt: skip

#: Those of them that are amounts, in minor units.
AMOUNTS = COLUMNS[4:]

#: Rows that an export reads at once.
READ = 1_000


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A sale, or what was taken back of one, as the party of a statement sees it."""

    row: SettledLine
    party: Party

    @property
    def id(self) -> str:
        """Return the public id of the line, made of its number."""
        return as_id("sln", f"{self.row.pk:032x}")

    @property
    def refund(self) -> str | None:
        """Return the public id of what took it back; None for a sale."""
        return self.row.refund or None

    @property
    def gross(self) -> Money:
        """Return the price before discounts; zero where money only came back."""
        return self._money(self.row.gross)

    @property
    def discount(self) -> Money:
        """Return what came off it: the buyer paid the rest."""
        return self._money(self.row.discount)

    @property
    def platform_funded(self) -> Money:
        """Return what the marketplace paid of the discount; negative where money came back."""
        return self._money(self.row.platform_funded)

    @property
    def streamer_funded(self) -> Money:
        """Return what the streamer paid of the discount; negative where money came back."""
        return self._money(self.row.streamer_funded)

    @property
    def refunded(self) -> Money:
        """Return what went back to the buyer."""
        return self._money(self.row.refunded)

    @property
    def commission(self) -> Money:
        """Return what streamer and agency have of it, before discounts of the streamer's."""
        return self.row.commission

    @property
    def fee(self) -> Money:
        """Return what the marketplace has of it."""
        return self._money(self.row.platform_part)

    @property
    def net(self) -> Money:
        """Return what the statement's party has of it."""
        return self._money(getattr(self.row, PART[self.party]))

    def as_text(self) -> tuple[str, ...]:
        """Return what an export says of it, in the order of ``COLUMNS``."""
        row = self.row
        amounts = (
            self.gross, self.discount, self.platform_funded, self.streamer_funded, self.refunded,
            self.commission, self.fee, self.net,
        )  # fmt: skip
        words = (row.order_id, row.line_id, row.line.title, row.currency)
        return (*words, *(str(money.amount) for money in amounts))

    def _money(self, amount: int) -> Money:
        return Money(amount, self.row.currency)


def read_lines(
    statement: Statement, *, limit: int, after: int | None = None, before: int | None = None
) -> tuple[list[StatementLine], bool]:
    """Return a page of lines, oldest first, and whether more follow in the direction of travel.

    It begins after a settled line's number, or ends before one. A page costs the same however deep it is.
    """
    rows = _rows(statement)
    if before is not None:
        found = list(rows.filter(pk__lt=before).order_by("-pk")[: limit + 1])
    else:
        found = list(rows.filter(pk__gt=after or 0).order_by("pk")[: limit + 1])
    shown = found[:limit] if before is None else found[:limit][::-1]
    return [StatementLine(row, Party(statement.party)) for row in shown], len(found) > limit


def every_line(statement: Statement) -> Iterator[StatementLine]:
    """Yield the lines, oldest first, some at a time: memory does not grow with their number."""
    for row in _rows(statement).order_by("pk").iterator(chunk_size=READ):
        yield StatementLine(row, Party(statement.party))


def _rows(statement: Statement) -> QuerySet[SettledLine]:
    own = {OWNER[Party(statement.party)]: statement.owner}
    rows = SettledLine.objects.filter(run_id=statement.run_id, currency=statement.currency, **own)
    return rows.select_related("line")
