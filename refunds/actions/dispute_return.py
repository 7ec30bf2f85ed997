"""Buyer and seller do not agree: one of them asks the platform, and its staff decide."""

from datetime import datetime

from marketplace import idempotency
from marketplace.errors import Invalid
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from refunds.cases import grant, move, open_case
from refunds.models import Return
from refunds.return_states import State


def dispute_return(*, return_id: str, party: str, actor: str, note: str, now: datetime) -> Return:
    """Ask the platform to decide: a buyer what was refused to them, a seller about a parcel that never came.

    Raises:
        WrongReturnState: that party (``buyer`` or ``seller``) has nothing to dispute now.
    """
    with action():
        case = open_case(return_id, "dispute", party=party, now=now)
        move(case, State.DISPUTED, actor=actor, now=now, note=note)
        idempotency.remember(case.row)
    return case.row


def decide_return(
    *, return_id: str, for_buyer: bool, amount: int | None = None, actor: str, note: str, now: datetime
) -> Return:
    """Decide a dispute, saying why; for the buyer with all that was claimed, or with ``amount`` of it.

    Raises:
        Invalid: the amount is not between 1 and what was claimed, or goes with a decision for the seller.
        WrongReturnState: there is nothing to decide.
    """
    with action():
        case = open_case(return_id, "decide", now=now)
        if amount is not None and not (for_buyer and 1 <= amount <= case.row.amount):
            least = Money(1, case.row.currency)
            raise Invalid(f"From {least} to {case.row.total}, and only for the buyer.", param="amount")
        if for_buyer:
            grant(case, State.DECIDED_FOR_BUYER, actor=actor, now=now, amount=amount, note=note)
        else:
            move(case, State.DECIDED_FOR_SELLER, actor=actor, now=now, note=note)
        idempotency.remember(case.row)
    return case.row
