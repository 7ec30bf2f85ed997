"""The life of a session over the API: every step from every state, taken or refused."""

from datetime import timedelta
from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.models import Fact, User
from streams.audit import findings
from streams.models import Deal, RoomEvent, Session, SessionHistory, Slot
from streams.states import TRANSITIONS
from tests.marketplace.rest_callers import Caller, problem_of
from tests.streams.conftest import BringTo

pytestmark = pytest.mark.only_in("embedded")

STATES = tuple(Session.State.values)
#: Step -> the states it is taken from, the state it leads to, the room's fact, the outbox's fact.
STEPS: dict[str, tuple[set[str], str, str, str]] = {
    "schedule": ({"draft", "scheduled"}, "scheduled", "session.updated", "session.scheduled"),
    "unschedule": ({"scheduled"}, "draft", "session.updated", "session.unscheduled"),
    "rehearse": ({"scheduled"}, "rehearsal", "session.updated", "session.rehearsing"),
    "end-rehearsal": ({"rehearsal"}, "scheduled", "session.updated", "session.rehearsed"),
    "start": ({"scheduled", "rehearsal"}, "live", "session.started", "session.started"),
    "pause": ({"live"}, "paused", "session.paused", "session.paused"),
    "resume": ({"paused"}, "live", "session.resumed", "session.resumed"),
    "end": ({"live", "paused"}, "ended", "session.ended", "session.ended"),
    "cancel": ({"draft", "scheduled", "rehearsal"}, "cancelled", "session.ended", "session.cancelled"),
}
TAKEN = tuple((state, step) for step, (states, *_) in STEPS.items() for state in sorted(states))


def take(caller: Caller, session: Session, step: str) -> Any:
    body = {"scheduled_at": clock.to_wire(clock.now() + timedelta(hours=2))} if step == "schedule" else None
    return caller.send("POST", f"/api/v1/sessions/{session.id}/{step}", body)


def everything() -> tuple[Any, ...]:
    """Return all that a step may change."""
    return (
        list(Session.objects.values()),
        list(Slot.objects.values()),
        list(Deal.objects.values()),
        list(SessionHistory.objects.values()),
        RoomEvent.objects.count(),
        Fact.objects.count(),
    )


def test_the_steps_are_the_edges_of_the_graph() -> None:
    edges = {(state, to) for states, to, *_ in STEPS.values() for state in states if state != to}
    assert edges == {(state, to) for state, ends in TRANSITIONS.items() for to in ends}


@pytest.mark.parametrize(("state", "step"), TAKEN)
def test_a_step_is_taken(bring_to: BringTo, as_host: Caller, host: User, state: str, step: str) -> None:
    _, to, room_fact, fact = STEPS[step]
    session = bring_to(state)
    history = set(SessionHistory.objects.values_list("id", flat=True))
    earlier = set(Fact.objects.values_list("id", flat=True))

    answer = take(as_host, session, step)

    assert (answer.status_code, answer.json()["state"]) == (200, to)
    after = Session.objects.get(id=session.id)
    assert (after.state, after.last_seq) == (to, session.last_seq + 1)
    assert RoomEvent.objects.get(session=session, seq=after.last_seq).type == room_fact
    new = Fact.objects.exclude(id__in=earlier)
    assert list(new.values_list("type", "subject")) == [(fact, session.id)]
    changes = SessionHistory.objects.exclude(id__in=history).values_list("from_state", "to_state", "actor")
    assert list(changes) == ([] if state == to else [(state, to, host.id)])
    assert findings(clock.now()) == []


@pytest.mark.parametrize("state", STATES)
def test_every_other_step_is_refused_and_changes_nothing(
    bring_to: BringTo, as_host: Caller, state: str
) -> None:
    session = bring_to(state)
    before = everything()
    for step, (states, *_) in STEPS.items():
        if state not in states:
            problem = problem_of(take(as_host, session, step), 409, "wrong_session_state")
            assert problem["data"] == {"state": state, "allowed": sorted(TRANSITIONS[state])}
    assert everything() == before
