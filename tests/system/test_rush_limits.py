"""One buyer, a hundred tries at once, a limit of three: three units and not one more."""

from concurrent.futures import ThreadPoolExecutor

from marketplace.models import User
from orders.models import OrderLine
from tests.orders.shop import Shop
from tests.servers import Web
from tests.system.books import check_books
from tests.system.conftest import OpenSale
from tests.system.crowd import make_crowd, sign_in
from tests.system.http import ask_all, purchase
from tests.system.sockets import Audience

LIMIT = 3
SOCKETS, TRIES_EACH, OVER_HTTP = 10, 5, 50


def test_a_buyer_gets_no_more_than_the_limit_however_often_they_try_at_once(
    shop: Shop, buyer: User, open_sale: OpenSale, webs: list[Web]
) -> None:
    offer = open_sale(100, per_buyer_limit=LIMIT)
    bella = sign_in(buyer)
    requests = [
        purchase(webs[number % len(webs)], bella, offer, f"http-{number}") for number in range(OVER_HTTP)
    ]
    with Audience(shop.session.id) as room, ThreadPoolExecutor(1) as pool:
        room.fill(webs, [bella] * SOCKETS)
        over_http = pool.submit(ask_all, requests, connections=20)
        for number in range(TRIES_EACH):
            room.buy_at_once(room.seats, offer, run=f"try-{number}")
        room.wait_answers()
        replies = [reply for reply in over_http.result() if reply]
    assert len(replies) == OVER_HTTP
    sold = len(room.accepted()) + sum(reply.status == 201 for reply in replies)
    assert sold == LIMIT
    refused = [reply.body for reply in replies if reply.status != 201]
    told = [told["data"] for told in room.answers.values() if told["type"] == "buy.refused"]
    assert {body["code"] for body in refused + told} == {"limit_reached"}
    assert all(body["data"] == {"limit": LIMIT, "bought": LIMIT} for body in refused)
    assert {(data["limit"], data["bought"]) for data in told} <= {
        (LIMIT, bought) for bought in range(LIMIT + 1)
    }
    assert OrderLine.objects.filter(buyer=buyer).count() == LIMIT
    assert check_books(shop.session.id) == LIMIT


def test_the_limit_is_each_buyers_own(shop: Shop, open_sale: OpenSale, webs: list[Web]) -> None:
    offer = open_sale(100, per_buyer_limit=2)
    people = make_crowd(40)
    with Audience(shop.session.id) as room:
        room.fill(webs, people)
        for number in range(4):
            room.buy_at_once(room.seats, offer, run=f"try-{number}")
        room.wait_answers()
    assert room.refused() == {"limit_reached": 80}
    assert len(room.accepted()) == 80
    assert OrderLine.objects.values("buyer").distinct().count() == 40
    assert check_books(shop.session.id) == 80
