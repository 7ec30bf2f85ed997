"""Every state of a return: how it is reached, what can be done there, and what a deadline does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.models import User
from orders.models import OrderLine
from refunds.actions.expire_return import DEFAULTS
from refunds.models import Refund, Return
from refunds.policy import TIMEOUTS
from refunds.return_states import OPEN, RETURN_TRANSITIONS, STEPS, TERMINAL, State
from tests.marketplace.rest_callers import problem_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop
from tests.refunds.claims import (
    HOUR,
    NOTE,
    PARCEL,
    PART,
    asked,
    asker,
    done,
    step,
    wait,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited"), pytest.mark.only_in("embedded")]


def _requested(case: Return, buyer: User, seller: User) -> None:
    """A return begins there."""


def _offered(case: Return, buyer: User, seller: User) -> None:
    done(seller, case, "offer", PART)


def _approved(case: Return, buyer: User, seller: User) -> None:
    done(seller, case, "approve", {})


def _in_transit(case: Return, buyer: User, seller: User) -> None:
    _approved(case, buyer, seller)
    done(buyer, case, "send-back", PARCEL)


def _received(case: Return, buyer: User, seller: User) -> None:
    _in_transit(case, buyer, seller)
    done(seller, case, "receive")


def _rejected(case: Return, buyer: User, seller: User) -> None:
    done(seller, case, "reject", NOTE)


def _refused(case: Return, buyer: User, seller: User) -> None:
    _received(case, buyer, seller)
    done(seller, case, "refuse-goods", NOTE)


def _disputed(case: Return, buyer: User, seller: User) -> None:
    _rejected(case, buyer, seller)
    done(buyer, case, "dispute", NOTE)


def _refunded(case: Return, buyer: User, seller: User) -> None:
    _received(case, buyer, seller)
    done(seller, case, "accept-goods", {})


def _withdrawn(case: Return, buyer: User, seller: User) -> None:
    done(buyer, case, "withdraw")


def _accepted(case: Return, buyer: User, seller: User) -> None:
    _offered(case, buyer, seller)
    done(buyer, case, "accept-offer")


REACH: dict[str, Callable[[Return, User, User], None]] = {
    State.REQUESTED: _requested,
    State.OFFERED: _offered,
    State.APPROVED: _approved,
    State.IN_TRANSIT: _in_transit,
    State.RECEIVED: _received,
    State.REJECTED: _rejected,
    State.REFUSED: _refused,
    State.DISPUTED: _disputed,
    State.REFUNDED: _refunded,
    State.WITHDRAWN: _withdrawn,
    State.ACCEPTED: _accepted,
}

#: Address and body of every action.
ACTIONS: dict[str, tuple[str, Any]] = {
    "approve": ("approve", {}),
    "reject": ("reject", NOTE),
    "offer": ("offer", PART),
    "accept_offer": ("accept-offer", None),
    "decline_offer": ("decline-offer", {}),
    "send_back": ("send-back", PARCEL),
    "receive": ("receive", None),
    "accept_goods": ("accept-goods", {}),
    "refuse_goods": ("refuse-goods", NOTE),
    "dispute": ("dispute", NOTE),
    "decide": ("decide", {"decision": "buyer", **NOTE}),
    "withdraw": ("withdraw", None),
}


@pytest.mark.parametrize("state", REACH)
def test_nothing_but_the_next_actions_can_be_done(
    line: OrderLine, buyer: User, brand_owner: User, admin: User, state: str
) -> None:
    case = asked(buyer, line)
    REACH[state](case, buyer, brand_owner)
    shown = asker(buyer).get(f"/api/v1/returns/{case.id}").json()
    assert (shown["state"], shown["terminal"]) == (state, state in TERMINAL)
    assert {(each["actor"], each["action"]) for each in shown["next_actions"]} == set(STEPS.get(state, ()))
    timeout = TIMEOUTS.get(state)
    if timeout is not None:
        with_deadline = [each for each in shown["next_actions"] if each["deadline"]]
        assert {each["actor"] for each in with_deadline} == {timeout.actor}
        assert {each["default_on_timeout"] for each in with_deadline} == {timeout.default}
    before = Return.objects.values().get(), Refund.objects.count()
    allowed = {action for _, action in STEPS.get(state, ())}
    people = {"buyer": buyer, "seller": brand_owner, "staff": admin}
    for actor, action in {pair for pairs in STEPS.values() for pair in pairs}:
        if action not in allowed:
            name, body = ACTIONS[action]
            problem_of(step(people[actor], case, name, body), 409, "wrong_return_state")
    assert (Return.objects.values().get(), Refund.objects.count()) == before


def test_the_graph_has_no_dead_ends_and_every_open_state_a_deadline() -> None:
    reached = {"requested"} | {str(to) for tos in RETURN_TRANSITIONS.values() for to in tos}
    assert reached == set(State)
    assert set(TIMEOUTS) == set(STEPS) == OPEN
    assert {timeout.default for timeout in TIMEOUTS.values()} == set(DEFAULTS)
    assert {action for pairs in STEPS.values() for _, action in pairs} == set(ACTIONS)


@pytest.mark.parametrize(
    ("state", "within", "end"),
    (
        ("requested", timedelta(hours=48), "approved"),
        ("offered", timedelta(hours=48), "requested"),
        ("approved", timedelta(days=5), "closed"),
        ("in_transit", timedelta(days=8), "refunded"),
        ("received", timedelta(days=8), "refunded"),
        ("rejected", timedelta(days=7), "closed"),
        ("refused_at_inspection", timedelta(days=7), "closed"),
        ("disputed", timedelta(days=7), "decided_for_buyer"),
    ),
)
def test_who_lets_a_deadline_pass_gets_the_default(
    shop: Shop, line: OrderLine, buyer: User, brand_owner: User, hours: Hours,
    state: str, within: timedelta, end: str,
) -> None:  # fmt: skip
    case = asked(buyer, line)
    REACH[state](case, buyer, brand_owner)
    wait(hours, within - timedelta(microseconds=1))
    assert Return.objects.get().state == state
    hours.move(0.000001)
    name, body = ACTIONS[STEPS[state][0][1]]
    actor = {"buyer": buyer, "seller": brand_owner}.get(TIMEOUTS[state].actor)
    if actor is not None:
        problem_of(step(actor, case, name, body), 410, "deadline_passed")
    wait(hours, timedelta(0))
    case.refresh_from_db()
    assert (case.state, case.history.last().actor) == (end, "deadline")  # type: ignore[union-attr]  # has steps
    assert case.restocked is False
    assert shop.level() == (7, 0)
    wait(hours, timedelta(0))
    assert Return.objects.get().state == end
    paid = end in {"refunded", "decided_for_buyer"}
    assert Refund.objects.count() == paid


def test_the_time_to_inspect_begins_with_the_sending(
    line: OrderLine, buyer: User, brand_owner: User, hours: Hours
) -> None:
    case = asked(buyer, line)
    _in_transit(case, buyer, brand_owner)
    sent_at = clock.now()
    hours.move(5 * 24 * HOUR)
    done(brand_owner, case, "receive")
    assert Return.objects.get().deadline == sent_at + timedelta(days=8)


def test_a_repeated_request_and_a_repeated_step_happen_once(
    line: OrderLine, buyer: User, brand_owner: User
) -> None:
    case = asked(buyer, line)
    first, second = (step(brand_owner, case, "approve", {}, key="k1") for _ in range(2))
    assert (first.status_code, second.content) == (200, first.content)
    assert case.history.count() == 2
