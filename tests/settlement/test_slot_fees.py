"""Slot fees: held when the show begins, paid by the minutes that somebody saw, and the rest given back."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from marketplace.lib import clock, ids
from marketplace.models import User
from orders.models import Entry, SlotFee, Statement, Transfer
from orders.queries.due import next_fee
from orders.tasks import sweep_payouts, sweep_slot_fees
from streams.actions.lineup import add_slot, pin_slot
from streams.actions.people import register_streamer
from streams.actions.presence import Watched, record_attendance
from streams.actions.sessions import cancel_session, create_session, schedule_session
from streams.actions.show import end_session, pause_session, resume_session, start_session
from streams.models import Agency, AgencyMember, Session, Slot, Streamer
from tests.ledger.books import balance, entries_of
from tests.marketplace.rest_callers import problem_of, with_token
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import PRICE, Shop
from tests.orders.test_orders_admin import press, signed_in
from tests.orders.times import findings, later
from tests.people import sign_up
from tests.settlement.sales import deliver, end_period, represent, sell
from tests.settlement.test_cash_calendar import reconciled
from tests.settlement.test_statements import read

pytestmark = pytest.mark.django_db

FEE, MINUTES = 1_000, 10
HOUR = 3_600


@pytest.fixture
def witness(shop: Shop, buyer: User, hours: Hours) -> User:
    """Return Bella, who bought and kept something in Hana's show; the brand is owed 29.93 for it."""
    order = sell(shop, buyer)
    deliver(shop, order, hours=hours)
    end_period(hours)
    return buyer


@pytest.fixture
def rico(rival: User) -> Streamer:
    return register_streamer(user=rival, name="Rico Live", now=clock.now())


@pytest.fixture
def slot(witness: User, shop: Shop, rico: Streamer) -> Slot:
    """Return the tea in a show that Rico has announced."""
    now, host = clock.now(), rico.user
    session = create_session(streamer=rico, actor=host, now=now, title="Rico's tea")
    schedule_session(session_id=session.id, scheduled_at=now + timedelta(minutes=1), actor=host, now=now)
    variant = shop.slot.variant_id
    return add_slot(session_id=session.id, variant_id=variant, live_price=PRICE, actor=host, now=now)


def offer(person: User, slot: Slot, amount: int = FEE, minutes: int = MINUTES, path: str = "fee") -> Any:
    """Return the answer to offering a fee, or to withdrawing it."""
    address = f"/api/v1/sessions/{slot.session_id}/lineup/{slot.id}/{path}"
    body = {"amount": {"amount": amount, "currency": "CNY"}, "minutes": minutes} if path == "fee" else None
    return with_token(person, "catalogue:write").send("POST", address, body)


def agent(agency: Agency, username: str) -> User:
    """Return somebody who acts for an agency."""
    person = User.objects.filter(username=username).first() or sign_up(username)
    AgencyMember.objects.create(agency=agency, user=person, role="staff")
    return person


def start(slot: Slot) -> None:
    """Begin the show and let the sweep hold its fee."""
    now = clock.now()
    start_session(session_id=slot.session_id, actor=slot.session.streamer.user, now=now)
    sweep_slot_fees()


def run_show(slot: Slot, hours: Hours) -> None:
    """Explain the slot for ten minutes with a break in the third, and end the show."""
    about: dict[str, Any] = {"actor": slot.session.streamer.user}
    pin_slot(slot_id=slot.id, now=clock.now(), **about)
    for seconds, step in ((120, pause_session), (60, resume_session), (420, end_session)):
        hours.move(seconds)
        step(session_id=slot.session_id, now=clock.now(), **about)


def attend(slot: Slot, viewer: str, *, first: int, last: int, seconds: int) -> None:
    """Write that somebody watched, in seconds from the beginning of the show."""
    began = Session.objects.get(id=slot.session_id).started_at
    assert began is not None
    first_at, last_at = (began + timedelta(seconds=second) for second in (first, last))
    record_attendance([Watched(slot.session_id, viewer, first_at, last_at, 1, seconds)])


def owed(shop: Shop, rico: Streamer, agency: Agency | None = None) -> tuple[int, int, int]:
    """Return what brand, streamer and agency are owed."""
    owners = (("brand", shop.brand.id), ("streamer", rico.id), ("agency", agency.id if agency else "-"))
    brand, streamer, third = (balance(f"{party}_payable", owner=owner) for party, owner in owners)
    return brand, streamer, third


