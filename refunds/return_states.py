"""The life of a return: the graph, who may do what in each state, and the only way along it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.lib.atomic import require_transaction
from refunds.errors import WrongReturnState
from refunds.models import Return, ReturnHistory
from refunds.policy import TIMEOUTS

State = Return.State

RETURN_TRANSITIONS: dict[str, frozenset[str]] = {
    State.REQUESTED: frozenset(
        {State.APPROVED, State.REJECTED, State.OFFERED, State.WITHDRAWN, State.CLOSED}
    ),
    State.OFFERED: frozenset({State.ACCEPTED, State.REQUESTED, State.WITHDRAWN, State.CLOSED}),
    State.APPROVED: frozenset({State.IN_TRANSIT, State.REFUNDED, State.WITHDRAWN, State.CLOSED}),
    State.IN_TRANSIT: frozenset({State.RECEIVED, State.DISPUTED, State.REFUNDED}),
    State.RECEIVED: frozenset({State.REFUNDED, State.REFUSED}),
    State.REJECTED: frozenset({State.DISPUTED, State.CLOSED}),
    State.REFUSED: frozenset({State.DISPUTED, State.CLOSED}),
    State.DISPUTED: frozenset({State.DECIDED_FOR_BUYER, State.DECIDED_FOR_SELLER, State.CLOSED}),
    State.REFUNDED: frozenset(),
    State.ACCEPTED: frozenset(),
    State.DECIDED_FOR_BUYER: frozenset(),
    State.DECIDED_FOR_SELLER: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.CLOSED: frozenset(),
}

TERMINAL = frozenset(state for state, ahead in RETURN_TRANSITIONS.items() if not ahead)
OPEN = frozenset(RETURN_TRANSITIONS) - TERMINAL
#: Ends in which money goes back.
PAID_BACK = frozenset({State.REFUNDED, State.ACCEPTED, State.DECIDED_FOR_BUYER})
#: Ends after which the units can be asked for once more.
LETS_GO = frozenset({State.WITHDRAWN, State.CLOSED})

#: Who may do what: actor and action, by state.
STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    State.REQUESTED: (
        ("seller", "approve"), ("seller", "reject"), ("seller", "offer"), ("buyer", "withdraw"),
    ),
    State.OFFERED: (("buyer", "accept_offer"), ("buyer", "decline_offer"), ("buyer", "withdraw")),
    State.APPROVED: (("buyer", "send_back"), ("buyer", "withdraw")),
    State.IN_TRANSIT: (("seller", "receive"), ("seller", "dispute")),
    State.RECEIVED: (("seller", "accept_goods"), ("seller", "refuse_goods")),
    State.REJECTED: (("buyer", "dispute"),),
    State.REFUSED: (("buyer", "dispute"),),
    State.DISPUTED: (("staff", "decide"),),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NextAction:
    """Something that somebody can do now. Only whose turn it is has a deadline, and a default after it."""

    actor: str
    action: str
    deadline: datetime | None
    default_on_timeout: str | None


def next_actions(case: Return) -> Iterator[NextAction]:
    """Yield what can be done with a return, and what happens when nobody does."""
    timeout = TIMEOUTS.get(case.state)
    for actor, action in STEPS.get(case.state, ()):
        if timeout is not None and actor == timeout.actor and action != "withdraw":
            yield NextAction(actor, action, case.deadline, timeout.default)
        else:
            yield NextAction(actor, action, None, None)


def deadline_of(state: str, *, now: datetime, before: datetime | None = None) -> datetime | None:
    """Return the deadline of a state entered now, ``before`` being that of the state left."""
    timeout = TIMEOUTS.get(state)
    if timeout is None:
        return None
    return before if timeout.within is None else now + timeout.within


def advance(case: Return, to: str, *, actor: str, now: datetime, note: str = "", **changes: Any) -> None:
    """Move a return to another state, with other changes of its row, or raise and change nothing.

    The UPDATE is guarded by the state that the caller saw: of two that try, one wins.

    Raises:
        WrongReturnState: the graph has no such step, or somebody else was quicker.
    """
    require_transaction()
    came_from = case.state
    if to not in RETURN_TRANSITIONS[came_from]:
        raise WrongReturnState(data={"state": came_from})
    changes |= {
        "state": to,
        "deadline": deadline_of(to, now=now, before=case.deadline),
        "updated_at": now,
    }
    if not Return.objects.filter(id=case.id, state=came_from).update(**changes):
        raise WrongReturnState(data={"state": came_from})
    for name, value in changes.items():
        setattr(case, name, value)
    record(case, came_from, actor=actor, note=note, now=now)


def record(case: Return, came_from: str, *, actor: str, note: str, now: datetime) -> None:
    """Append the step that a return has taken to its history."""
    require_transaction()
    ReturnHistory.objects.create(
        case=case, from_state=came_from, to_state=case.state, actor=actor, note=note, at=now
    )


def by_whom(step: ReturnHistory) -> str:
    """Return who took a step, naming nobody: ``buyer``, ``seller``, ``staff``, or what did it by itself."""
    if step.actor == step.case.buyer_id:
        return "buyer"
    if not step.actor.startswith("usr_"):
        return step.actor
    return "staff" if step.to_state in {State.DECIDED_FOR_BUYER, State.DECIDED_FOR_SELLER} else "seller"
