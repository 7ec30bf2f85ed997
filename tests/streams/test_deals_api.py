"""Flash deals over the API: opened, told, closed by host, by time, by the end of the show."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from marketplace.lib import clock
from marketplace.models import Fact, StockLevel, User
from streams.models import Deal, RoomEvent, Session, Slot
from streams.tasks import sweep_due_deals
from tests.marketplace.rest_callers import Caller, problem_of
from tests.streams.conftest import BringTo

pytestmark = pytest.mark.only_in("embedded")

NOON = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
PRICE = {"amount": 2990, "currency": "CNY"}


def open_(caller: Caller, slot: Slot, **given: Any) -> Any:
    body = {"slot": slot.id, "price": PRICE, "quota": 10, "seconds": 60, **given}
    return caller.send("POST", f"/api/v1/sessions/{slot.session_id}/deals", body)


def close(caller: Caller, deal: dict[str, Any]) -> Any:
    return caller.send("POST", f"/api/v1/sessions/{deal['session']}/deals/{deal['id']}/close")


def told(type_: str) -> list[dict[str, Any]]:
    return [event.payload for event in RoomEvent.objects.filter(type=type_).order_by("seq")]


def test_a_deal_opens_at_once(live: Session, slot: Slot, host: User, as_host: Caller) -> None:
    with time_machine.travel(NOON, tick=False):
        answer = open_(as_host, slot, per_buyer_limit=2)

    deal = Deal.objects.get()
    assert answer.status_code == 201
    terms = {
        "id": deal.id,
        "slot": slot.id,
        "price": PRICE,
        "quota": 10,
        "per_buyer_limit": 2,
        "opens_at": "2026-11-11T12:00:00.000Z",
        "closes_at": "2026-11-11T12:01:00.000Z",
    }
    counts = {"left": 10, "sold": 0}
    ends = {"closed_at": None, "close_reason": ""}
    assert answer.json() == {**terms, **counts, **ends, "object": "deal", "session": live.id}
    assert told("deal.opened") == [{"deal": {**terms, **counts}}]
    fact = Fact.objects.get(type="deal.opened")
    shown = {name: value for name, value in terms.items() if name != "id"}
    assert fact.payload == {**shown, "deal": deal.id, "session": live.id, "actor": host.id}
    assert (fact.subject, fact.at) == (deal.id, NOON)


def test_a_deal_is_announced_before_it_opens(live: Session, slot: Slot, as_host: Caller) -> None:
    opens_at = clock.now() + timedelta(minutes=5)
    answer = open_(as_host, slot, opens_at=clock.to_wire(opens_at), seconds=5)
    assert answer.json()["closes_at"] == clock.to_wire(opens_at + timedelta(seconds=5))
    deal = Deal.objects.get()
    moments = {
        timedelta(0): True,
        timedelta(milliseconds=4_998): True,
        timedelta(milliseconds=-2): False,
        timedelta(seconds=5): False,
    }
    assert {after: deal.is_open(at=opens_at + after) for after in moments} == moments


@pytest.mark.parametrize(
    ("given", "param"),
    (
        ({"price": {"amount": 3991, "currency": "CNY"}}, "price"),
        ({"per_buyer_limit": 11}, "per_buyer_limit"),
        ({"opens_at": "2020-01-01T00:00:00Z"}, "opens_at"),
        ({"opens_at": "2199-01-01T00:00:00Z"}, "opens_at"),
    ),
)
def test_terms_that_make_no_sense(
    live: Session, slot: Slot, as_host: Caller, given: dict[str, Any], param: str
) -> None:
    assert problem_of(open_(as_host, slot, **given), 400, "invalid")["errors"][0]["param"] == param
    assert not Deal.objects.exists()


def test_a_deal_is_in_the_slots_currency(live: Session, slot: Slot, as_host: Caller) -> None:
    answer = open_(as_host, slot, price={"amount": 1, "currency": "EUR"})
    assert problem_of(answer, 409, "other_currency")["data"] == {"currency": "CNY"}


@pytest.mark.parametrize(("allocation", "held", "left"), ((None, 21, 9), (9, 0, 9), (None, 30, 0)))
def test_a_quota_is_at_most_what_is_left(
    live: Session, slot: Slot, as_host: Caller, allocation: int | None, held: int, left: int
) -> None:
    Slot.objects.update(allocation=allocation)
    StockLevel.objects.update(held=held)
    assert problem_of(open_(as_host, slot), 409, "not_enough_left")["data"] == {"left": left}
    if left:
        assert open_(as_host, slot, quota=left).status_code == 201


@pytest.mark.parametrize("state", ("draft", "scheduled", "ended", "cancelled"))
def test_no_deal_off_air(bring_to: BringTo, slot: Slot, as_host: Caller, state: str) -> None:
    bring_to(state)
    problem_of(open_(as_host, slot), 409, "wrong_session_state")
    assert not Deal.objects.exists()


def test_no_deal_on_what_is_not_on_sale(live: Session, slot: Slot, as_host: Caller) -> None:
    Slot.objects.update(on_sale=False)
    problem_of(open_(as_host, slot), 409, "not_for_sale")


def test_one_deal_at_a_time_on_a_slot(live: Session, slot: Slot, cup_slot: Slot, as_host: Caller) -> None:
    first = open_(as_host, slot).json()
    assert problem_of(open_(as_host, slot), 409, "deal_still_open")["data"] == {"deal": first["id"]}
    assert open_(as_host, cup_slot).status_code == 201


def test_a_deal_whose_time_is_over_makes_room_for_the_next(
    live: Session, slot: Slot, as_host: Caller
) -> None:
    with time_machine.travel(NOON, tick=False) as time:
        first = open_(as_host, slot, seconds=5).json()
        time.shift(5)
        assert open_(as_host, slot).status_code == 201
    assert told("deal.closed") == [{"deal": first["id"], "slot": slot.id, "reason": "time"}]


def test_the_host_closes_a_deal_once(live: Session, slot: Slot, host: User, as_host: Caller) -> None:
    with time_machine.travel(NOON, tick=False) as time:
        deal = open_(as_host, slot).json()
        time.shift(10)
        first = close(as_host, deal).json()
        time.shift(10)
        assert close(as_host, deal).json() == first
    assert (first["closed_at"], first["close_reason"]) == ("2026-11-11T12:00:10.000Z", "host")
    assert told("deal.closed") == [{"deal": deal["id"], "slot": slot.id, "reason": "host"}]
    assert [fact.payload for fact in Fact.objects.filter(type="deal.closed")] == [
        {
            "deal": deal["id"],
            "slot": slot.id,
            "session": live.id,
            "reason": "host",
            "quota": 10,
            "sold": 0,
            "actor": host.id,
        }
    ]


def test_time_closes_deals_and_nothing_else(
    live: Session, slot: Slot, cup_slot: Slot, as_host: Caller
) -> None:
    with time_machine.travel(NOON, tick=False) as time:
        short = open_(as_host, slot, seconds=5).json()
        long = open_(as_host, cup_slot, seconds=6).json()
        time.shift(4.999)
        sweep_due_deals()
        assert told("deal.closed") == []
        time.shift(0.001)
        sweep_due_deals()
        sweep_due_deals()
    assert told("deal.closed") == [{"deal": short["id"], "slot": slot.id, "reason": "time"}]
    assert list(Deal.objects.filter(closed_at=None).values_list("id", flat=True)) == [long["id"]]
    assert Fact.objects.get(type="deal.closed").payload["actor"] == "sweep_due_deals"


def test_the_sweep_works_off_more_than_a_batch(
    live: Session, slot: Slot, cup_slot: Slot, as_host: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.tasks.DEALS", 1)
    with time_machine.travel(NOON, tick=False) as time:
        open_(as_host, slot, seconds=5)
        open_(as_host, cup_slot, seconds=5)
        time.shift(5)
        sweep_due_deals()
    assert not Deal.objects.filter(closed_at=None).exists()


def test_deals_are_listed_by_what_they_are_now(
    live: Session, slot: Slot, cup_slot: Slot, as_host: Caller
) -> None:
    url = f"/api/v1/sessions/{live.id}/deals"
    with time_machine.travel(NOON, tick=False) as time:
        short = open_(as_host, slot, seconds=5).json()["id"]
        later = clock.to_wire(NOON + timedelta(seconds=30))
        coming = open_(as_host, cup_slot, opens_at=later).json()["id"]

        def listed(query: str) -> set[str]:
            return {deal["id"] for deal in Caller().get(url + query).json()["data"]}

        assert listed("") == {short, coming}
        assert (listed("?open=true"), listed("?open=false")) == ({short}, {coming})
        time.shift(5)
        assert (listed("?open=true"), listed("?open=false")) == (set(), {short, coming})
        time.shift(25)
        assert listed("?open=true") == {coming}
        assert listed(f"?slot={slot.id}") == {short}
        assert Caller().get(f"{url}/{coming}").json()["id"] == coming
