"""Things that people do at the same moment, and the same with the guard switched off."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.models import User, Variant
from streams import quota
from streams.actions import steps
from streams.actions.deals import close_deal, close_due_deals, open_deal
from streams.actions.lineup import add_slot, pin_slot
from streams.actions.people import register_streamer
from streams.actions.sessions import create_session, schedule_session
from streams.actions.show import end_session, start_session
from streams.actions.tickets import issue_ticket, redeem_ticket
from streams.audit import findings
from streams.errors import AlreadyInLineup, AlreadyOnAir, DealStillOpen, StreamerNameTaken, WrongSessionState
from streams.models import Deal, RoomEvent, Session, Slot, Streamer
from streams.states import ON_AIR
from tests.people import sign_up
from tests.streams.conftest import MakeVariant, yuan
from tests.streams.together import Outcome, all_at_once, without_index

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 4


def kinds(outcomes: list[Outcome]) -> Counter[type]:
    return Counter(type(outcome) for outcome in outcomes)


def codes() -> list[str]:
    return [finding.code for finding in findings(clock.now())]


# One session of a streamer on air ---------------------------------------------------


@pytest.fixture
def evenings(streamer: Streamer, host: User, tea: Variant, plan: object) -> list[Session]:
    """Return four sessions of Hana's, each ready to go live."""
    now, made = clock.now(), []
    for number in range(CROWD):
        session = create_session(streamer=streamer, title=f"Evening {number}", actor=host, now=now)
        add_slot(session_id=session.id, variant_id=tea.id, live_price=yuan(3990), actor=host, now=now)
        when = now + timedelta(hours=1)
        made.append(schedule_session(session_id=session.id, scheduled_at=when, actor=host, now=now))
    return made


def start_all(sessions: list[Session], host: User) -> list[Outcome]:
    now = clock.now()
    return all_at_once(
        [lambda id_=each.id: start_session(session_id=id_, actor=host, now=now) for each in sessions]  # type: ignore[misc]
    )


def test_of_sessions_started_at_once_one_goes_live(evenings: list[Session], host: User) -> None:
    outcomes = start_all(evenings, host)
    assert kinds(outcomes) == {Session: 1, AlreadyOnAir: CROWD - 1}
    on_air = Session.objects.get(state__in=ON_AIR)
    assert [each.data for each in outcomes if isinstance(each, AlreadyOnAir)] == [{"session": on_air.id}] * (
        CROWD - 1
    )
    assert RoomEvent.objects.filter(type="session.started").count() == 1
    assert codes() == []


def test_without_the_index_all_of_them_would(evenings: list[Session], host: User) -> None:
    with without_index("one_session_on_air_per_streamer"):
        assert kinds(start_all(evenings, host)) == {Session: CROWD}
        assert codes() == ["several_on_air"]
        Session.objects.update(state=Session.State.ENDED)


# One slot of a session pinned ---------------------------------------------------


@pytest.fixture
def shelf(live: Session, slot: Slot, make_variant: MakeVariant, host: User) -> list[Slot]:
    """Return the four slots of Hana's live session."""
    others = [make_variant(f"SKU-{number}") for number in range(CROWD - 1)]
    return [slot] + [
        add_slot(session_id=live.id, variant_id=each.id, live_price=yuan(990), actor=host, now=clock.now())
        for each in others
    ]


def pin_all(slots: list[Slot], host: User) -> list[Outcome]:
    now = clock.now()
    return all_at_once([lambda id_=each.id: pin_slot(slot_id=id_, actor=host, now=now) for each in slots])  # type: ignore[misc]


def test_of_slots_pinned_at_once_the_last_stays_pinned(shelf: list[Slot], host: User) -> None:
    assert kinds(pin_all(shelf, host)) == {Slot: CROWD}
    told = list(RoomEvent.objects.filter(type="slot.pinned").order_by("seq"))
    assert sorted(event.payload["slot"] for event in told) == sorted(slot.id for slot in shelf)
    assert list(Slot.objects.filter(pinned=True).values_list("id", flat=True)) == [told[-1].payload["slot"]]
    assert codes() == []


def test_without_the_guards_all_would_stay_pinned(
    shelf: list[Slot], host: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "unpin_any", lambda _session: None)
    with without_index("one_pinned_slot_per_session"):
        pin_all(shelf, host)
        assert Slot.objects.filter(pinned=True).count() == CROWD
        assert codes() == ["several_pinned"]
        Slot.objects.update(pinned=False)


