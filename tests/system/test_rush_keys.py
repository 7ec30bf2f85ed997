"""One idempotency key, one order: in one batch, from two connections, at two processes."""

from marketplace.models import User
from orders.models import Order
from tests.orders.shop import Shop
from tests.servers import Web
from tests.system.books import check_books
from tests.system.conftest import OpenSale
from tests.system.crowd import make_crowd, sign_in
from tests.system.holds import shelf_held
from tests.system.http import ask_all, purchase
from tests.system.sockets import Audience


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
