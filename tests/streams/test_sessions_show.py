"""What going on air and off it does: the moments, the stage, the room's last word, who may be on air."""

from datetime import timedelta

from marketplace.lib import clock
from marketplace.models import Brand, StockLevel, User, Variant
from streams.actions.collaborations import end_collaboration
from streams.actions.deals import open_deal
from streams.actions.lineup import add_slot, pin_slot
from streams.actions.sessions import create_session, schedule_session
from streams.models import Collaboration, Deal, RoomEvent, Session, Slot, Streamer
from tests.marketplace.rest_callers import Caller, problem_of
from tests.streams.conftest import BringTo, yuan


def set_stage(slot: Slot, host: User) -> Deal:
    """Pin the slot and open a deal on it."""
    now = clock.now()
    pin_slot(slot_id=slot.id, actor=host, now=now)
    return open_deal(slot_id=slot.id, price=yuan(2990), quota=5, seconds=60, actor=host, now=now)


def last_facts(session: Session, count: int) -> list[tuple[str, dict[str, object]]]:
    events = list(RoomEvent.objects.filter(session=session).order_by("seq"))[-count:]
    return [(event.type, event.payload) for event in events]


def test_ending_closes_deals_and_unpins_in_the_same_breath(
    live: Session, slot: Slot, host: User, as_host: Caller
) -> None:
    deal = set_stage(slot, host)

    answer = as_host.send("POST", f"/api/v1/sessions/{live.id}/end")

    ended_at = answer.json()["ended_at"]
    assert last_facts(live, 3) == [
        ("deal.closed", {"deal": deal.id, "slot": slot.id, "reason": "session"}),
        ("slot.unpinned", {"slot": slot.id}),
        ("session.ended", {"state": "ended", "ended_at": ended_at}),
    ]
    deal.refresh_from_db()
    slot.refresh_from_db()
    assert (deal.close_reason, clock.to_wire(deal.closed_at or clock.now())) == ("session", ended_at)
    assert slot.pinned is False


def test_the_room_hears_the_last_counts_before_the_end(live: Session, slot: Slot, as_host: Caller) -> None:
    Session.objects.filter(id=live.id).update(stock_stale=True, stock_told_at=clock.now())
    StockLevel.objects.update(on_hand=29)

    as_host.send("POST", f"/api/v1/sessions/{live.id}/end")

    assert [type_ for type_, _ in last_facts(live, 2)] == ["stock.changed", "session.ended"]
    assert last_facts(live, 2)[0][1] == {"changes": [{"slot": slot.id, "deal": None, "left": 29, "sold": 0}]}
    assert Session.objects.get(id=live.id).stock_stale is False


def test_nothing_of_a_rehearsal_is_left_when_it_goes_live(
    bring_to: BringTo, slot: Slot, host: User, as_host: Caller
) -> None:
    session = bring_to("rehearsal")
    deal = set_stage(slot, host)
    assert session.started_at is None
    assert session.sells is False

    answer = as_host.send("POST", f"/api/v1/sessions/{session.id}/start").json()

    assert last_facts(session, 3) == [
        ("deal.closed", {"deal": deal.id, "slot": slot.id, "reason": "session"}),
        ("slot.unpinned", {"slot": slot.id}),
        ("session.started", {"state": "live", "started_at": answer["started_at"]}),
    ]
    assert not Deal.objects.filter(closed_at=None).exists()
    assert not Slot.objects.filter(pinned=True).exists()


def test_a_rehearsal_can_be_put_away_and_held_again(
    bring_to: BringTo, slot: Slot, host: User, as_host: Caller, streamer: Streamer
) -> None:
    session = bring_to("rehearsal")
    set_stage(slot, host)

    assert as_host.send("POST", f"/api/v1/sessions/{session.id}/end-rehearsal").status_code == 200

    shown = {
        "id": session.id,
        "title": "Spring tea",
        "state": "scheduled",
        "streamer": {"id": streamer.id, "name": "Hana Live"},
        "scheduled_at": clock.to_wire(session.scheduled_at or clock.now()),
        "started_at": None,
        "ended_at": None,
        "replay_sells": False,
    }
    assert last_facts(session, 1) == [("session.updated", {"session": shown})]
    assert as_host.send("POST", f"/api/v1/sessions/{session.id}/rehearse").json()["state"] == "rehearsal"
    assert last_facts(session, 1) == [("session.updated", {"session": {**shown, "state": "rehearsal"}})]