# A deal closed once ---------------------------------------------------


@pytest.fixture
def deal(live: Session, slot: Slot, host: User) -> Deal:
    """Return a deal whose time is over."""
    now = clock.now() - timedelta(seconds=30)
    return open_deal(slot_id=slot.id, price=yuan(990), quota=5, seconds=20, actor=host, now=now)


def close_from_everywhere(deal: Deal, host: User) -> list[Outcome]:
    now = clock.now()
    by_host = [lambda: close_deal(deal_id=deal.id, actor=host, now=now)] * 2
    by_sweep: list[Any] = [lambda: close_due_deals(now=now)] * 2
    return all_at_once([*by_host, *by_sweep])


def test_a_deal_closes_once(deal: Deal, host: User) -> None:
    outcomes = close_from_everywhere(deal, host)
    assert all(isinstance(outcome, Deal | int) for outcome in outcomes)
    assert RoomEvent.objects.filter(type="deal.closed").count() == 1
    assert Deal.objects.get().close_reason == "time"
    assert codes() == []


def test_without_the_guards_it_would_close_again(
    deal: Deal, host: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_it_was(ids: object) -> dict[str, Deal]:
        return {deal.id: Deal(**{field.attname: getattr(deal, field.attname) for field in deal._meta.fields})}

    def unguarded(deal: Deal, **closing: Any) -> bool:
        return bool(Deal.objects.filter(id=deal.id).update(closed_at=closing["now"]))

    monkeypatch.setattr(quota, "lock_deals", as_it_was)
    monkeypatch.setattr(steps, "mark_closed", unguarded)
    now = clock.now()
    all_at_once([lambda: close_deal(deal_id=deal.id, actor=host, now=now)] * CROWD)
    assert RoomEvent.objects.filter(type="deal.closed").count() == CROWD


# Other things at the same moment ---------------------------------------------------


def test_of_deals_opened_at_once_on_a_slot_one_is(live: Session, slot: Slot, host: User) -> None:
    now = clock.now()
    outcomes = all_at_once(
        [lambda: open_deal(slot_id=slot.id, price=yuan(990), quota=5, seconds=60, actor=host, now=now)]
        * CROWD
    )
    assert kinds(outcomes) == {Deal: 1, DealStillOpen: CROWD - 1}
    assert RoomEvent.objects.filter(type="deal.opened").count() == 1


def test_a_variant_is_added_once(draft: Session, plan: object, tea: Variant, host: User) -> None:
    now = clock.now()
    outcomes = all_at_once(
        [lambda: add_slot(session_id=draft.id, variant_id=tea.id, live_price=yuan(990), actor=host, now=now)]
        * CROWD
    )
    assert kinds(outcomes) == {Slot: 1, AlreadyInLineup: CROWD - 1}


def test_a_show_that_ends_leaves_no_deal_behind(shelf: list[Slot], live: Session, host: User) -> None:
    now = clock.now()
    openings: list[Any] = [
        lambda id_=each.id: open_deal(slot_id=id_, price=yuan(490), quota=1, seconds=60, actor=host, now=now)
        for each in shelf
    ]
    outcomes = all_at_once([*openings, lambda: end_session(session_id=live.id, actor=host, now=now)])
    assert {type(each) for each in outcomes} <= {Session, Deal, WrongSessionState}
    assert not Deal.objects.filter(closed_at=None).exists()
    assert codes() == []


def test_a_name_is_taken_once(db: None) -> None:
    people = [sign_up(f"person{number}") for number in range(CROWD)]
    now = clock.now()
    outcomes = all_at_once(
        [lambda user=each: register_streamer(user=user, name="Star", now=now) for each in people]  # type: ignore[misc]
    )
    assert kinds(outcomes) == {Streamer: 1, StreamerNameTaken: CROWD - 1}


def test_a_ticket_lets_one_in(buyer: User) -> None:
    now = clock.now()
    ticket = issue_ticket(user=buyer, now=now).ticket
    outcomes = all_at_once([lambda: redeem_ticket(ticket=ticket, now=now)] * CROWD)
    assert sorted(outcomes, key=str) == sorted([buyer.id, *[None] * (CROWD - 1)], key=str)
