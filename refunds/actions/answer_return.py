"""The seller answers a request, and the buyer answers an offer."""

from datetime import datetime

from marketplace import idempotency
from marketplace.errors import Invalid, LimitReached
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from orders.states import Line
from refunds.cases import Case, grant, move, open_case
from refunds.errors import NotReturnable
from refunds.models import Return
from refunds.policy import LIMITS, Type
from refunds.return_states import State


def approve_return(*, return_id: str, actor: str, note: str = "", now: datetime) -> Return:
    """Grant a request: the buyer sends the goods back, or has the money at once when they need not.

    Raises NotFound, WrongReturnState, DeadlinePassed.
    """
    with action():
        case = open_case(return_id, "approve", now=now)
        approve(case, actor=actor, note=note, now=now)
        idempotency.remember(case.row)
    return case.row


def approve(case: Case, *, actor: str, now: datetime, note: str = "") -> None:
    """Take the step that approves an open case."""
    move(case, State.APPROVED, actor=actor, now=now, note=note)
    if case.row.type == Type.REFUND_ONLY:
        grant(case, State.REFUNDED, actor=actor, now=now)


def reject_return(*, return_id: str, actor: str, note: str, now: datetime) -> Return:
    """Refuse a request, saying why; the buyer may dispute that. Raises as ``approve_return`` does."""
    with action():
        case = open_case(return_id, "reject", now=now)
        move(case, State.REJECTED, actor=actor, now=now, note=note)
        idempotency.remember(case.row)
    return case.row


def offer_refund(*, return_id: str, amount: int, actor: str, note: str = "", now: datetime) -> Return:
    """Offer a part of what was claimed, in minor units; the buyer keeps the goods if they accept.

    Raises:
        Invalid: the amount is not between 1 and what was claimed.
        NotReturnable: the line has not been shipped; there is no part of it to keep.
        LimitReached: too many offers were made.
    """
    with action():
        case = open_case(return_id, "offer", now=now)
        if not 1 <= amount <= case.row.amount:
            least = Money(1, case.row.currency)
            raise Invalid(f"Offer from {least} to {case.row.total}.", param="amount")
        if case.line.state == Line.PAID:
            raise NotReturnable(data={"line": case.line.id, "why": "units"})
        if case.row.offers >= LIMITS.offers:
            raise LimitReached("That was the last offer.", data={"limit": LIMITS.offers, "left": 0})
        offers = case.row.offers + 1
        move(case, State.OFFERED, actor=actor, now=now, note=note, offered=amount, offers=offers)
        idempotency.remember(case.row)
    return case.row


def accept_offer(*, return_id: str, actor: str, now: datetime) -> Return:
    """Take the seller's offer: the money goes back, the goods stay."""
    with action():
        case = open_case(return_id, "accept_offer", now=now)
        grant(case, State.ACCEPTED, actor=actor, now=now, amount=case.row.offered)
        idempotency.remember(case.row)
    return case.row


def decline_offer(*, return_id: str, actor: str, note: str = "", now: datetime) -> Return:
    """Decline the seller's offer: the request stands as before, and the seller's time begins anew."""
    with action():
        case = open_case(return_id, "decline_offer", now=now)
        decline(case, actor=actor, note=note, now=now)
        idempotency.remember(case.row)
    return case.row


def decline(case: Case, *, actor: str, now: datetime, note: str = "") -> None:
    """Take the step that declines an offer; it is on the table no more."""
    move(case, State.REQUESTED, actor=actor, now=now, note=note, offered=None)


def withdraw_return(*, return_id: str, actor: str, now: datetime) -> Return:
    """Take a request back; the units can be asked for again."""
    with action():
        case = open_case(return_id, "withdraw", now=now)
        move(case, State.WITHDRAWN, actor=actor, now=now)
        idempotency.remember(case.row)
    return case.row
