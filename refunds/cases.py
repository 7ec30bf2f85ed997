"""Steps of a return: open it under its order's lock, move it on, give the money back, let its units go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from marketplace import bells, outbox, stock
from marketplace.errors import NotFound
from marketplace.lib import rows
from marketplace.lib.atomic import require_transaction
from marketplace.lib.clock import to_wire
from orders import claims, news
from orders.models import Hold, Order, OrderLine, Payment
from orders.release import give_back
from orders.settlement import holds
from orders.settlement.claw_back import claw_back
from orders.states import Line, advance_lines, lock_order, order_state
from refunds.errors import DeadlinePassed, NotReturnable, WrongReturnState
from refunds.issue import HOLDS_MONEY, issue
from refunds.models import Refund, Return
from refunds.policy import TIMEOUTS
from refunds.return_states import LETS_GO, OPEN, STEPS, TERMINAL, State, advance
from refunds.wire import return_to_wire
from streams import figures, hub


@dataclass(slots=True)
class Case:
    """A return with its order and lines, locked."""

    row: Return
    order: Order
    lines: list[OrderLine]

    @property
    def line(self) -> OrderLine:
        """Return the line that it is about."""
        return next(line for line in self.lines if line.id == self.row.line_id)


def lock_case(return_id: str) -> Case:
    """Lock a return's order and return both; raises NotFound."""
    require_transaction()
    found = rows.find(Return, return_id)
    if found is None:
        raise NotFound
    order, lines = lock_order(found.order_id)
    case = Case(rows.get(Return, return_id), order, lines)
    case.row.order, case.row.line = order, case.line
    return case


def open_case(return_id: str, doing: str, *, now: datetime, party: str = "") -> Case:
    """Lock a return for a step of the table ``return_states.STEPS``; ``party`` where several may take it.

    Raises:
        NotFound: there is no such return.
        WrongReturnState: its state does not allow this step.
        DeadlinePassed: somebody has let the time pass, and the default is about to happen.
    """
    case = lock_case(return_id)
    row = case.row
    allowed = {action for actor, action in STEPS.get(row.state, ()) if party in {"", actor}}
    if doing not in allowed:
        raise WrongReturnState(data={"state": row.state})
    if row.deadline is not None and row.deadline <= now:
        default = TIMEOUTS[row.state].default
        raise DeadlinePassed(data={"state": row.state, "default_on_timeout": default})
    return case


def move(case: Case, to: str, *, actor: str, now: datetime, note: str = "", **changes: Any) -> None:
    """Move a return on, let its units and its line go where that is its end, and tell everybody."""
    advance(case.row, to, actor=actor, now=now, note=note, **changes)
    if to in LETS_GO:
        claims.free(case.line, case.row.units)
    if to == State.DISPUTED:
        holds.change_reason(case.line, Hold.Reason.DISPUTE, subject=case.row.id)
    if to in TERMINAL:
        holds.release_line(case.line, subject=case.row.id, now=now)
    tell(case.row, now=now)


def tell(row: Return, *, now: datetime) -> None:
    """Append the fact of a return's state, and tell the buyer once the transaction has committed."""
    outbox.append(f"return.{row.state}", subject=row.id, payload=return_to_wire(row), now=now)
    told = {"return": row.id, "order": row.order_id, "state": row.state, "at": to_wire(now)}
    transaction.on_commit(partial(hub.tell, row.buyer_id, "return.updated", told))


def grant(
    case: Case, to: str, *, actor: str, now: datetime, amount: int | None = None, note: str = ""
) -> None:
    """End a return with money for the buyer: all that was claimed, or the amount that was agreed on.

    The units count as come back when their whole price goes back. Of a line that is settled the parties give
    their parts back: that locks accounts, so this comes last in an action.

    Raises:
        WrongReturnState: the return is elsewhere.
        NotReturnable: the line has been cancelled, or it is not shipped and only a part would be refunded.
        WrongOrderState: the line did not cost that much, or its payment does not hold it any more.
    """
    row, line = case.row, case.line
    money = row.amount if amount is None else amount
    whole = money == row.amount and row.share == 100  # noqa: PLR2004 - per cent
    unshipped = line.state == Line.PAID
    if line.state in {Line.CANCELLED, Line.EXPIRED} or (unshipped and money != line.amount):
        raise NotReturnable(data={"line": line.id, "why": "closed" if not unshipped else "units"})
    was = order_state(case.lines, at=now)
    claims.count_refund(line, money, units=row.units if whole else 0)
    payment = Payment.objects.get(order=case.order, state__in=HOLDS_MONEY - {Payment.State.CAPTURED_LATE})
    refund = issue(payment, money, reason=Refund.Reason.RETURNED, line=line, now=now)
    move(case, to, actor=actor, now=now, note=note, refund=refund)
    holds.lower(line)
    if line.refunded == line.amount:
        advance_lines([line], Line.CANCELLED if unshipped else Line.REFUNDED, actor=actor, now=now)
    news.order_changed(case.order, case.lines, was=was, now=now)
    if unshipped:
        give_back([line], now=now)
    else:
        count = figures.Count(line.session_id, line.created_at, figures.this_process(), given_back=money)
        figures.add_all([count])
    claw_back(line, refund.total, refund_id=refund.id, now=now)


def restock(case: Case, *, now: datetime) -> None:
    """Put the units of a return that was inspected and found good back on the shelf."""
    require_transaction()
    units = {case.line.variant_id: case.row.units}
    Return.objects.filter(id=case.row.id).update(restocked=True)
    case.row.restocked = True
    stock.take_back(units, reference=case.row.id, now=now)
    bells.ring_stock_moved(units)


def close_open(lines: Sequence[OrderLine], *, actor: str, now: datetime) -> None:
    """Close the open returns of lines that are cancelled; the caller has locked their order."""
    require_transaction()
    for row in Return.objects.filter(line__in=[line.id for line in lines], state__in=OPEN).order_by("id"):
        move(
            Case(row, row.order, list(lines)),
            State.CLOSED,
            actor=actor,
            now=now,
            note="The line was cancelled.",
        )
