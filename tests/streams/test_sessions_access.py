"""Who sees a session and who may touch it."""

import pytest

from marketplace.lib import clock
from marketplace.models import User
from streams import permissions
from streams.models import Session, Slot
from tests.marketplace.rest_callers import Caller, problem_of, with_token
from tests.streams.conftest import BringTo

pytestmark = pytest.mark.only_in("embedded")

ANNOUNCED = ("scheduled", "rehearsal", "live", "paused", "ended", "cancelled")


def status_of(person: User | None, path: str) -> int:
    caller = with_token(person) if person else Caller()
    return int(caller.get(path).status_code)


def test_a_draft_is_there_for_those_who_work_on_it_only(
    draft: Session,
    slot: Slot,
    host: User,
    moderator: User,
    brand_staff: User,
    admin: User,
    outsider: User,
    rival: User,
) -> None:
    path = f"/api/v1/sessions/{draft.id}"
    people = {"host": host, "moderator": moderator, "brand": brand_staff, "admin": admin}
    assert {name: status_of(person, path) for name, person in people.items()} == dict.fromkeys(people, 200)
    strangers = {"outsider": outsider, "rival": rival, "nobody": None}
    assert {name: status_of(person, path) for name, person in strangers.items()} == dict.fromkeys(
        strangers, 404
    )
    for below in ("lineup", f"lineup/{slot.id}", "deals", "events"):
        assert status_of(outsider, f"{path}/{below}") == 404


@pytest.mark.parametrize("state", ANNOUNCED)
def test_what_is_announced_is_there_for_everybody(bring_to: BringTo, state: str) -> None:
    session = bring_to(state)
    for below in ("", "/lineup", "/deals", "/events"):
        assert status_of(None, f"/api/v1/sessions/{session.id}{below}") == 200


@pytest.mark.parametrize("state", Session.State.values)
@pytest.mark.parametrize("is_dated", (True, False))
def test_lists_and_pages_take_the_same_for_announced(draft: Session, state: str, is_dated: bool) -> None:
    row = Session.objects.filter(id=draft.id)
    row.update(state=state, scheduled_at=clock.now() if is_dated else None)
    assert permissions.is_announced(row.get()) is row.filter(permissions.ANNOUNCED).exists()


def test_a_draft_called_off_was_never_announced(draft: Session, as_host: Caller, outsider: User) -> None:
    as_host.send("POST", f"/api/v1/sessions/{draft.id}/cancel")
    assert status_of(outsider, f"/api/v1/sessions/{draft.id}") == 404


def test_a_brand_that_is_not_shown_sees_no_draft(draft: Session, brand_staff: User) -> None:
    assert status_of(brand_staff, f"/api/v1/sessions/{draft.id}") == 404


WRITES = (
    ("PATCH", "", {"title": "Stolen"}),
    ("POST", "/pause", None),
    ("POST", "/end", None),
    ("POST", "/lineup/{slot}/pin", None),
    ("PATCH", "/lineup/{slot}", {"on_sale": False}),
    (
        "POST",
        "/deals",
        {"slot": "{slot}", "price": {"amount": 1, "currency": "CNY"}, "quota": 1, "seconds": 5},
    ),
)


@pytest.mark.parametrize("who", ("buyer", "rival", "moderator", "brand_staff"))
def test_only_the_host_runs_the_show(
    request: pytest.FixtureRequest, live: Session, slot: Slot, moderator: User, brand_staff: User, who: str
) -> None:
    person: User = request.getfixturevalue(who)
    caller = with_token(person, "sessions:host")
    for method, below, body in WRITES:
        given = dict(body, slot=slot.id) if body and "slot" in body else body
        answer = caller.send(method, f"/api/v1/sessions/{live.id}{below.format(slot=slot.id)}", given)
        problem_of(answer, 403, "forbidden")
    session = Session.objects.get()
    assert (session.state, session.title, session.last_seq) == ("live", "Spring tea", live.last_seq)


def test_nobody_has_to_sign_in_first(live: Session, slot: Slot) -> None:
    for method, below, body in WRITES:
        given = dict(body, slot=slot.id) if body and "slot" in body else body
        answer = Caller().send(method, f"/api/v1/sessions/{live.id}{below.format(slot=slot.id)}", given)
        problem_of(answer, 401, "sign_in_required")


def test_a_token_needs_the_host_scope(live: Session, host: User) -> None:
    caller = with_token(host, "orders:write")
    answer = caller.send("POST", f"/api/v1/sessions/{live.id}/pause")
    assert problem_of(answer, 403, "scope_missing")["data"] == {"scope": "sessions:host"}


def test_platform_staff_may_end_any_show(live: Session, admin: User) -> None:
    answer = with_token(admin, "sessions:host").send("POST", f"/api/v1/sessions/{live.id}/end")
    assert answer.json()["state"] == "ended"


def test_figures_and_checklist_are_not_for_everybody(
    live: Session, buyer: User, moderator: User, brand_staff: User, host: User
) -> None:
    base = f"/api/v1/sessions/{live.id}"
    assert [status_of(who, f"{base}/metrics") for who in (host, brand_staff)] == [200, 200]
    assert [status_of(who, f"{base}/metrics") for who in (None, buyer, moderator)] == [401, 403, 403]
    assert [status_of(who, f"{base}/checklist") for who in (host, buyer, moderator, brand_staff)] == [
        200,
        403,
        403,
        403,
    ]


def test_a_slot_of_another_session_is_not_found(
    live: Session, slot: Slot, rival: User, other_streamer: object
) -> None:
    caller = with_token(rival, "sessions:host")
    own = caller.send("POST", "/api/v1/sessions", {"title": "Mine"}).json()["id"]
    problem_of(caller.get(f"/api/v1/sessions/{own}/lineup/{slot.id}"), 404, "not_found")
    answer = caller.send("POST", f"/api/v1/sessions/{own}/lineup/{slot.id}/pin")
    problem_of(answer, 404, "not_found")
