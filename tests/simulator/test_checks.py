"""A broken rule is found and named."""

from typing import Any

import pytest

from streams.simulator.checks import (
    Books,
    everybody_answered,
    everybody_up_to_date,
    not_oversold,
    nothing_lost,
)
from streams.simulator.stage import Stage
from streams.simulator.tally import Latencies, Tally

pytestmark = pytest.mark.only_in("embedded")

SLOT: dict[str, Any] = {
    "id": "slt_1",
    "variant": {"id": "var_1", "sku": "TEA"},
    "allocation": None,
    "left": 0,
}
DEAL: dict[str, Any] = {"id": "dl_1", "quota": 3, "sold": 3}


def order(number: int, quantity: int, *, state: str = "paid", deal: str | None = None) -> dict[str, Any]:
    line = {"slot": "slt_1", "deal": deal, "quantity": quantity, "state": state}
    return {"id": f"ord_{number}", "lines": [line]}


def books(*orders: dict[str, Any], held: int = 5, **slot: Any) -> Books:
    return Books(list(orders), [{**SLOT, **slot}], [DEAL], {"slt_1": {"held": held, "on_hand": 5}})


def faults(found: Books, *, restocked: int = 0) -> tuple[str, ...]:
    return not_oversold(found, Stage("ses_1", {}, {"slt_1": 5}, {"slt_1": restocked}), []).faults


def test_units_are_held_against_what_there_was() -> None:
    assert (
        faults(books(order(1, 3), order(2, 2, state="pending_payment"), order(3, 9, state="expired"))) == ()
    )
    assert faults(books(order(1, 3), order(2, 3))) == ("TEA: 6 units sold, there were 5.",)
    assert faults(books(order(1, 3), order(2, 3)), restocked=1) == ()
    assert faults(books(order(1, 5), allocation=4)) == ("TEA: 5 units sold, the allocation was 4.",)
    assert faults(books(order(1, 1), held=6)) == ("TEA: 6 units are held and 5 on the shelf.",)


def test_deals_are_held_against_their_quota() -> None:
    assert faults(books(order(1, 3, deal="dl_1"))) == ()
    assert faults(books(order(1, 2, deal="dl_1"), order(2, 2, deal="dl_1"))) == (
        "dl_1: 4 units sold of a quota of 3.",
    )


def test_what_the_room_said_counts() -> None:
    said = not_oversold(books(), Stage("ses_1", {}, {"slt_1": 5}), ["The room said 4 sold."])
    assert (said.held, said.faults) == (False, ("The room said 4 sold.",))


def test_an_acknowledged_order_must_be_there() -> None:
    assert nothing_lost(books(order(1, 1)), ["ord_1"]).held
    assert nothing_lost(books(order(1, 1)), ["ord_1", "ord_2"]).faults == (
        "ord_2 was acknowledged and is not there.",
    )


def test_who_is_behind_is_named() -> None:
    assert everybody_up_to_date([], 90).held
    assert everybody_up_to_date([(4, 88)], 90).faults == ("Viewer 4 has fact 88 of 90.",)


def test_silence_is_a_fault() -> None:
    tally = Tally()
    assert everybody_answered(tally, [], is_quiet=True).held
    tally.counts.update(buys_unanswered=2, gave_up=1)
    assert everybody_answered(tally, ["KeyError('seq')"], is_quiet=False).faults == (
        "A viewer failed with KeyError('seq').",
        "2 purchases had no answer.",
        "1 viewers found no way into the room.",
        "Some viewers still waited for answers a minute after the end.",
    )


def test_percentiles_are_right_within_a_bucket() -> None:
    one, other = Latencies(), Latencies()
    for milliseconds in range(1, 901):
        one.add(milliseconds)
    for milliseconds in range(901, 1_001):
        other.add(milliseconds)
    one.merge(other.to_wire())
    found = one.summary()
    assert found["count"] == 1_000
    assert 500 <= (found["p50_ms"] or 0) <= 520
    assert 990 <= (found["p99_ms"] or 0) <= 1_000
    assert found["max_ms"] == 1_000
    assert Latencies().summary() == {"count": 0, "p50_ms": None, "p99_ms": None, "max_ms": None}
