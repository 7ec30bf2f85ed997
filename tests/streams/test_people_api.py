"""Streamers, agencies, moderators and tickets over the API."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from marketplace.lib import clock
from marketplace.models import Fact, User
from streams.actions.tickets import redeem_ticket
from streams.models import Agency, Moderator, RealtimeTicket, Session, Streamer
from streams.tasks import sweep_tickets
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token
from tests.people import sign_up

pytestmark = pytest.mark.only_in("embedded")

NOON = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)


@pytest.fixture
def as_admin(admin: User) -> Caller:
    """Return Ada, who runs the platform."""
    return with_token(admin, "sessions:host")


def facts(type_: str) -> list[tuple[str, dict[str, Any]]]:
    return [(fact.subject, fact.payload) for fact in Fact.objects.filter(type=type_)]


def test_everybody_may_become_a_streamer(outsider: User, as_outsider: Caller) -> None:
    answer = as_outsider.send(
        "POST", "/api/v1/streamers", {"name": "Otto Live", "bio": "Tools.\nMore tools."}
    )

    streamer = Streamer.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "object": "streamer",
        "id": streamer.id,
        "name": "Otto Live",
        "bio": "Tools.\nMore tools.",
        "agency": None,
        "created_at": clock.to_wire(streamer.created_at),
    }
    created = {"streamer": streamer.id, "user": outsider.id, "name": "Otto Live"}
    assert facts("streamer.created") == [(streamer.id, created)]
    assert as_outsider.get("/api/v1/streamers/me").json() == answer.json()
    assert Caller().get(f"/api/v1/streamers/{streamer.id}").json() == answer.json()
    outsider.refresh_from_db()
    assert outsider.is_staff is False


def test_nobody_is_a_streamer_twice(streamer: Streamer, as_host: Caller) -> None:
    problem = problem_of(as_host.send("POST", "/api/v1/streamers", {"name": "Two"}), 409, "already_streamer")
    assert problem["data"] == {"streamer": streamer.id}


def test_a_name_belongs_to_one(streamer: Streamer, other_streamer: Streamer, as_outsider: Caller) -> None:
    answer = as_outsider.send("POST", "/api/v1/streamers", {"name": "Hana Live"})
    assert problem_of(answer, 409, "streamer_name_taken")["param"] == "name"
    caller = with_token(other_streamer.user, "sessions:host")
    answer = caller.send("PATCH", f"/api/v1/streamers/{other_streamer.id}", {"name": "Hana Live"})
    problem_of(answer, 409, "streamer_name_taken")


def test_who_is_no_streamer_has_no_profile(as_outsider: Caller) -> None:
    problem_of(as_outsider.get("/api/v1/streamers/me"), 403, "forbidden")
    problem_of(as_outsider.get(f"/api/v1/streamers/str_{'0' * 32}"), 404, "not_found")
    problem_of(as_outsider.get("/api/v1/streamers/str_x"), 404, "not_found")


def test_a_profile_is_its_owners(
    streamer: Streamer, as_host: Caller, as_outsider: Caller, as_admin: Caller
) -> None:
    url = f"/api/v1/streamers/{streamer.id}"
    assert as_host.send("PATCH", url, {"bio": ""}).json()["bio"] == ""
    problem_of(as_outsider.send("PATCH", url, {"bio": "Stolen"}), 403, "forbidden")
    problem_of(Caller().send("PATCH", url, {"bio": "Stolen"}), 401, "sign_in_required")
    assert as_admin.send("PATCH", url, {"name": "Hana"}).json()["name"] == "Hana"


def test_streamers_are_listed_and_searched(streamer: Streamer, other_streamer: Streamer) -> None:
    names = [each["name"] for each in Caller().get("/api/v1/streamers").json()["data"]]
    assert sorted(names) == ["Hana Live", "Rico Live"]
    found = Caller().get("/api/v1/streamers?q=HANA").json()["data"]
    assert [each["name"] for each in found] == ["Hana Live"]


def test_platform_staff_enters_agencies(
    streamer: Streamer, as_admin: Caller, as_host: Caller, admin: User
) -> None:
    given = {"name": "Stars", "share_bp": 2000}
    problem_of(as_host.send("POST", "/api/v1/agencies", given), 403, "forbidden")
    made = as_admin.send("POST", "/api/v1/agencies", given)
    agency = Agency.objects.get()
    assert made.status_code == 201
    shown = {"object": "agency", "id": agency.id, **given, "created_at": clock.to_wire(agency.created_at)}
    assert made.json() == shown
    assert Caller().get(f"/api/v1/agencies/{agency.id}").json() == shown
    assert Caller().get("/api/v1/agencies").json()["data"] == [shown]
    problem_of(as_admin.send("POST", "/api/v1/agencies", given), 409, "agency_name_taken")

    url = f"/api/v1/agencies/{agency.id}"
    problem_of(as_host.send("PATCH", url, {"share_bp": 1}), 403, "forbidden")
    assert as_admin.send("PATCH", url, {"share_bp": 2500}).json()["share_bp"] == 2500
    put = f"/api/v1/streamers/{streamer.id}/agency"
    problem_of(as_host.send("PUT", put, {"agency": agency.id}), 403, "forbidden")
    assert as_admin.send("PUT", put, {"agency": agency.id}).json()["agency"] == agency.id
    profile = Caller().get(f"/api/v1/streamers/{streamer.id}?expand[]=agency").json()
    assert profile["agency"] == {**shown, "share_bp": 2500}
    assert as_admin.send("PUT", put, {"agency": None}).json()["agency"] is None
    problem = problem_of(as_admin.send("PUT", put, {"agency": "agc_" + "0" * 32}), 404, "not_found")
    assert problem["param"] == "agency"
    changed = {"streamer": streamer.id, "agency": None, "actor": admin.id}
    assert facts("streamer.agency_changed")[-1] == (streamer.id, changed)


def test_moderators_come_and_go(
    live: Session, streamer: Streamer, host: User, buyer: User, as_host: Caller
) -> None:
    url = f"/api/v1/streamers/{streamer.id}/moderators"
    shown = {"object": "moderator", "id": buyer.id, "name": "Bella"}
    for _ in range(2):
        answer = as_host.send("POST", url, {"user": buyer.id})
        assert (answer.status_code, answer.json()) == (201, shown)
    assert Moderator.objects.count() == 1
    assert as_host.get(url).json()["data"] == [shown]

    assert as_host.send("DELETE", f"{url}/{buyer.id}").status_code == 204
    problem_of(as_host.send("DELETE", f"{url}/{buyer.id}"), 404, "not_found")
    assert as_host.get(url).json()["data"] == []
    payload = {"streamer": streamer.id, "user": buyer.id, "actor": host.id}
    assert facts("moderator.added") == facts("moderator.removed") == [(streamer.id, payload)]


def test_only_the_streamer_chooses_moderators(
    streamer: Streamer, moderator: User, buyer: User, rival: User
) -> None:
    url = f"/api/v1/streamers/{streamer.id}/moderators"
    for person in (moderator, buyer, rival):
        caller = with_token(person, "sessions:host")
        problem_of(caller.get(url), 403, "forbidden")
        problem_of(caller.send("POST", url, {"user": buyer.id}), 403, "forbidden")
        problem_of(caller.send("DELETE", f"{url}/{moderator.id}"), 403, "forbidden")
    assert Moderator.objects.get().user == moderator


def test_who_is_not_there_does_not_moderate(streamer: Streamer, as_host: Caller) -> None:
    gone = sign_up("gone")
    User.objects.filter(id=gone.id).update(is_active=False)
    for user_id in (gone.id, "usr_" + "0" * 32):
        answer = as_host.send("POST", f"/api/v1/streamers/{streamer.id}/moderators", {"user": user_id})
        assert problem_of(answer, 404, "not_found")["param"] == "user"


class TestTickets:
    """The way into the socket."""

    URL = "/api/v1/realtime/tickets"

    def test_it_is_good_once_for_thirty_seconds(self, buyer: User) -> None:
        with time_machine.travel(NOON, tick=False):
            answer = with_token(buyer, "orders:write").send("POST", self.URL)
        assert answer.status_code == 201
        shown = answer.json()
        ticket = shown.pop("ticket")
        assert shown == {"object": "realtime_ticket", "expires_at": "2026-11-11T12:00:30.000Z"}
        assert RealtimeTicket.objects.get().digest == hashlib.sha256(ticket.encode()).hexdigest()
        assert redeem_ticket(ticket=ticket, now=NOON) == buyer.id
        assert redeem_ticket(ticket=ticket, now=NOON) is None

    def test_it_expires(self, buyer: User) -> None:
        with time_machine.travel(NOON, tick=False) as time:
            tickets = [with_cookie(buyer).send("POST", self.URL).json()["ticket"] for _ in range(2)]
            time.shift(29.999)
            assert redeem_ticket(ticket=tickets[0], now=clock.now()) == buyer.id
            time.shift(0.001)
            assert redeem_ticket(ticket=tickets[1], now=clock.now()) is None
            sweep_tickets()
        assert not RealtimeTicket.objects.exists()

    def test_a_blocked_person_does_not_get_in(self, buyer: User) -> None:
        ticket = with_cookie(buyer).send("POST", self.URL).json()["ticket"]
        User.objects.filter(id=buyer.id).update(is_active=False)
        assert redeem_ticket(ticket=ticket, now=clock.now()) is None

    @pytest.mark.parametrize("ticket", ("", "rtt_unknown", "x" * 10_000, "\0", "ü" * 40))
    def test_what_is_no_ticket(self, db: None, ticket: str) -> None:
        assert redeem_ticket(ticket=ticket, now=clock.now()) is None

    def test_it_is_for_people_who_may_buy(self, buyer: User) -> None:
        problem_of(Caller().send("POST", self.URL), 401, "sign_in_required")
        problem_of(with_token(buyer, "sessions:host").send("POST", self.URL), 403, "scope_missing")
        assert not RealtimeTicket.objects.exists()

    def test_a_key_does_not_bring_the_same_one_again(self, buyer: User) -> None:
        caller = with_token(buyer, "orders:write")
        first, second = (
            caller.send("POST", self.URL, headers={"Idempotency-Key": "k"}).json() for _ in range(2)
        )
        assert first["ticket"] != second["ticket"]
