"""The life of a refund: the graph, and the only way along it."""

from datetime import datetime, timedelta

from marketplace.lib.atomic import require_transaction
from orders.errors import WrongOrderState
from refunds.models import Refund

State = Refund.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.CREATED: frozenset({State.SENT, State.DONE, State.FAILED}),
    State.SENT: frozenset({State.DONE, State.FAILED}),
    State.FAILED: frozenset({State.CREATED, State.DONE}),
    State.DONE: frozenset(),
}

#: Pauses between tries; the last one repeats.
BACKOFF = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(days=1),
)
#: Of a refund that the gateway has declined so often the audit speaks: somebody has to look.
MOST_DECLINED = len(BACKOFF)


def next_try(attempts: int, *, now: datetime) -> datetime:
    """Return when to try again after this many tries."""
    return now + BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]


def advance(
    refund: Refund,
    to: str,
    *,
    now: datetime,
    next_attempt_at: datetime | None = None,
    gateway_id: str = "",
    error: str = "",
) -> None:
    """Move a refund to another state, or raise WrongOrderState and change nothing.

    ``gateway_id`` is the gateway's name for the try, once known; ``error`` says why it failed.
    """
    require_transaction()
    came_from = refund.state
    if to not in TRANSITIONS[came_from]:
        raise WrongOrderState(data={"state": came_from, "allowed": sorted(TRANSITIONS[came_from])})
    changes = {
        "state": to,
        "next_attempt_at": next_attempt_at or refund.next_attempt_at,
        "gateway_id": gateway_id or refund.gateway_id,
        "last_error": error,
        "declined": refund.declined + (to == State.FAILED),
        "done_at": now if to == State.DONE else None,
    }
    if not Refund.objects.filter(id=refund.id, state=came_from).update(**changes):
        raise WrongOrderState(data={"state": came_from})
    for name, value in changes.items():
        setattr(refund, name, value)


def claim(refund: Refund, *, now: datetime, until: datetime) -> bool:
    """Take a try that is due, so that nobody else makes it until then; False when somebody else has.

    To ask about a refund that is sent is not one more try.
    """
    require_transaction()
    attempts = refund.attempts + (refund.state != State.SENT)
    due = Refund.objects.filter(
        id=refund.id, state=refund.state, attempts=refund.attempts, next_attempt_at__lte=now
    )
    taken = due.update(attempts=attempts, next_attempt_at=until)
    if taken:
        refund.attempts, refund.next_attempt_at = attempts, until
    return bool(taken)


def postpone(refund: Refund, *, next_attempt_at: datetime, gateway_id: str = "", error: str = "") -> None:
    """Note why a try came to nothing, when the next one is due, and the gateway's name for it, once known."""
    require_transaction()
    changes = {
        "next_attempt_at": next_attempt_at,
        "gateway_id": gateway_id or refund.gateway_id,
        "last_error": error,
    }
    Refund.objects.filter(id=refund.id, state=refund.state).update(**changes)
    for name, value in changes.items():
        setattr(refund, name, value)
