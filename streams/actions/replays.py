"""Whether a show goes on selling after its end."""

from datetime import datetime

from marketplace import idempotency
from marketplace.lib.atomic import action
from marketplace.models import User
from streams import factlog
from streams.actions import steps
from streams.errors import WrongSessionState
from streams.models import Session


def set_replay_sales(*, session_id: str, sells: bool, actor: User, now: datetime) -> Session:
    """Let the replay sell what is left at the live price, or stop it; in any state but cancelled.

    Raises NotFound, WrongSessionState. Setting what is set changes nothing.
    """
    with action():
        session = steps.lock_session(session_id)
        if session.state == Session.State.CANCELLED:
            raise WrongSessionState(data={"state": session.state, "allowed": []})
        if session.replay_sells != sells:
            session.replay_sells = sells
            session.save(update_fields=["replay_sells"])
            factlog.append(session, steps.session_updated(session), now=now)
            steps.record_session("session.updated", session, actor=actor, now=now)
        idempotency.remember(session)
    return session
