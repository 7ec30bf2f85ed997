"""The life of a session: the graph, and the only way along it."""

from datetime import datetime

from marketplace.lib.atomic import require_transaction
from streams.errors import WrongSessionState
from streams.models import Session, SessionHistory

State = Session.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.DRAFT: frozenset({State.SCHEDULED, State.CANCELLED}),
    State.SCHEDULED: frozenset({State.DRAFT, State.REHEARSAL, State.LIVE, State.CANCELLED}),
    State.REHEARSAL: frozenset({State.SCHEDULED, State.LIVE, State.CANCELLED}),
    State.LIVE: frozenset({State.PAUSED, State.ENDED}),
    State.PAUSED: frozenset({State.LIVE, State.ENDED}),
    State.ENDED: frozenset(),
    State.CANCELLED: frozenset(),
}

ON_AIR = frozenset({State.REHEARSAL, State.LIVE, State.PAUSED})
OVER = frozenset({State.ENDED, State.CANCELLED})


def advance(session: Session, to: str, *, actor: str, now: datetime) -> None:
    """Move a session to another state, or raise WrongSessionState and change nothing.

    The UPDATE is guarded by the state that the caller saw: of two that try, one wins.
    """
    require_transaction()
    came_from = session.state
    if to not in TRANSITIONS[came_from]:
        raise WrongSessionState(data={"state": came_from, "allowed": sorted(TRANSITIONS[came_from])})
    if not Session.objects.filter(id=session.id, state=came_from).update(state=to):
        raise WrongSessionState(
            data={"state": Session.objects.values_list("state", flat=True).get(id=session.id)}
        )
    session.state = to
    SessionHistory.objects.create(session=session, from_state=came_from, to_state=to, actor=actor, at=now)
