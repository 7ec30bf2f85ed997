"""Somebody has let a deadline pass: what was announced for that happens."""

from collections.abc import Callable
from datetime import datetime

from marketplace.lib.atomic import action
from refunds.actions.answer_return import approve, decline
from refunds.cases import Case, grant, lock_case, move
from refunds.policy import TIMEOUTS
from refunds.return_states import State

ACTOR = "deadline"


def _approve(case: Case, now: datetime) -> None:
    approve(case, actor=ACTOR, now=now)


def _decline(case: Case, now: datetime) -> None:
    decline(case, actor=ACTOR, now=now)


def _close(case: Case, now: datetime) -> None:
    move(case, State.CLOSED, actor=ACTOR, now=now)


def _refund(case: Case, now: datetime) -> None:
    """Nobody has looked at the goods: the money goes back, the units do not go back on sale."""
    grant(case, State.REFUNDED, actor=ACTOR, now=now)


def _decide(case: Case, now: datetime) -> None:
    grant(case, State.DECIDED_FOR_BUYER, actor=ACTOR, now=now)


#: What each default of ``refunds.policy.TIMEOUTS`` does.
DEFAULTS: dict[str, Callable[[Case, datetime], None]] = {
    "approve": _approve,
    "decline_offer": _decline,
    "close": _close,
    "refund": _refund,
    "decide_for_buyer": _decide,
}


def expire_return(*, return_id: str, now: datetime) -> bool:
    """Do what happens by default when a return's deadline has passed; False when it has not."""
    with action():
        case = lock_case(return_id)
        if case.row.deadline is None or case.row.deadline > now:
            return False
        DEFAULTS[TIMEOUTS[case.row.state].default](case, now)
    return True
