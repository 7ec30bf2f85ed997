"""Sessions over the API: drafts, changes, dates, covers, the lobby."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from marketplace.lib import clock
from marketplace.models import Category, Fact, User, Variant
from streams.actions.lineup import add_slot
from streams.actions.sessions import create_session, schedule_session
from streams.models import Session, Slot, Streamer
from streams.tasks import sweep_orphan_covers
from tests.marketplace.rest_callers import Caller, problem_of, with_token
from tests.streams.conftest import BringTo, yuan

pytestmark = pytest.mark.only_in("embedded")

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_a_streamer_drafts_a_session(streamer: Streamer, host: User, as_host: Caller) -> None:
    answer = as_host.send("POST", "/api/v1/sessions", {"title": "  Spring tea "})

    session = Session.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "object": "session",
        "id": session.id,
        "streamer": streamer.id,
        "title": "Spring tea",
        "description": "",
        "cover": None,
        "source": "simulated",
        "source_url": "",
        "state": "draft",
        "scheduled_at": None,
        "started_at": None,
        "ended_at": None,
        "payment_window_seconds": 900,
        "slow_mode_seconds": 0,
        "replay_sells": False,
        "likes": 0,
        "epoch": session.epoch,
        "last_seq": 0,
        "created_at": clock.to_wire(session.created_at),
    }
    fact = Fact.objects.get(type="session.created")
    assert (fact.subject, fact.at) == (session.id, session.created_at)
    assert fact.payload == {
        "session": session.id,
        "streamer": streamer.id,
        "title": "Spring tea",
        "state": "draft",
        "scheduled_at": None,
        "started_at": None,
        "ended_at": None,
        "actor": host.id,
    }


def test_the_same_key_drafts_one_session(streamer: Streamer, as_host: Caller) -> None:
    given = {"title": "Spring tea"}
    first = as_host.send("POST", "/api/v1/sessions", given, headers={"Idempotency-Key": "k1"})
    again = as_host.send("POST", "/api/v1/sessions", given, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Session.objects.count() == 1


def test_only_a_streamer_drafts(as_outsider: Caller) -> None:
    problem_of(as_outsider.send("POST", "/api/v1/sessions", {"title": "Mine"}), 403, "forbidden")
    assert not Session.objects.exists()


def test_a_draft_is_changed(draft: Session, as_host: Caller) -> None:
    changes = {"title": "Autumn tea", "source": "hls", "source_url": "https://video.example/a.m3u8"}
    answer = as_host.send("PATCH", f"/api/v1/sessions/{draft.id}", changes)
    assert answer.status_code == 200
    assert answer.json() | changes == answer.json()
    after = Session.objects.get()
    assert (after.title, after.source, after.source_url) == tuple(changes.values())
    assert after.payment_window_seconds == 900


@pytest.mark.parametrize(
    ("changes", "param"),
    (
        ({"source": "hls"}, "source_url"),
        ({"source_url": "https://video.example/"}, "source_url"),
        ({"source": "whep", "source_url": "javascript:alert(1)"}, "source_url"),
        ({"payment_window_seconds": 59}, "payment_window_seconds"),
    ),
)
def test_a_contradiction_is_refused(
    draft: Session, as_host: Caller, changes: dict[str, Any], param: str
) -> None:
    answer = as_host.send("PATCH", f"/api/v1/sessions/{draft.id}", changes)
    assert problem_of(answer, 400, "invalid")["errors"][0]["param"] == param
    assert Session.objects.get().source == "simulated"


@pytest.mark.parametrize("state", ("rehearsal", "live", "paused", "ended", "cancelled"))
def test_on_air_and_later_nothing_changes(bring_to: BringTo, as_host: Caller, state: str) -> None:
    session = bring_to(state)
    answer = as_host.send("PATCH", f"/api/v1/sessions/{session.id}", {"title": "Other"})
    problem_of(answer, 409, "wrong_session_state")
    assert Session.objects.get().title == "Spring tea"


@pytest.mark.parametrize("ahead", (timedelta(seconds=-1), timedelta(days=365, seconds=1)))
def test_a_date_is_in_the_next_year(draft: Session, as_host: Caller, ahead: timedelta) -> None:
    when = clock.to_wire(clock.now() + ahead)
    answer = as_host.send("POST", f"/api/v1/sessions/{draft.id}/schedule", {"scheduled_at": when})
    assert problem_of(answer, 400, "invalid")["param"] == "scheduled_at"
    assert Session.objects.get().state == "draft"


def test_a_date_is_moved_and_taken_back(scheduled: Session, as_host: Caller) -> None:
    when = clock.to_wire(clock.now() + timedelta(days=2))
    base = f"/api/v1/sessions/{scheduled.id}"
    assert as_host.send("POST", f"{base}/schedule", {"scheduled_at": when}).json()["scheduled_at"] == when
    assert as_host.send("POST", f"{base}/unschedule").json()["scheduled_at"] is None


def send_cover(caller: Caller, session: Session, content: bytes) -> Any:
    file = SimpleUploadedFile("cover.exe", content)
    return caller.post(f"/api/v1/sessions/{session.id}/cover", {"file": file})


def test_a_cover_is_kept_and_replaced(media: Path, draft: Session, as_host: Caller) -> None:
    first = send_cover(as_host, draft, PNG).json()["cover"]
    assert first.startswith("/media/covers/")
    assert first.endswith(".png")
    second = send_cover(as_host, draft, b"\xff\xd8\xff" + b"\0" * 40).json()["cover"]
    assert second.endswith(".jpg")
    assert [f"/media/covers/{file.name}" for file in (media / "covers").iterdir()] == [second]


def test_what_is_no_picture_is_no_cover(media: Path, draft: Session, as_host: Caller) -> None:
    problem_of(send_cover(as_host, draft, b"MZ" + b"\0" * 40), 400, "bad_picture")
    problem_of(send_cover(as_host, draft, PNG + b"\0" * 5 * 1024 * 1024), 413, "too_large")
    assert not (media / "covers").exists()
    assert not Session.objects.get().cover


def test_a_refused_cover_leaves_no_file(media: Path, bring_to: BringTo, as_host: Caller) -> None:
    session = bring_to("ended")
    problem_of(send_cover(as_host, session, PNG), 409, "wrong_session_state")
    assert list((media / "covers").iterdir()) == []


def test_a_cover_that_a_crash_left_is_removed_after_a_day(
    media: Path, draft: Session, as_host: Caller
) -> None:
    used = send_cover(as_host, draft, PNG).json()["cover"].rpartition("/")[2]
    folder = media / "covers"
    for name in ("old.png", "new.png"):
        (folder / name).write_bytes(PNG)
    long_ago = clock.now().timestamp() - 2 * 24 * 3600
    for name in ("old.png", used):
        os.utime(folder / name, (long_ago, long_ago))
    sweep_orphan_covers()
    assert sorted(file.name for file in folder.iterdir()) == sorted([used, "new.png"])


@pytest.fixture
def lobby(
    live: Session, tea: Variant, other_streamer: Streamer, rival: User, plan: object, cup: Variant
) -> dict[str, Session]:
    """Return Hana's live tea and Rico's: two announced sessions (one with cups) and a draft."""
    now = clock.now()
    made = {"live": live}
    for name, hours in (("soon", 1), ("later", 2)):
        session = create_session(streamer=other_streamer, title=f"Cups {name}", actor=rival, now=now)
        when = now + timedelta(hours=hours)
        made[name] = schedule_session(session_id=session.id, scheduled_at=when, actor=rival, now=now)
    made["draft"] = create_session(streamer=other_streamer, title="Secret", actor=rival, now=now)
    add_slot(session_id=made["later"].id, variant_id=cup.id, live_price=yuan(990), actor=rival, now=now)
    return made


def listed(caller: Caller, query: str, lobby: dict[str, Session]) -> list[str]:
    names = {session.id: name for name, session in lobby.items()}
    answer = caller.get(f"/api/v1/sessions{query}")
    assert answer.status_code == 200, answer.content
    return [names[session["id"]] for session in answer.json()["data"]]


def test_the_lobby(lobby: dict[str, Session], tea: Variant, streamer: Streamer, as_host: Caller) -> None:
    nobody = Caller()
    Category.objects.create(slug="cups", name="Cups")
    assert sorted(listed(nobody, "", lobby)) == ["later", "live", "soon"]
    assert listed(nobody, "?show=live", lobby) == ["live"]
    assert listed(nobody, "?show=upcoming", lobby) == ["soon", "later"]
    assert listed(nobody, "?show=replays", lobby) == []
    assert listed(nobody, f"?streamer={streamer.id}", lobby) == ["live"]
    assert listed(nobody, f"?brand={tea.brand_id}&show=upcoming", lobby) == ["later"]
    assert sorted(listed(nobody, "?category=tea", lobby)) == ["later", "live"]
    assert listed(nobody, "?category=cups", lobby) == []
    assert listed(nobody, "?q=SPRING", lobby) == ["live"]
    assert sorted(listed(nobody, "?q=rico", lobby)) == ["later", "soon"]
    assert listed(as_host, "?mine=true", lobby) == ["live"]
    assert sorted(listed(as_host, "?mine=false", lobby)) == ["later", "soon"]


def test_a_streamer_lists_drafts_of_their_own(lobby: dict[str, Session], rival: User) -> None:
    caller = with_token(rival)
    assert sorted(listed(caller, "?mine=true", lobby)) == ["draft", "later", "soon"]


def test_nobody_has_no_sessions_of_their_own(db: None) -> None:
    problem_of(Caller().get("/api/v1/sessions?mine=true"), 401, "sign_in_required")


def test_the_lobby_is_paged_in_its_order(lobby: dict[str, Session]) -> None:
    nobody = Caller()
    first = nobody.get("/api/v1/sessions?show=upcoming&limit=1").json()
    assert (first["data"][0]["id"], first["has_more"]) == (lobby["soon"].id, True)
    second = nobody.get(f"/api/v1/sessions?show=upcoming&limit=1&starting_after={lobby['soon'].id}").json()
    assert (second["data"][0]["id"], second["has_more"]) == (lobby["later"].id, False)


def test_the_lobby_costs_the_same_however_long(
    lobby: dict[str, Session], slot: Slot, cup_slot: Slot, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        answer = Caller().get("/api/v1/sessions?expand[]=streamer.agency&expand[]=lineup")
    by_id = {session["id"]: session for session in answer.json()["data"]}
    assert [each["id"] for each in by_id[lobby["live"].id]["lineup"]] == [slot.id, cup_slot.id]
    assert by_id[lobby["live"].id]["streamer"]["name"] == "Hana Live"
