"""One request that the database refuses must not cost the others of its batch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import pytest
from django.db import OperationalError, connection

from marketplace.models import User
from orders import admission as module
from orders.actions.place_orders import Placement, place_orders
from orders.admission import Admission
from orders.models import Order
from orders.requests import Accepted, Outcome, PurchaseRequest, Refused
from tests.orders.shop import PRICE, Shop
from tests.servers import Web
from tests.system.books import check_books
from tests.system.conftest import Offer, OpenSale
from tests.system.crowd import make_crowd
from tests.system.holds import shelf_held
from tests.system.sockets import Audience

PEOPLE = 40
POISON = "once-17"


@contextmanager
def refused_by_the_database(key: str) -> Iterator[None]:
    """Have the database itself refuse orders with this key, as it would a row that breaks a CHECK."""
    if connection.vendor == "postgresql":
        make = f"""
            CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF NEW.key = '{key}' THEN
                    RAISE EXCEPTION 'poisoned' USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER poison BEFORE INSERT ON orders_order FOR EACH ROW EXECUTE FUNCTION poison();
        """
        undo = "DROP TRIGGER poison ON orders_order; DROP FUNCTION poison();"
    else:
        make = f"""
            CREATE TRIGGER poison BEFORE INSERT ON orders_order WHEN NEW.key = '{key}'
            BEGIN SELECT RAISE(ABORT, 'poisoned'); END
        """
        undo = "DROP TRIGGER poison"
    with connection.cursor() as cursor:
        cursor.execute(make)
        yield
        cursor.execute(undo)


def test_a_batch_with_a_request_that_breaks_a_constraint_sells_to_all_others(
    shop: Shop, open_sale: OpenSale, webs: list[Web]
) -> None:
    offer = open_sale(100)
    first, *people = make_crowd(PEOPLE + 1)
    with refused_by_the_database(POISON), Audience(shop.session.id) as room:
        waiting = room.enter(webs[0], [first])
        seats = room.enter(webs[0], people)
        with shelf_held(shop):
            room.buy(waiting[0], offer, "the one that admission is at")
            room.settle(waiting)
            room.buy_at_once(seats, offer, run="once")
            room.settle(seats)
        room.wait_answers()
    assert room.refused() == {"invalid": 1}
    assert room.answers[POISON]["data"] == {"code": "invalid"}
    assert len(room.accepted()) == PEOPLE
    assert not Order.objects.filter(key=POISON).exists()
    assert check_books(shop.session.id) == PEOPLE


@pytest.fixture
def queue(transactional_db: None) -> Iterator[Admission]:
    """Return an admission of this process that may be broken."""
    own = Admission(queue_size=100, batch_size=50, patience=10)
    yield own
    own.close()


def request(shop: Shop, buyer: User, key: str) -> PurchaseRequest:
    return PurchaseRequest(buyer.id, shop.slot.id, None, 1, PRICE, key)


def test_a_fault_that_nobody_foresaw_costs_its_own_request_only(
    shop: Shop, buyer: User, queue: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def place_with_a_fault(requests: Sequence[PurchaseRequest], *, now: datetime) -> Placement:
        tried.append(len(requests))
        if any(request.key == "bad" for request in requests):
            raise KeyError("bad")
        return place_orders(requests, now=now)

    monkeypatch.setattr(module, "place_orders", place_with_a_fault)
    keys = ["first", "one", "two", "bad", "three", "four"]
    answers: dict[str, Outcome] = {}
    with shelf_held(shop):
        for key in keys:
            queue.submit(request(shop, buyer, key), partial(answers.__setitem__, key))
    assert isinstance(queue.purchase(request(shop, buyer, "after it")), Accepted)
    good = ["first", "one", "two", "three", "four"]
    assert [key for key in keys if isinstance(answers[key], Accepted)] == good
    assert answers["bad"] == Refused("invalid")
    assert max(tried) > 1
    assert set(Order.objects.values_list("key", flat=True)) == {*good, "after it"}
    assert check_books(shop.session.id) == 6


def test_buyers_are_told_busy_while_the_database_is_away_and_served_when_it_is_back(
    shop: Shop, live_offer: Offer, buyer: User, queue: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(requests: Sequence[PurchaseRequest], *, now: datetime) -> Placement:
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(module, "place_orders", away)
        assert queue.purchase(request(shop, buyer, "mine")) == Refused("busy", {"retry_after": 1})
    assert isinstance(queue.purchase(request(shop, buyer, "mine")), Accepted)
    assert check_books(shop.session.id) == 1
