"""Rooms for tests of chat, presence and figures: a session of Hana's in the state that a test needs."""

from datetime import datetime, timedelta

from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import User
from streams import states
from streams.actions.people import add_moderator, register_streamer
from streams.actions.sessions import create_session, schedule_session
from streams.models import Session, Streamer

State = Session.State

WAY_TO = {
    State.SCHEDULED: (),
    State.REHEARSAL: (State.REHEARSAL,),
    State.LIVE: (State.LIVE,),
    State.PAUSED: (State.LIVE, State.PAUSED),
    State.ENDED: (State.LIVE, State.ENDED),
}


def make_room(host: User, state: str = State.LIVE, *, now: datetime | None = None) -> Session:
    """Return a session of this person, a streamer from now on if not before, in a state; it sells nothing."""
    now = now or clock.now()
    streamer = Streamer.objects.filter(user=host).first()
    streamer = streamer or register_streamer(user=host, name=host.shown_name, now=now)
    session = create_session(streamer=streamer, title="Spring tea", actor=host, now=now)
    later = now + timedelta(hours=1)
    session = schedule_session(session_id=session.id, scheduled_at=later, actor=host, now=now)
    for step in WAY_TO[State(state)]:
        move(session, step, now=now)
    return session


def move(session: Session, to: str, *, now: datetime) -> None:
    """Bring a session into another state, without the line-up that a real show needs."""
    with action():
        states.advance(session, to, actor="test", now=now)
        if to == State.LIVE and session.started_at is None:
            session.started_at = now
        if to == State.ENDED:
            session.ended_at = now
        session.save(update_fields=["started_at", "ended_at"])


def make_moderator(person: User, session: Session, host: User) -> User:
    """Make a person a moderator of the session's streamer."""
    return add_moderator(streamer_id=session.streamer_id, user_id=person.id, actor=host, now=clock.now())