def test_a_fee_is_held_paid_by_the_minute_and_the_rest_returned(
    shop: Shop, slot: Slot, witness: User, rico: Streamer, hours: Hours
) -> None:
    agency = represent(rico, share_bp=1_500)
    assert offer(shop.owner, slot).status_code == 201
    start(slot)
    assert (owed(shop, rico), balance("escrow"), findings()) == ((2993 - FEE, 0, 0), FEE, [])
    run_show(slot, hours)
    # 1:00 to 6:00 with the break in it: four minutes
    attend(slot, witness.id, first=60, last=360, seconds=300)
    ended = Session.objects.get(id=slot.session_id).ended_at
    assert ended is not None
    assert next_fee(after=clock.now()) == ended + timedelta(hours=1)
    later(hours, HOUR)
    assert owed(shop, rico, agency) == (2993 - 400, 340, 60)
    [shown] = read(shop.owner, f"slot-fees?brand={shop.brand.id}")["data"]
    assert [shown] == read(rico.user, f"slot-fees?session={slot.session_id}")["data"]
    assert [shown] == read(agent(agency, "nora"), f"slot-fees?agency={agency.id}")["data"]
    assert (shown["state"], shown["counted_minutes"]) == ("settled", 4)
    assert (shown["paid"]["amount"], shown["returned"]["amount"]) == (400, 600)
    held, settled = Transfer.objects.filter(kind__startswith="fee_").order_by("id")
    assert [entry[:2] for entry in entries_of(held)] == [("brand_payable", -FEE), ("escrow", FEE)]
    assert sorted(entry[:2] for entry in entries_of(settled)) == [
        ("agency_payable", 60),
        ("brand_payable", 600),
        ("escrow", -FEE),
        ("streamer_payable", 340),
    ]
    before = Entry.objects.count()
    sweep_slot_fees()
    later(hours, HOUR)
    assert (Entry.objects.count(), balance("escrow"), findings()) == (before, 0, [])


def test_statements_of_all_parties_show_the_fee(
    shop: Shop, slot: Slot, witness: User, rico: Streamer, hours: Hours
) -> None:
    agency = represent(rico, share_bp=1_500)
    offer(shop.owner, slot)
    start(slot)
    run_show(slot, hours)
    attend(slot, witness.id, first=0, last=600, seconds=600)
    later(hours, HOUR)
    end_period(hours)
    said = {
        one.owner: (one.lines, one.slot_fees, one.net)
        for one in Statement.objects.filter(run__period_end__gt=slot.session.created_at)
    }
    assert said == {  # nine minutes: the break was one
        shop.brand.id: (2, -900, -900),
        rico.id: (1, 765, 765),
        agency.id: (1, 135, 135),
    }
    statement = Statement.objects.filter(party="brand").latest("id")
    answer = with_token(shop.owner, "money:read").send(
        "GET", f"/api/v1/statements/{statement.id}/export", None
    )
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["slot_fee"], row["net"]) for row in rows] == [("-1000", "-1000"), ("100", "100")]
    sweep_payouts()
    assert (owed(shop, rico, agency), findings()) == ((0, 0, 0), [])


