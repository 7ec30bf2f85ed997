"""An ended show sells when its streamer lets it."""

from typing import Any

from marketplace.lib import clock
from marketplace.models import User
from orders.actions.place_orders import place_orders
from orders.models import Order
from orders.requests import Accepted, PurchaseRequest, Refused
from streams.models import RoomEvent, Session, Slot
from tests.marketplace.rest_callers import Caller, problem_of
from tests.streams.conftest import BringTo, yuan


def let(caller: Caller, session: Session, sells: bool) -> Any:
    return caller.send("POST", f"/api/v1/sessions/{session.id}/replay", {"sells": sells})


def buy(buyer: User, slot: Slot, key: str) -> Any:
    request = PurchaseRequest(buyer.id, slot.id, None, 1, yuan(3990), key)
    return place_orders([request], now=clock.now()).outcomes[0]


def test_a_replay_sells_while_it_is_let(bring_to: BringTo, slot: Slot, as_host: Caller, buyer: User) -> None:
    session = bring_to("ended")
    assert buy(buyer, slot, "a") == Refused("session_not_live")
    assert let(as_host, session, True).json()["replay_sells"] is True
    told = RoomEvent.objects.filter(session=session).latest("seq")
    assert (told.type, told.payload["session"]["replay_sells"]) == ("session.updated", True)
    assert isinstance(buy(buyer, slot, "b"), Accepted)
    assert let(as_host, session, False).status_code == 200
    assert buy(buyer, slot, "c") == Refused("session_not_live")
    assert Order.objects.count() == 1


def test_the_switch_sells_nothing_before_the_end(
    bring_to: BringTo, slot: Slot, as_host: Caller, buyer: User
) -> None:
    session = bring_to("paused")
    facts = RoomEvent.objects.filter(session=session).count()
    assert let(as_host, session, True).status_code == let(as_host, session, True).status_code == 200
    assert RoomEvent.objects.filter(session=session).count() == facts + 1
    assert buy(buyer, slot, "a") == Refused("session_not_live")


def test_what_was_called_off_sells_nothing(bring_to: BringTo, as_host: Caller) -> None:
    problem_of(let(as_host, bring_to("cancelled"), True), 409, "wrong_session_state")
