"""The show itself: rehearsed, begun, paused, resumed, ended.

A rehearsal is an ordinary run of the room that sells nothing: its facts stay in the log, between the
``session.updated`` whose state is ``rehearsal`` and the next one that changes the state. What was pinned and
opened in it is put away when it ends, so nothing of it is left when the session goes live (docs/streams.md).
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from marketplace import idempotency
from marketplace.lib.atomic import action
from marketplace.lib.clock import to_wire
from marketplace.models import User
from streams import factlog, states, stock_facts
from streams.actions import steps
from streams.errors import AlreadyOnAir, NotReady
from streams.events import RoomFact, SessionEnded, SessionPaused, SessionResumed, SessionStarted
from streams.models import Session
from streams.queries.checklist import unready
from streams.states import ON_AIR

State = Session.State


def rehearse_session(*, session_id: str, actor: User, now: datetime) -> Session:
    """Open the room of a scheduled session for a rehearsal; raises WrongSessionState, AlreadyOnAir."""
    with action():
        session = steps.lock_session(session_id)
        steps.demand_state(session, State.SCHEDULED)
        _go_on_air(session, State.REHEARSAL, actor=actor, now=now)
        _say("session.rehearsing", steps.session_updated(session), session, actor=actor, now=now)
    return session


def end_rehearsal(*, session_id: str, actor: User, now: datetime) -> Session:
    """Put a rehearsal away: the session is scheduled again. Raises WrongSessionState."""
    with action():
        show = steps.lock_show(session_id)
        session = show.session
        steps.demand_state(session, State.REHEARSAL)
        steps.clear_stage(show, actor=actor.id, now=now)
        states.advance(session, State.SCHEDULED, actor=actor.id, now=now)
        _say("session.rehearsed", steps.session_updated(session), session, actor=actor, now=now)
    return session


def start_session(*, session_id: str, actor: User, now: datetime) -> Session:
    """Go live from the schedule or from a rehearsal.

    Raises NotFound, WrongSessionState, NotReady (a required check fails), AlreadyOnAir.
    """
    with action():
        show = steps.lock_show(session_id)
        session = show.session
        steps.demand_state(session, State.SCHEDULED, State.REHEARSAL)
        failed = unready(session, now=now)
        if failed:
            raise NotReady(data={"failed": [check.code for check in failed]})
        steps.clear_stage(show, actor=actor.id, now=now)
        _go_on_air(session, State.LIVE, actor=actor, now=now)
        session.started_at = now
        session.save(update_fields=["started_at"])
        stock_facts.tell([session], now=now)  # who waits for the show has not heard of sales elsewhere
        fact = SessionStarted(state=session.state, started_at=to_wire(now))
        _say("session.started", fact, session, actor=actor, now=now)
    return session


def pause_session(*, session_id: str, actor: User, now: datetime) -> Session:
    """Take a break: nothing can be bought, the clocks of open deals go on. Raises WrongSessionState."""
    with action():
        session = steps.lock_session(session_id)
        steps.demand_state(session, State.LIVE)
        states.advance(session, State.PAUSED, actor=actor.id, now=now)
        _say("session.paused", SessionPaused(state=session.state), session, actor=actor, now=now)
    return session


def resume_session(*, session_id: str, actor: User, now: datetime) -> Session:
    """Go on after a break; raises WrongSessionState."""
    with action():
        session = steps.lock_session(session_id)
        steps.demand_state(session, State.PAUSED)
        states.advance(session, State.LIVE, actor=actor.id, now=now)
        _say("session.resumed", SessionResumed(state=session.state), session, actor=actor, now=now)
    return session


def end_session(*, session_id: str, actor: User, now: datetime) -> Session:
    """End the show: open deals are closed and nothing stays pinned. Raises WrongSessionState."""
    with action():
        show = steps.lock_show(session_id)
        session = show.session
        steps.demand_state(session, State.LIVE, State.PAUSED)
        steps.clear_stage(show, actor=actor.id, now=now)
        states.advance(session, State.ENDED, actor=actor.id, now=now)
        session.ended_at = now
        session.save(update_fields=["ended_at"])
        if session.stock_stale:
            session.stock_told_at = None  # the room's last word does not wait
            stock_facts.tell([session], now=now)
        fact = SessionEnded(state=session.state, ended_at=to_wire(now))
        _say("session.ended", fact, session, actor=actor, now=now)
    return session


def _go_on_air(session: Session, to: str, *, actor: User, now: datetime) -> None:
    """Advance to a state on air; the unique index lets one session of a streamer through."""
    try:
        with transaction.atomic():
            states.advance(session, to, actor=actor.id, now=now)
    except IntegrityError as taken:
        others = Session.objects.filter(streamer_id=session.streamer_id, state__in=ON_AIR)
        other = others.exclude(id=session.id).values("id", "title").first()
        if other is None:  # it ended between the two
            raise AlreadyOnAir(data={"session": None}) from taken
        raise AlreadyOnAir(
            f"“{other['title']}” is on air: end it first.", data={"session": other["id"]}
        ) from taken


def _say(type_: str, fact: RoomFact, session: Session, *, actor: User, now: datetime) -> None:
    """Tell room and outbox of the change, and remember the answer to the request: an action's last step."""
    factlog.append(session, fact, now=now)
    steps.record_session(type_, session, actor=actor, now=now)
    idempotency.remember(session)
