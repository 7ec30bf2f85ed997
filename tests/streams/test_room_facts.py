"""Facts reach everybody in order, without a hole, and make the present of any older snapshot."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime

import pytest
from websockets.exceptions import ConnectionClosed

from marketplace.actions.stock import correct_stock
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import User, Variant
from streams import factlog
from streams.actions.deals import close_deal, open_deal
from streams.actions.lineup import add_slot, change_slot, pin_slot, unpin_slot
from streams.actions.moderation import pin_message
from streams.actions.show import end_session, pause_session, resume_session, start_session
from streams.actions.tell_rooms import tell_rooms
from streams.events import SlotUnpinned
from streams.models import RoomEvent, Session, Slot
from streams.queries.room import room_snapshot
from tests.conftest import Launch
from tests.servers import Web
from tests.streams.conftest import yuan
from tests.streams.room_view import RoomView
from tests.streams.seats import Hall, point, ticket_for

LONG_SILENCE = 7.0


@pytest.fixture
def hall() -> Iterator[Hall]:
    with Hall() as opened:
        yield opened


def play(session: Session, slot: Slot, tea: Variant, cup: Variant, host: User, owner: User) -> None:
    """Have everything happen in a session that can."""
    now = clock.now()
    start_session(session_id=session.id, actor=host, now=now)
    pin_slot(slot_id=slot.id, actor=host, now=now)
    cups = add_slot(session_id=session.id, variant_id=cup.id, live_price=yuan(2990), actor=host, now=now)
    pin_slot(slot_id=cups.id, actor=host, now=now)
    unpin_slot(slot_id=cups.id, actor=host, now=now)
    change_slot(slot_id=cups.id, actor=host, now=now, per_buyer_limit=2)
    deal = open_deal(slot_id=slot.id, price=yuan(1990), quota=5, seconds=60, actor=host, now=now)
    open_deal(slot_id=cups.id, price=yuan(990), quota=3, seconds=60, actor=host, now=now)
    correct_stock(variant_id=tea.id, on_hand=4, note="counted", actor=owner, now=now)
    tell_rooms(variant_ids=[tea.id], now=now)
    pause_session(session_id=session.id, actor=host, now=now)
    resume_session(session_id=session.id, actor=host, now=now)
    close_deal(deal_id=deal.id, actor=host, now=now)


def lose(session_id: str, events: Iterable[RoomEvent]) -> None:
    """Stand in for ``hub.publish`` in a process that dies right after its commit."""


def unpinned(session: Session, slot: Slot, *, now: datetime) -> None:
    """Append a fact that changes nothing."""
    with action():
        factlog.append(factlog.lock(session.id), SlotUnpinned(slot=slot.id), now=now)


def test_a_stale_snapshot_and_the_facts_since_are_a_fresh_snapshot(
    web: Web,
    hall: Hall,
    scheduled: Session,
    slot: Slot,
    tea: Variant,
    cup: Variant,
    host: User,
    brand_owner: User,
) -> None:
    early = hall.sit(web, scheduled.id)
    stale = early.next("room.snapshot")["data"]
    assert stale["session"]["state"] == "scheduled"

    play(scheduled, slot, tea, cup, host, brand_owner)
    end_session(session_id=scheduled.id, actor=host, now=clock.now())

    view = RoomView(stale)
    types: list[str] = []
    while not types or types[-1] != "session.ended":
        fact = early.next()
        view.apply(fact)
        types.append(fact["type"])
    fresh = room_snapshot(scheduled.id)
    assert fresh is not None
    assert view.settled() == RoomView(fresh).settled()
    assert view.settled() != RoomView(stale).settled()
    assert set(types) == {
        "session.started", "session.paused", "session.resumed", "session.ended", "slot.added", "slot.updated",
        "slot.pinned", "slot.unpinned", "deal.opened", "deal.closed", "stock.changed",
    }  # fmt: skip


def test_everybody_hears_every_fact_once(web: Web, hall: Hall, live: Session, slot: Slot) -> None:
    seats = [hall.sit(web, live.id) for _ in range(5)]
    for seat in seats:
        seq = seat.next("room.snapshot")["data"]["seq"]
    for _ in range(10):
        unpinned(live, slot, now=clock.now())
    for seat in seats:
        for number in range(1, 11):
            assert seat.fact(seq + number)["data"] == {"slot": slot.id}


def test_a_fact_names_room_time_and_content(
    web: Web, hall: Hall, live: Session, slot: Slot, host: User
) -> None:
    seat = hall.sit(web, live.id)
    seat.next("room.snapshot")
    now = clock.now()
    pin_slot(slot_id=slot.id, actor=host, now=now)
    live.refresh_from_db()
    assert seat.next("slot.pinned") == {
        "type": "slot.pinned",
        "room": live.id,
        "seq": live.last_seq,
        "at": clock.to_wire(now),
        "data": {"slot": slot.id},
    }


def test_who_comes_back_hears_what_they_missed(web: Web, hall: Hall, live: Session, slot: Slot) -> None:
    first = hall.sit(web, live.id)
    snapshot = first.next("room.snapshot")["data"]
    first.leave()
    for _ in range(3):
        unpinned(live, slot, now=clock.now())
    hall.sit(web, live.id).next("room.snapshot")  # by now the room is told
    again = hall.sit(web, live.id, since=point(snapshot))
    while (message := again.next("slot.unpinned", "room.pulse", "resync"))["type"] != "room.pulse":
        assert message["seq"] == snapshot["seq"] + len(again.heard)
    assert message["data"]["seq"] == snapshot["seq"] + len(again.heard) - 1
    for seq in range(message["data"]["seq"] + 1, snapshot["seq"] + 4):
        again.fact(seq)


def test_who_comes_back_reads_what_was_said_meanwhile(
    web: Web, hall: Hall, live: Session, buyer: User, host: User
) -> None:
    first = hall.sit(web, live.id)
    snapshot = first.next("room.snapshot")["data"]
    first.leave()
    speaker = hall.sit(web, live.id, ticket=ticket_for(buyer))
    speaker.say("chat.send", {"text": "Is it sweet?"})
    said = speaker.next("chat.messages")["data"]["messages"]
    pin_message(session_id=live.id, message_id=said[0]["id"], actor=host, now=clock.now())
    speaker.next("chat.pinned")
    again = hall.sit(web, live.id, since=point(snapshot))
    assert again.next("chat.messages")["data"]["messages"] == [{**said[0], "pinned": True}]
    assert again.next("chat.pinned")["data"]["message"]["id"] == said[0]["id"]


def test_who_missed_nothing_is_told_where_the_room_is(web: Web, hall: Hall, live: Session) -> None:
    snapshot = hall.sit(web, live.id).next("room.snapshot")["data"]
    again = hall.sit(web, live.id, since=point(snapshot))
    assert again.next("room.pulse", "room.snapshot", "resync")["data"]["seq"] == snapshot["seq"]


@pytest.mark.parametrize("since", ("ffffffff.0", "{epoch}.99999", "{epoch}.999999999999999999"))
def test_another_log_and_a_future_are_resynced(web: Web, hall: Hall, live: Session, since: str) -> None:
    seat = hall.sit(web, live.id, since=since.format(epoch=live.epoch))
    assert seat.next()["type"] == "resync"


def test_too_old_a_gap_is_resynced_and_a_smaller_one_is_filled(
    web: Web, hall: Hall, live: Session, slot: Slot
) -> None:
    start = live.last_seq
    now = clock.now()
    with action():
        session = factlog.lock(live.id)
        for _ in range(300):
            factlog.append(session, SlotUnpinned(slot=slot.id), now=now)
    resynced = hall.sit(web, live.id, since=f"{live.epoch}.{start}").next()
    assert (resynced["type"], resynced["data"]["seq"]) == ("resync", start + 300)
    filled = hall.sit(web, live.id, since=f"{live.epoch}.{start + 44}")
    for seq in range(start + 45, start + 301):
        filled.fact(seq)


def test_facts_that_nobody_published_are_found(web: Web, hall: Hall, live: Session, slot: Slot) -> None:
    seat = hall.sit(web, live.id)
    seq = seat.next("room.snapshot")["data"]["seq"]
    with pytest.MonkeyPatch.context() as lost:
        lost.setattr("streams.hub.publish", lose)
        for _ in range(3):
            unpinned(live, slot, now=clock.now())
    for number in (1, 2, 3):
        seat.fact(seq + number)


def test_a_gap_is_filled_before_what_came_after_it(web: Web, hall: Hall, live: Session, slot: Slot) -> None:
    seat = hall.sit(web, live.id)
    seq = seat.next("room.snapshot")["data"]["seq"]
    with pytest.MonkeyPatch.context() as lost:
        lost.setattr("streams.hub.publish", lose)
        unpinned(live, slot, now=clock.now())
    unpinned(live, slot, now=clock.now())
    seat.fact(seq + 1)
    seat.fact(seq + 2)


def test_an_idle_viewer_still_hears(web: Web, hall: Hall, scheduled: Session, slot: Slot) -> None:
    seat = hall.sit(web, scheduled.id)
    seq = seat.next("room.snapshot")["data"]["seq"]
    silence_ends = time.monotonic() + LONG_SILENCE
    while (left := silence_ends - time.monotonic()) > 0:
        with pytest.raises(TimeoutError):
            raise AssertionError(seat.next(seconds=left))
    unpinned(scheduled, slot, now=clock.now())
    seat.fact(seq + 1)


def test_the_server_restarts_and_nothing_is_lost(
    launch_web: Launch, hall: Hall, live: Session, slot: Slot
) -> None:
    server = launch_web()
    seat = hall.sit(server, live.id)
    snapshot = seat.next("room.snapshot")["data"]
    server.kill()
    with pytest.raises(ConnectionClosed):
        seat.next()
    for _ in range(3):
        unpinned(live, slot, now=clock.now())
    server.start()
    again = hall.sit(server, live.id, since=point(snapshot))
    for number in (1, 2, 3):
        again.fact(snapshot["seq"] + number)


def test_a_replaced_log_sends_everybody_back(web: Web, hall: Hall, live: Session) -> None:
    seat = hall.sit(web, live.id)
    snapshot = seat.next("room.snapshot")["data"]
    Session.objects.filter(id=live.id).update(epoch="0badcafe")
    assert seat.close_code() == 4503
    assert hall.sit(web, live.id, since=point(snapshot)).next()["type"] == "resync"


def test_a_fresh_snapshot_is_never_behind_what_was_told(
    web: Web, hall: Hall, live: Session, slot: Slot
) -> None:
    seat = hall.sit(web, live.id)
    seq = seat.next("room.snapshot")["data"]["seq"]
    for number in range(1, 9):
        unpinned(live, slot, now=clock.now())
        seat.fact(seq + number)
        late = hall.sit(web, live.id)
        heard = late.next("room.snapshot")["data"]["seq"]
        while heard < seq + number:
            heard = late.fact(heard + 1)["seq"]
        late.leave()
