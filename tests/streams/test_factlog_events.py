"""The fact log: what a show writes, that it can be checked by anybody, that forgery is found."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from marketplace import bells
from marketplace.actions.stock import restock_variant
from marketplace.lib import clock
from marketplace.models import StockLevel, User, Variant
from streams import stock_facts, tasks
from streams.actions.deals import open_deal
from streams.actions.lineup import change_slot, pin_slot
from streams.actions.show import start_session
from streams.actions.tell_rooms import tell_rooms
from streams.audit import findings
from streams.models import Deal, RoomEvent, Session, Slot
from tests.marketplace.rest_callers import Caller, problem_of
from tests.streams.conftest import BringTo, yuan


def codes() -> list[tuple[str, str]]:
    return [(finding.code, finding.subject) for finding in findings(clock.now())]


def log_of(session: Session) -> list[RoomEvent]:
    return list(RoomEvent.objects.filter(session=session).order_by("seq"))


@pytest.fixture
def show(live: Session, slot: Slot, host: User) -> Session:
    """Return Hana's live session with a pin and a deal."""
    now = clock.now()
    pin_slot(slot_id=slot.id, actor=host, now=now)
    open_deal(slot_id=slot.id, price=yuan(990), quota=3, seconds=60, actor=host, now=now)
    return Session.objects.get(id=live.id)


def read(session: Session, query: str = "") -> dict[str, Any]:
    answer = Caller().get(f"/api/v1/sessions/{session.id}/events{query}")
    assert answer.status_code == 200
    page: dict[str, Any] = answer.json()
    return page


def test_the_log_is_paged_by_number(show: Session) -> None:
    everything = read(show)
    assert [(fact["seq"], fact["type"]) for fact in everything["data"]] == [
        (1, "slot.added"),
        (2, "session.updated"),
        (3, "session.started"),
        (4, "slot.pinned"),
        (5, "deal.opened"),
    ]
    assert everything["has_more"] is False
    page = read(show, "?limit=2&after=1")
    assert ([fact["seq"] for fact in page["data"]], page["has_more"]) == ([2, 3], True)
    assert read(show, "?after=3")["data"] == everything["data"][3:]
    assert read(show, "?after=99") == {"object": "list", "data": [], "has_more": False}


@pytest.mark.parametrize("query", ("?after=-1", "?after=x", "?after=9223372036854775808", "?limit=0"))
def test_a_page_that_cannot_be(show: Session, query: str) -> None:
    problem_of(Caller().get(f"/api/v1/sessions/{show.id}/events{query}"), 400, "invalid")


def test_the_log_has_no_other_cursor(show: Session) -> None:
    answer = Caller().get(f"/api/v1/sessions/{show.id}/events?starting_after={show.id}")
    assert problem_of(answer, 400, "invalid")["param"] == "starting_after"