def test_a_break_does_not_change_when_the_show_began(bring_to: BringTo, as_host: Caller) -> None:
    session = bring_to("paused")
    began = clock.to_wire(session.started_at or clock.now())
    answer = as_host.send("POST", f"/api/v1/sessions/{session.id}/resume").json()
    assert (answer["started_at"], answer["ended_at"]) == (began, None)


def test_cancelling_tells_who_waits(bring_to: BringTo, as_host: Caller) -> None:
    session = bring_to("scheduled")
    answer = as_host.send("POST", f"/api/v1/sessions/{session.id}/cancel").json()
    assert last_facts(session, 1) == [
        ("session.ended", {"state": "cancelled", "ended_at": answer["ended_at"]})
    ]


def second_session(streamer: Streamer, host: User, variant: Variant) -> Session:
    now = clock.now()
    session = create_session(streamer=streamer, title="Evening tea", actor=host, now=now)
    add_slot(session_id=session.id, variant_id=variant.id, live_price=yuan(3990), actor=host, now=now)
    later = now + timedelta(hours=3)
    return schedule_session(session_id=session.id, scheduled_at=later, actor=host, now=now)


def test_a_streamer_is_on_air_once(
    live: Session, streamer: Streamer, host: User, tea: Variant, as_host: Caller
) -> None:
    second = second_session(streamer, host, tea)
    for step in ("start", "rehearse"):
        answer = as_host.send("POST", f"/api/v1/sessions/{second.id}/{step}")
        assert problem_of(answer, 409, "already_on_air")["data"] == {"session": live.id}
    assert Session.objects.get(id=second.id).state == "scheduled"
    assert RoomEvent.objects.filter(session=second).count() == 2

    as_host.send("POST", f"/api/v1/sessions/{live.id}/end")
    assert as_host.send("POST", f"/api/v1/sessions/{second.id}/start").status_code == 200


def test_an_empty_line_up_does_not_go_live(draft: Session, host: User, as_host: Caller) -> None:
    now = clock.now()
    later = now + timedelta(hours=1)
    schedule_session(session_id=draft.id, scheduled_at=later, actor=host, now=now)
    answer = as_host.send("POST", f"/api/v1/sessions/{draft.id}/start")
    assert problem_of(answer, 409, "not_ready")["data"] == {"failed": ["line_up"]}
    assert as_host.send("POST", f"/api/v1/sessions/{draft.id}/rehearse").status_code == 200


def test_what_a_brand_no_longer_lets_sell_does_not_go_live(
    scheduled: Session, slot: Slot, plan: Collaboration, tea: Variant, brand_owner: User, as_host: Caller
) -> None:
    end_collaboration(collaboration_id=plan.id, actor=brand_owner, now=clock.now())
    Variant.objects.filter(id=tea.id).update(active=False)
    answer = as_host.send("POST", f"/api/v1/sessions/{scheduled.id}/start")
    assert problem_of(answer, 409, "not_ready")["data"] == {"failed": ["for_sale", "agreed"]}


def test_the_checklist_names_what_is_missing(
    draft: Session, slot: Slot, cup_slot: Slot, cup: Variant, as_host: Caller, brand: Brand
) -> None:
    StockLevel.objects.filter(variant=cup).update(on_hand=0)
    Slot.objects.filter(id=slot.id).update(live_price=9990)
    Variant.objects.filter(id=cup.id).update(active=False)

    answer = as_host.get(f"/api/v1/sessions/{draft.id}/checklist").json()

    assert answer["ready"] is False
    found = {each["code"]: (each["required"], each["passed"], each["failing"]) for each in answer["checks"]}
    assert found == {
        "date": (False, False, []),
        "cover": (False, False, []),
        "line_up": (True, True, []),
        "for_sale": (True, False, [cup_slot.id]),
        "agreed": (True, True, []),
        "on_sale": (False, True, []),
        "stock": (False, False, [cup_slot.id]),
        "prices": (False, False, [slot.id]),
    }
