"""A session before the show: made, changed, announced, taken back, called off."""

from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from marketplace import idempotency
from marketplace.lib.atomic import action
from marketplace.lib.clock import to_wire
from marketplace.models import User
from streams import factlog, states
from streams.actions import steps
from streams.events import SessionEnded
from streams.models import Session, Streamer

State = Session.State

#: Folder of cover pictures.
COVERS = "covers"
#: How far ahead a session may be announced.
HORIZON = timedelta(days=365)
LEAST_PAYMENT_WINDOW, MOST_PAYMENT_WINDOW = 60, 86_400


class SessionDetails(TypedDict, total=False):
    """What a host says about a session; what is left out stays as it is."""

    title: str
    description: str
    source: str
    source_url: str
    payment_window_seconds: int


def create_session(
    *, streamer: Streamer, actor: User, now: datetime, **details: Unpack[SessionDetails]
) -> Session:
    """Make a draft; raises Invalid when the details contradict each other."""
    with action():
        session = Session(streamer=streamer, created_at=now, **details)
        _refuse_contradictions(session)
        session.save(force_insert=True)
        steps.record_session("session.created", session, actor=actor, now=now)
        idempotency.remember(session)
    return session


def change_session(
    *, session_id: str, actor: User, now: datetime, **details: Unpack[SessionDetails]
) -> Session:
    """Change what is said about a draft or an announced session; on air nothing of it changes any more.

    Raises NotFound, WrongSessionState, Invalid.
    """
    with action():
        session = steps.lock_session(session_id)
        steps.demand_state(session, State.DRAFT, State.SCHEDULED)
        for name, value in details.items():
            setattr(session, name, value)
        _refuse_contradictions(session)
        session.save(update_fields=[*details])
        _say("session.updated", session, actor=actor, now=now)
    return session


def set_cover(*, session_id: str, cover: str, actor: User, now: datetime) -> Session:
    """Give a session that is not over the cover picture that has been stored under this name."""
    with action():
        session = steps.lock_session(session_id)
        steps.demand_not_over(session)
        session.cover.name = cover
        session.save(update_fields=["cover"])
        _say("session.updated", session, actor=actor, now=now)
    return session


def schedule_session(*, session_id: str, scheduled_at: datetime, actor: User, now: datetime) -> Session:
    """Announce a draft for a moment in the next year, or give an announced session another moment.

    Raises NotFound, WrongSessionState, Invalid (``scheduled_at``).
    """
    with action():
        session = steps.lock_session(session_id)
        steps.demand_state(session, State.DRAFT, State.SCHEDULED)
        if not now <= scheduled_at <= now + HORIZON:
            raise steps.invalid("scheduled_at", "A session is announced for a moment in the next 365 days.")
        if session.state == State.DRAFT:
            states.advance(session, State.SCHEDULED, actor=actor.id, now=now)
        session.scheduled_at = scheduled_at
        session.save(update_fields=["scheduled_at"])
        _say("session.scheduled", session, actor=actor, now=now)
    return session


def unschedule_session(*, session_id: str, actor: User, now: datetime) -> Session:
    """Take an announcement back: the session is a draft again and has no date. Raises WrongSessionState."""
    with action():
        session = steps.lock_session(session_id)
        steps.demand_state(session, State.SCHEDULED)
        states.advance(session, State.DRAFT, actor=actor.id, now=now)
        session.scheduled_at = None
        session.save(update_fields=["scheduled_at"])
        _say("session.unscheduled", session, actor=actor, now=now)
    return session


def cancel_session(*, session_id: str, actor: User, now: datetime) -> Session:
    """Call a session off that has not gone live; who waits in its room is told. Raises WrongSessionState."""
    with action():
        show = steps.lock_show(session_id)
        session = show.session
        steps.demand_state(session, State.DRAFT, State.SCHEDULED, State.REHEARSAL)
        steps.clear_stage(show, actor=actor.id, now=now)
        states.advance(session, State.CANCELLED, actor=actor.id, now=now)
        session.ended_at = now
        session.save(update_fields=["ended_at"])
        factlog.append(session, SessionEnded(state=session.state, ended_at=to_wire(now)), now=now)
        steps.record_session("session.cancelled", session, actor=actor, now=now)
        idempotency.remember(session)
    return session


def _refuse_contradictions(session: Session) -> None:
    """Raise Invalid for details that the fields alone do not rule out."""
    if (session.source == Session.Source.SIMULATED) == bool(session.source_url):
        raise steps.invalid("source_url", "A stream has an address, a simulated one has none.")
    if session.source_url and not session.source_url.startswith(("https://", "http://")):
        raise steps.invalid("source_url", "The address begins with https:// or http://.")
    if not LEAST_PAYMENT_WINDOW <= session.payment_window_seconds <= MOST_PAYMENT_WINDOW:
        raise steps.invalid("payment_window_seconds", "Buyers have between 60 and 86,400 seconds to pay.")


def _say(type_: str, session: Session, *, actor: User, now: datetime) -> None:
    """Tell room and outbox of the change, and remember the answer to the request: an action's last step."""
    factlog.append(session, steps.session_updated(session), now=now)
    steps.record_session(type_, session, actor=actor, now=now)
    idempotency.remember(session)