def test_anybody_can_check_the_chain_with_what_the_api_shows(show: Session) -> None:
    digest = ""
    for fact in read(show)["data"]:
        chained = [digest, fact["seq"], fact["type"], fact["at"], fact["data"]]
        body = json.dumps(chained, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(body.encode()).hexdigest()
        assert fact["digest"] == digest
    assert digest == show.last_digest


def test_a_show_leaves_no_findings(show: Session) -> None:
    assert codes() == []


class TestTheAuditFinds:
    """Each broken invariant under its own name."""

    def test_a_fact_that_was_rewritten(self, show: Session) -> None:
        RoomEvent.objects.filter(session=show, seq=4).update(payload={"slot": "slt_other"})
        assert codes() == [("log_forged", show.id)]

    def test_a_fact_that_was_taken_out(self, show: Session) -> None:
        RoomEvent.objects.filter(session=show, seq=3).delete()
        assert codes() == [("log_gap", show.id)]

    def test_a_tail_that_was_cut_off(self, show: Session) -> None:
        RoomEvent.objects.filter(session=show, seq=5).delete()
        assert codes() == [("log_incomplete", show.id)]

    def test_a_log_that_is_gone(self, show: Session) -> None:
        RoomEvent.objects.filter(session=show).delete()
        assert codes() == [("log_incomplete", show.id)]

    def test_a_fact_that_the_session_does_not_know(self, show: Session) -> None:
        RoomEvent.objects.create(
            session=show, seq=6, type="slot.pinned", payload={}, at=clock.now(), digest="0" * 64
        )
        assert codes() == [("log_overhang", show.id)]

    def test_what_is_open_or_pinned_off_air(self, show: Session, slot: Slot) -> None:
        Session.objects.update(state="ended")
        deal = Deal.objects.get()
        assert sorted(codes()) == [("deal_open_off_air", deal.id), ("pinned_off_air", slot.id)]

    def test_a_deal_of_another_session(self, show: Session, draft: Session, cup_slot: Slot) -> None:
        other = Session.objects.create(
            streamer=show.streamer, title="Other", state="ended", created_at=clock.now()
        )
        Slot.objects.filter(id=cup_slot.id).update(session=other)
        deal = Deal.objects.get()
        Deal.objects.update(slot=cup_slot)
        assert codes() == [("deal_misplaced", deal.id)]

    def test_two_currencies_in_a_line_up(self, show: Session, cup_slot: Slot) -> None:
        Slot.objects.filter(id=cup_slot.id).update(currency="EUR")
        assert codes() == [("several_currencies", show.id)]


# What rooms hear of the shelf ----------------------------------------------------


def counts(session: Session) -> list[list[dict[str, Any]]]:
    return [event.payload["changes"] for event in log_of(session) if event.type == "stock.changed"]


def one(slot: Slot, left: int) -> list[dict[str, Any]]:
    return [{"slot": slot.id, "deal": None, "left": left, "sold": 0}]


def test_a_room_hears_of_units_once(live: Session, slot: Slot, tea: Variant) -> None:
    now = clock.now()
    StockLevel.objects.update(on_hand=29)
    tell_rooms(variant_ids=[tea.id], now=now)
    tell_rooms(variant_ids=[tea.id], now=now + timedelta(seconds=1))
    assert counts(live) == [one(slot, 29)]


def test_a_room_hears_at_most_ten_times_a_second_and_the_latest_at_last(
    live: Session, slot: Slot, tea: Variant
) -> None:
    now = clock.now()
    for number in range(3):
        StockLevel.objects.update(on_hand=20 + number)
        tell_rooms(variant_ids=[tea.id], now=now + timedelta(milliseconds=40 * number))
    assert counts(live) == [one(slot, 20)]
    assert Session.objects.get().stock_stale is True

    Session.objects.update(stock_told_at=now - timedelta(seconds=1))
    tasks.sweep_stale_rooms()
    assert counts(live) == [one(slot, 20), one(slot, 22)]
    assert Session.objects.get().stock_stale is False
    tasks.sweep_stale_rooms()
    assert len(counts(live)) == 2


@pytest.mark.parametrize("state", ("draft", "scheduled", "ended", "cancelled"))
def test_only_rooms_on_air_hear(bring_to: BringTo, tea: Variant, state: str) -> None:
    session = bring_to(state)
    tell_rooms(variant_ids=[tea.id], now=clock.now())
    assert counts(session) == []


def test_the_catalogues_bell_rings_in_the_room(
    live: Session,
    slot: Slot,
    tea: Variant,
    brand_owner: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    monkeypatch.setattr(tasks.tell_rooms_of, "delay", tasks.tell_rooms_of)
    assert tasks.ring_stock_moved in bells.stock_moved
    with django_capture_on_commit_callbacks(execute=True):
        restock_variant(variant_id=tea.id, quantity=5, note="truck", actor=brand_owner, now=clock.now())
    assert counts(live) == [one(slot, 35)]


def test_a_lost_bell_is_made_up_for(live: Session, slot: Slot) -> None:
    StockLevel.objects.update(on_hand=7)
    tasks.sweep_untold_rooms()
    assert counts(live) == [one(slot, 7)]
    Session.objects.update(stock_told_at=clock.now() - timedelta(seconds=1))
    tasks.sweep_untold_rooms()
    assert counts(live) == [one(slot, 7)]


def test_counts_that_other_facts_carried_are_not_repeated(live: Session, slot: Slot, host: User) -> None:
    now = clock.now()
    change_slot(slot_id=slot.id, per_buyer_limit=2, actor=host, now=now)
    open_deal(slot_id=slot.id, price=yuan(990), quota=5, seconds=60, actor=host, now=now)
    tasks.sweep_untold_rooms()
    assert counts(live) == []


def test_who_waits_for_the_show_hears_at_its_start_what_was_sold_elsewhere(
    scheduled: Session, slot: Slot, host: User
) -> None:
    StockLevel.objects.update(on_hand=12)
    start_session(session_id=scheduled.id, actor=host, now=clock.now())
    assert counts(scheduled) == [one(slot, 12)]


def test_without_the_pause_the_room_would_hear_each_time(
    live: Session, slot: Slot, tea: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_facts, "LEAST_PAUSE", timedelta(0))
    now = clock.now()
    for number in range(3):
        StockLevel.objects.update(on_hand=20 + number)
        tell_rooms(variant_ids=[tea.id], now=now + timedelta(milliseconds=40 * number))
    assert counts(live) == [one(slot, 20), one(slot, 21), one(slot, 22)]