def test_a_held_fee_is_to_come_to_everybody_who_may_get_it(
    shop: Shop, slot: Slot, rico: Streamer, admin: User, hours: Hours
) -> None:
    agency = represent(rico, share_bp=1_500)
    parties = (shop.owner, shop.brand.id), (rico.user, rico.id), (admin, agency.id)

    def to_come() -> list[tuple[int, bool, str | None, str]]:
        """Return what the three calendars say of slot fees."""
        return [
            (entry["amount"]["amount"], entry["at_most"], entry["at"], entry["subject"])
            for person, owner in parties
            for entry in read(person, f"cash-calendar?party={owner}")["data"]
            if entry["kind"] == "slot_fee"
        ]

    fee = offer(shop.owner, slot).json()["id"]
    assert to_come() == []
    start(slot)
    assert to_come() == [(amount, True, None, fee) for amount in (FEE, 850, 150)]
    assert reconciled(shop, "brand") == {"payable": 2993 - FEE, "slot_fee": FEE}
    run_show(slot, hours)
    ended = Session.objects.get(id=slot.session_id).ended_at
    assert ended is not None
    counted_at = (ended + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    assert to_come() == [(amount, True, counted_at, fee) for amount in (FEE, 850, 150)]
    [shown] = read(admin, f"slot-fees?agency={agency.id}")["data"]
    assert (shown["id"], shown["state"]) == (fee, "held")
    later(hours, HOUR)
    assert (to_come(), reconciled(shop, "brand")) == ([], {"payable": 2993})


@pytest.mark.parametrize("who", ("nobody", "window", "newcomer", "host", "regular", "agent"))
def test_a_streamer_cannot_invent_witnesses(
    shop: Shop, slot: Slot, witness: User, rico: Streamer, hours: Hours, who: str
) -> None:
    if who == "agent":  # who would be a witness, and has a part of the fee
        agent(represent(rico, share_bp=1_500), witness.username)
    viewers = {
        "agent": witness.id,
        "nobody": None,
        "window": ids.new_id("x"),
        "newcomer": sign_up("newcomer").id,
        "host": rico.user_id,
        "regular": sign_up("regular").id,
    }
    offer(shop.owner, slot)
    start(slot)
    if who == "regular":  # only ever bought from Rico
        regular = User.objects.get(username="regular")
        order = sell(Shop(shop.brand, shop.owner, rico.user, slot.session, [slot]), regular)
        order.lines.update(state="completed", created_at=slot.session.created_at)
    run_show(slot, hours)
    if viewer := viewers[who]:
        attend(slot, viewer, first=0, last=600, seconds=600)
    hours.move(HOUR)
    sweep_slot_fees()
    fee = SlotFee.objects.get()
    assert (fee.state, fee.counted_minutes, fee.paid) == ("settled", 0, 0)
    assert owed(shop, rico) == (2993, 0, 0)


def test_minutes_are_at_most_what_witnesses_watched(
    shop: Shop, slot: Slot, witness: User, rico: Streamer, hours: Hours
) -> None:
    offer(shop.owner, slot)
    start(slot)
    run_show(slot, hours)
    attend(slot, witness.id, first=0, last=600, seconds=119)  # came at the beginning and at the end
    later(hours, HOUR)
    assert (SlotFee.objects.get().counted_minutes, owed(shop, rico)) == (1, (2993 - 100, 100, 0))


def test_what_the_brand_does_not_have_is_not_held(
    shop: Shop, slot: Slot, rico: Streamer, hours: Hours
) -> None:
    offer(shop.owner, slot)
    sweep_payouts()  # what it was owed is paid to it
    start(slot)
    assert (SlotFee.objects.get().state, balance("escrow")) == ("uncovered", 0)
    run_show(slot, hours)
    later(hours, HOUR)
    assert (SlotFee.objects.get().state, owed(shop, rico), findings()) == ("uncovered", (0, 0, 0), [])


def test_a_fee_is_offered_by_the_brand_until_the_show_begins(
    shop: Shop, slot: Slot, rico: Streamer, admin: User
) -> None:
    problem_of(offer(rico.user, slot), 403, "forbidden")
    problem_of(offer(admin, slot), 403, "forbidden")
    offer(shop.owner, slot, amount=5)
    assert offer(shop.owner, slot, path="fee/withdraw").json()["state"] == "withdrawn"
    problem_of(offer(shop.owner, slot, path="fee/withdraw"), 404, "not_found")
    assert offer(shop.owner, slot, amount=2_993).json()["state"] == "offered"
    start(slot)
    problem_of(offer(shop.owner, slot, amount=1), 409, "wrong_session_state")
    problem_of(offer(shop.owner, slot, path="fee/withdraw"), 409, "wrong_session_state")
    fee = SlotFee.objects.get()
    assert (fee.state, fee.amount, owed(shop, rico), findings()) == ("held", 2_993, (0, 0, 0), [])


@pytest.mark.only_in("embedded")
def test_a_brand_offers_and_withdraws_in_the_admin(shop: Shop, slot: Slot, rico: Streamer) -> None:
    client, address = signed_in(shop.owner), reverse("admin:orders_slotfee_offer")
    sends = {"slot": slot.id, "amount": "12.50", "minutes": 5}
    said = client.post(address, {**sends, "amount": "12.505"}).content.decode()
    assert "CNY has 2 digits behind the point." in said
    said = client.post(address, sends, follow=True).content.decode()
    assert "12.50 CNY for 5 minutes are offered." in said
    fee = SlotFee.objects.get()
    assert (fee.amount, fee.minutes, fee.brand_id) == (1_250, 5, shop.brand.id)
    assert "not one of the available choices" in signed_in(rico.user).post(address, sends).content.decode()
    assert "The offer is withdrawn." in press(client, fee, "withdraw")
    fee.refresh_from_db()
    assert fee.state == "withdrawn"


def test_a_show_that_is_called_off_costs_nothing(shop: Shop, slot: Slot, rico: Streamer) -> None:
    offer(shop.owner, slot)
    cancel_session(session_id=slot.session_id, actor=rico.user, now=clock.now())
    assert next_fee(after=clock.now() - timedelta(seconds=1)) == clock.now()
    sweep_slot_fees()
    assert (SlotFee.objects.get().state, owed(shop, rico), findings()) == ("void", (2993, 0, 0), [])
    assert not Transfer.objects.filter(kind__startswith="fee_").exists()
