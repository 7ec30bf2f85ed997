"""Moving the clock over the API: what becomes due happens, in the order of time, and is told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from marketplace.actions.move_clock import claim_clock
from marketplace.lib import clock
from marketplace.models import Fact, SandboxClock, User
from marketplace.sandbox import advance as advancing
from marketplace.sandbox.due import AT_THE_END, NEVER, STOPS, next_stop
from marketplace.schedule import SWEEPS
from orders import carrier
from orders import tasks as orders_tasks
from orders.models import OrderLine, Payout, SettledLine, Shipment
from orders.payments.simulator.cards import late_card
from orders.settlement.periods import next_end
from streams.models import Deal
from tests.marketplace.rest_callers import Caller, problem_of
from tests.orders.gateway_receiver import START, Hours
from tests.orders.shop import Shop, buy, caller, cancel, pay, post, ship, states_of
from tests.orders.times import findings
from tests.refunds.claims import asked, delivered

pytestmark = pytest.mark.django_db

CLOCK, ADVANCE = "/api/v1/sandbox/clock", "/api/v1/sandbox/clock/advance"
MINUTE, DAY = 60, 86_400


def moved(mover: Caller, seconds: int, **headers: str) -> dict[str, Any]:
    answer = mover.send("POST", ADVANCE, {"seconds": seconds}, headers=headers)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def happened(move: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["what"], each["count"]) for each in move["ran"]]


def moment(move: dict[str, Any], what: str) -> str:
    return next(str(each["at"]) for each in move["ran"] if each["what"] == what)


def test_every_sweep_has_its_place_on_the_way() -> None:
    named = [sweep.name for sweep in (*(sweep for sweep, _ in STOPS), *AT_THE_END, *NEVER)]
    assert sorted(named) == sorted(SWEEPS)


def test_thirty_days_of_an_order(
    shop: Shop, hours: Hours, mover: Caller, buyer: User, brand_staff: User
) -> None:
    unpaid, kept = buy(shop, buyer), buy(shop, buyer, quantity=2)
    assert pay(caller(buyer), kept).status_code == 200
    ship(caller(brand_staff), kept, "SF10020030")
    _, depot, door = carrier.timeline("SF10020030", shipped_at=START)
    end = door.at + timedelta(days=7)
    pay_by = OrderLine.objects.get(order=unpaid).pay_by

    move = moved(mover, 30 * DAY)

    assert (move["moved_seconds"], move["left_seconds"], move["failed"]) == (30 * DAY, 0, [])
    assert (move["began"], move["now"]) == ("2026-11-11T20:00:00.000Z", "2026-12-11T20:00:00.000Z")
    assert happened(move) == [
        ("order.expired", 1),
        ("shipment.in_transit", 1),
        ("order.delivered", 1),
        ("shipment.delivered", 1),
        ("order.completed", 1),
        ("settlement.done", 1),
        ("payout.sent", 2),
        ("payout.done", 2),
    ]
    due = {
        "order.expired": pay_by,
        "shipment.in_transit": depot.at,
        "order.completed": end,
        "settlement.done": next_end(end),
        "payout.done": next_end(end),
    }
    assert {what: moment(move, what) for what in due} == {what: clock.to_wire(at) for what, at in due.items()}
    assert states_of(unpaid) == ["expired"]
    assert states_of(kept) == ["completed"]
    assert Shipment.objects.get().delivered_at == door.at
    assert OrderLine.objects.get(order=kept).return_by == end
    facts = Fact.objects.filter(subject__in=[unpaid.id, kept.id]).order_by("id")
    assert list(facts.values_list("at", flat=True)) == sorted(facts.values_list("at", flat=True))
    assert shop.level() == (8, 0)
    assert findings() == []


def test_money_and_deals_find_their_own_minute(
    shop: Shop, deal: Deal, hours: Hours, mover: Caller, buyer: User
) -> None:
    late, back = buy(shop, buyer), buy(shop, buyer)
    assert pay(caller(buyer), late, late_card(300)).json()["state"] == "processing"
    assert pay(caller(buyer), back).json()["state"] == "captured"
    assert cancel(caller(buyer), back).status_code == 200

    move = moved(mover, 3_600)

    assert moment(move, "payment.captured") == clock.to_wire(START + timedelta(seconds=300))
    assert moment(move, "deal.closed") == clock.to_wire(START + timedelta(seconds=600))
    assert ("refund.done", 1) in happened(move)
    assert ("order.expired", 1) not in happened(move)
    assert states_of(late) == ["paid"]
    deal.refresh_from_db()
    assert deal.closed_at == START + timedelta(seconds=600)
    assert findings() == []


def test_returns_and_payouts_happen_at_their_own_moments(
    shop: Shop, hours: Hours, mover: Caller, buyer: User, evidence_folder: Path
) -> None:
    line, kept = delivered(shop, buyer, hours, quantity=2), delivered(shop, buyer, hours)
    unanswered = asked(buyer, line, type="refund_only", reason="not_received")
    asked_at, end = clock.now(), line.return_by
    assert end is not None

    move = moved(mover, 40 * DAY)

    assert (move["left_seconds"], move["failed"]) == (0, [])
    granted = asked_at + timedelta(hours=48)  # nobody answered
    due = {"return.refunded": granted, "refund.done": granted, "settlement.done": next_end(end)}
    assert {what: moment(move, what) for what in due} == {what: clock.to_wire(at) for what, at in due.items()}
    unanswered.refresh_from_db()
    assert (unanswered.state, findings()) == ("refunded", [])
    rows = SettledLine.objects.order_by("id")
    assert {(row.line_id, row.gross, row.refunded) for row in rows} == {
        (line.id, 7980, 3990),
        (kept.id, 3990, 0),
    }
    assert set(Payout.objects.values_list("state", flat=True)) == {"done"}


def test_money_that_the_company_carries_forward_does_not_hold_the_clock_up(
    shop: Shop, hours: Hours, mover: Caller, buyer: User
) -> None:
    order = buy(shop, buyer)
    assert pay(caller(buyer), order).status_code == 200
    assert cancel(caller(buyer), order).status_code == 200
    move = moved(mover, 10 * DAY)  # the fee of what was refunded is never covered
    assert (move["left_seconds"], move["failed"]) == (0, [])
    assert next_stop(clock.now()) is None


def test_the_clock_tells_the_time_and_only_goes_ahead(hours: Hours, mover: Caller) -> None:
    assert mover.get(CLOCK).json() == {
        "object": "clock", "now": "2026-11-11T20:00:00.000Z", "ahead_seconds": 0
    }  # fmt: skip
    moved(mover, DAY)
    moved(mover, 1)
    told = mover.get(CLOCK).json()
    assert (told["now"], told["ahead_seconds"]) == ("2026-11-12T20:00:01.000Z", DAY + 1)
    for seconds in (0, -1, 400 * DAY + 1, "60", None):
        problem_of(mover.send("POST", ADVANCE, {"seconds": seconds}), 400, "invalid")
    assert SandboxClock.objects.get().ahead == timedelta(days=1, seconds=1)


def test_a_key_moves_the_clock_once(hours: Hours, mover: Caller) -> None:
    first, again = (post(mover, ADVANCE, {"seconds": MINUTE}, key="tomorrow") for _ in range(2))
    assert (first.json(), again["Idempotency-Replayed"]) == (again.json(), "true")
    assert SandboxClock.objects.get().ahead == timedelta(minutes=1)
    assert Fact.objects.filter(type="clock.moved", payload__moved_seconds=MINUTE).count() == 1


def test_one_moves_it_at_a_time_and_the_dead_are_forgotten(hours: Hours, mover: Caller) -> None:
    claim_clock(holder="somebody")
    answer = mover.send("POST", ADVANCE, {"seconds": DAY})
    problem_of(answer, 409, "clock_is_moving")
    assert answer["Retry-After"] == "1"
    assert clock.ahead() == timedelta(0)
    hours.move(61)
    assert moved(mover, DAY)["moved_seconds"] == DAY


def test_too_much_for_one_call_is_gone_on_with(
    shop: Shop, hours: Hours, mover: Caller, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = buy(shop, buyer)
    way = advancing.advance
    monkeypatch.setattr("marketplace.sandbox.clock_api.advance", lambda **asked: way(**asked, patience=0))
    first = moved(mover, DAY)
    assert 0 < first["left_seconds"] < DAY
    assert first["moved_seconds"] + first["left_seconds"] == DAY
    assert mover.get(CLOCK).json()["ahead_seconds"] == first["moved_seconds"]
    monkeypatch.undo()
    rest = moved(mover, first["left_seconds"])
    assert rest["left_seconds"] == 0
    assert states_of(order) == ["expired"]
    assert SandboxClock.objects.get().ahead == timedelta(days=1)


def test_work_that_fails_is_named_and_holds_nothing_up(
    shop: Shop, hours: Hours, mover: Caller, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = buy(shop, buyer)

    def broken(**_: object) -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr(orders_tasks, "expire_orders", broken)
    move = moved(mover, DAY)
    assert (move["failed"], move["left_seconds"]) == (["orders.tasks.sweep_expired_orders"], 0)
    assert states_of(order) == ["pending_payment"]
    monkeypatch.undo()
    assert happened(moved(mover, 1)) == [("order.expired", 1)]


def test_doors_stay_where_they_are(hours: Hours, mover: Caller, buyer: User) -> None:
    soon = clock.to_wire(clock.now() + timedelta(hours=1))
    browser = Caller()
    browser.force_login(buyer)
    made = browser.send("POST", "/api/v1/tokens", {"name": "phone", "scopes": [], "expires_at": soon})
    moved(mover, 30 * DAY)
    assert Caller(token=made.json()["token"]).get("/api/v1/me").status_code == 200
    assert browser.get("/api/v1/me").status_code == 200
    hours.move(3_600)
    assert Caller(token=made.json()["token"]).get("/api/v1/me").status_code == 401


def test_a_long_report_counts_days_together(
    shop: Shop, hours: Hours, mover: Caller, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advancing, "MOST_LINES", 1)
    buy(shop, buyer)
    hours.move(MINUTE)
    buy(shop, buyer)
    move = moved(mover, DAY)
    assert [(each["at"], each["what"], each["count"]) for each in move["ran"]] == [
        ("2026-11-11T00:00:00.000Z", "order.expired", 2)
    ]
