"""One idempotency key, one order: in one batch, from two connections, at two processes."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from marketplace.actions.brands import create_brand
from marketplace.lib import clock
from marketplace.models import User
from orders.actions import place_orders as module
from orders.models import Order
from orders.requests import Accepted, Outcome, PurchaseRequest
from tests.orders.shop import PRICE, Shop, open_show
from tests.servers import Web
from tests.system.books import check_books
from tests.system.conftest import Offer, OpenSale
from tests.system.crowd import make_crowd, sign_in
from tests.system.holds import shelf_held, wait_until_somebody_waits
from tests.system.http import ask_all, purchase
from tests.system.sockets import Audience

Patch = pytest.MonkeyPatch


def test_a_key_twice_in_one_batch_is_one_order_and_both_answers_name_it(
    shop: Shop, buyer: User, outsider: User, open_sale: OpenSale, webs: list[Web]
) -> None:
    offer = open_sale(10)
    with Audience(shop.session.id) as room:
        bella, otto = room.enter(webs[0], [sign_in(buyer), sign_in(outsider)])
        with shelf_held(shop):
            room.buy(otto, offer, "first in line")
            room.settle([otto])
            room.buy(bella, offer, "mine", command="one")
            room.buy(bella, {**offer, "quantity": 2}, "mine", command="other input")
            room.buy(bella, offer, "mine", command="two")
            room.settle([bella])
        room.wait_answers()
    order = Order.objects.get(buyer=buyer)
    assert room.accepted()["one"] == room.accepted()["two"]
    assert room.accepted()["one"]["order"] == order.id
    assert room.answers["other input"]["type"] == "buy.refused"
    assert room.answers["other input"]["data"] == {"code": "idempotency_mismatch", "order": order.id}
    assert check_books(shop.session.id) == 2


def test_a_key_from_two_connections_at_once_is_one_order(
    shop: Shop, buyer: User, open_sale: OpenSale, webs: list[Web]
) -> None:
    """Every request is on its way before the first is decided: none of them can find an order yet."""
    offer = open_sale(10, per_buyer_limit=1)
    bella = sign_in(buyer)
    with Audience(shop.session.id) as room:
        first, second = [room.enter(webs[number % len(webs)], [bella])[0] for number in range(2)]
        with shelf_held(shop):
            room.buy(first, offer, "mine", command="first")
            room.buy(second, offer, "mine", command="second")
            room.settle([first, second])
        room.wait_answers()
        room.buy(first, {**offer, "quantity": 2}, "mine", command="other input")
        room.wait_answers()
    order = Order.objects.get()
    assert {id_: told["order"] for id_, told in room.accepted().items()} == {
        "first": order.id,
        "second": order.id,
    }
    assert room.refused() == {"idempotency_mismatch": 1}
    assert check_books(shop.session.id) == 1


def test_a_key_twice_at_once_over_http_is_answered_once_and_replayed_once(
    shop: Shop, open_sale: OpenSale, webs: list[Web]
) -> None:
    offer = open_sale(40)
    people = make_crowd(20)
    requests = [
        purchase(webs[number % len(webs)], person, offer, "mine") for person in people for number in range(2)
    ]
    replies = [reply for reply in ask_all(requests, connections=20) if reply]
    assert [reply.status for reply in replies] == [201] * 40
    for one, other in zip(replies[::2], replies[1::2], strict=True):
        assert one.body == other.body
        assert one.headers["location"] == other.headers["location"]
        assert {one.headers.get("idempotency-replayed"), other.headers.get("idempotency-replayed")} == {
            None,
            "true",
        }
    others = [purchase(webs[0], person, {**offer, "quantity": 2}, "mine") for person in people]
    mismatches = [reply for reply in ask_all(others) if reply]
    assert [(reply.status, reply.code) for reply in mismatches] == [(422, "idempotency_mismatch")] * 20
    assert Order.objects.count() == 20
    assert check_books(shop.session.id) == 20


def test_a_key_at_two_shows_at_once_is_one_order(
    shop: Shop, live_offer: Offer, buyer: User, admin: User, rival: User, webs: list[Web], monkeypatch: Patch
) -> None:
    """No row of the two is the same, so that it is the unique key that meets them."""
    owner = shop.owner
    other_brand = create_brand(actor=owner, name="River Tea", now=clock.now())
    other = open_show(other_brand, owner, rival, admin)
    bella = sign_in(buyer)
    with Audience(shop.session.id) as room, ThreadPoolExecutor(1) as pool:
        seat = room.enter(webs[0], [bella])[0]
        with written_but_not_committed(other, buyer, pool, monkeypatch) as placed:
            room.buy(seat, live_offer, "mine")
            room.settle([seat])
            wait_until_somebody_waits()
        outcome = placed.result()
        room.wait_answers()
    assert isinstance(outcome, Accepted)
    assert Order.objects.get().id == outcome.order_id
    assert room.answers["mine"]["data"] == {"code": "idempotency_mismatch", "order": outcome.order_id}
    assert (check_books(shop.session.id), check_books(other.session.id)) == (0, 1)


@contextmanager
def written_but_not_committed(
    shop: Shop, buyer: User, pool: ThreadPoolExecutor, patch: Patch
) -> Iterator[Future[Outcome]]:
    """Have this process place an order under the key ``mine``, and commit it only when the block ends."""
    written, go_on = threading.Event(), threading.Event()
    count = module._count

    def count_and_wait(*args: Any, **kwargs: Any) -> None:
        count(*args, **kwargs)
        written.set()
        go_on.wait(20)

    def place() -> Outcome:
        try:
            request = PurchaseRequest(buyer.id, shop.slot.id, None, 1, PRICE, "mine")
            return module.place_orders([request], now=clock.now()).outcomes[0]
        finally:
            connection.close()

    patch.setattr(module, "_count", count_and_wait)
    placed = pool.submit(place)
    assert written.wait(10)
    try:
        yield placed
    finally:
        go_on.set()
