"""What the host says is a fact of the room."""

from typing import Any

import pytest

from marketplace.models import Fact
from streams.models import RoomEvent, Session, Slot
from tests.marketplace.rest_callers import Caller, problem_of
from tests.streams.conftest import BringTo

pytestmark = pytest.mark.only_in("embedded")


def say(caller: Caller, session: Session, **body: Any) -> Any:
    return caller.send("POST", f"/api/v1/sessions/{session.id}/captions", body)


def said(session: Session) -> list[dict[str, Any]]:
    facts = RoomEvent.objects.filter(session=session, type="host.said").order_by("seq")
    return [fact.payload for fact in facts]


def test_what_is_said_is_in_the_log(live: Session, slot: Slot, as_host: Caller) -> None:
    outside = Fact.objects.count()
    answer = say(as_host, live, text="  Picked in April. ", slot=slot.id, claim="harvest")
    live.refresh_from_db()
    told = {"text": "Picked in April.", "slot": slot.id, "claim": "harvest"}
    assert (answer.status_code, answer.json()["data"]) == (201, told)
    assert (answer.json()["seq"], answer.json()["digest"]) == (live.last_seq, live.last_digest)
    say(as_host, live, text="大家好")
    assert said(live) == [told, {"text": "大家好", "slot": None, "claim": None}]
    assert Fact.objects.count() == outside


def test_a_claim_is_about_a_product(live: Session, as_host: Caller) -> None:
    problem = problem_of(say(as_host, live, text="Pure.", claim="purity"), 400, "invalid")
    assert problem["param"] == "slot"
    assert said(live) == []


def test_a_slot_of_elsewhere_is_not_there(live: Session, as_host: Caller) -> None:
    problem_of(say(as_host, live, text="This.", slot=f"slt_{'0' * 32}"), 404, "not_found")
    assert said(live) == []


@pytest.mark.parametrize(
    ("state", "status"),
    (("draft", 409), ("scheduled", 409), ("rehearsal", 201), ("paused", 201), ("ended", 409)),
)
def test_one_speaks_on_air(bring_to: BringTo, as_host: Caller, state: str, status: int) -> None:
    session = bring_to(state)
    assert say(as_host, session, text="Hello.").status_code == status
    assert len(said(session)) == (status == 201)
