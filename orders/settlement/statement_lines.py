"""The lines of a statement: one after another from an index, a page or all of them at a time. Only reads."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.db.models import QuerySet

from marketplace.lib.ids import as_id
from marketplace.lib.money import Money
from orders.models import FeeMove, Party, SettledLine, Statement
from orders.settlement.statements import OWNER, PART

#: Column names of an export, in its order.
COLUMNS = (
    "order", "line", "product", "currency", "gross", "discount", "platform_funded", "streamer_funded",
    "refund", "commission", "fee", "slot_fee", "net",
)  # fmt: skip

#: Those of them that are amounts, in minor units.
AMOUNTS = COLUMNS[4:]

#: Rows that an export reads at once.
READ = 1_000


#: Where the slot fees begin: a place is the number of a settled line, or this and the number of a fee's move.
FEES = 2**64
#: The last place there can be.
MOST = FEES + 2**63 - 1


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A sale, what was taken back of one, or a slot fee's move, as the party of a statement sees it.

    Amounts are zero where there is nothing to say; those that were taken back are negative.
    """

    place: int
    order: str | None
    line: str | None
    slot_fee_id: str | None
    refund: str | None
    product: str
    at: datetime
    gross: Money
    discount: Money
    platform_funded: Money
    streamer_funded: Money
    refunded: Money
    commission: Money
    fee: Money
    slot_fee: Money
    net: Money

    @property
    def id(self) -> str:
        """Return the public id of the line, made of its place."""
        return as_id("sln", f"{self.place:032x}")

    def as_text(self) -> tuple[str, ...]:
        """Return what an export says of it, in the order of ``COLUMNS``."""
        amounts = (
            self.gross, self.discount, self.platform_funded, self.streamer_funded, self.refunded,
            self.commission, self.fee, self.slot_fee, self.net,
        )  # fmt: skip
        words = (self.order or "", self.line or self.slot_fee_id or "", self.product, self.net.currency)
        return (*words, *(str(money.amount) for money in amounts))


def read_lines(
    statement: Statement, *, limit: int, after: int | None = None, before: int | None = None
) -> tuple[list[StatementLine], bool]:
    """Return a page of lines, oldest first, slot fees last, and whether more follow the way one travels.

    It begins after a place, or ends before one. A page costs the same however deep it is.
    """
    found: list[StatementLine] = []
    parts = _parts(statement)
    for part in parts if before is None else reversed(parts):
        rows, wanted = part.rows, limit + 1 - len(found)
        if before is not None:
            rows = rows.filter(pk__lt=_number(before - part.start)).order_by("-pk")
        else:
            rows = rows.filter(pk__gt=_number((after or 0) - part.start)).order_by("pk")
        found.extend(part.shown(row) for row in rows[:wanted])
    shown = found[:limit] if before is None else found[:limit][::-1]
    return shown, len(found) > limit


def every_line(statement: Statement) -> Iterator[StatementLine]:
    """Yield the lines, oldest first, slot fees last, some at a time: memory does not grow with them."""
    for part in _parts(statement):
        for row in part.rows.order_by("pk").iterator(chunk_size=READ):
            yield part.shown(row)


class _Part(NamedTuple):
    """Rows of one table that stand in a statement, where their places begin, and how they are shown."""

    rows: QuerySet[Any]
    start: int
    shown: Callable[[Any], StatementLine]


def _parts(statement: Statement) -> list[_Part]:
    party = Party(statement.party)
    own = {OWNER[party]: statement.owner, "run_id": statement.run_id, "currency": statement.currency}
    lines = SettledLine.objects.filter(**own).select_related("line")
    moves = FeeMove.objects.filter(**own).exclude(**{PART[party]: 0})
    return [
        _Part(lines, 0, partial(_sale, party)),
        _Part(moves.select_related("fee__slot__variant__product"), FEES, partial(_slot_fee, party)),
    ]


def _number(place: int) -> int:
    """Return a row's number at most as far as the database can compare with."""
    return max(0, min(place, 2**63 - 1))


def _sale(party: Party, row: SettledLine) -> StatementLine:
    def money(amount: int) -> Money:
        return Money(amount, row.currency)

    return StatementLine(
        place=row.pk,
        order=row.order_id,
        line=row.line_id,
        slot_fee_id=None,
        refund=row.refund or None,
        product=row.line.title,
        at=row.at,
        gross=money(row.gross),
        discount=money(row.discount),
        platform_funded=money(row.platform_funded),
        streamer_funded=money(row.streamer_funded),
        refunded=money(row.refunded),
        commission=row.commission,
        fee=money(row.platform_part),
        slot_fee=money(0),
        net=money(getattr(row, PART[party])),
    )


def _slot_fee(party: Party, move: FeeMove) -> StatementLine:
    nothing, part = Money(0, move.currency), Money(getattr(move, PART[party]), move.currency)
    return StatementLine(
        place=FEES + move.pk,
        order=None,
        line=None,
        slot_fee_id=move.fee_id,
        refund=None,
        product=f"Slot fee {move.step}: {move.fee.slot.variant.product.title}",
        at=move.at,
        gross=nothing,
        discount=nothing,
        platform_funded=nothing,
        streamer_funded=nothing,
        refunded=nothing,
        commission=nothing,
        fee=nothing,
        slot_fee=part,
        net=part,
    )
