"""Admission at its limits: a full queue, a request that waited too long, units that came back."""

from marketplace.lib import clock
from marketplace.models import User
from orders.actions.cancel_order import cancel_order
from orders.models import Order
from tests.conftest import Launch
from tests.orders.shop import Shop
from tests.servers import Web
from tests.system.books import check_books
from tests.system.conftest import OpenSale
from tests.system.crowd import make_crowd, sign_in
from tests.system.holds import shelf_held
from tests.system.http import ask, purchase
from tests.system.sockets import Audience

QUEUE = 5
PEOPLE = 40


def test_a_full_queue_answers_busy_at_once_and_loses_nothing(
    shop: Shop, open_sale: OpenSale, launch_web: Launch
) -> None:
    offer = open_sale(100)
    web = launch_web(ADMISSION_QUEUE_SIZE=str(QUEUE), ADMISSION_BATCH_SIZE="1")
    caller, *people = make_crowd(PEOPLE + 1)
    with Audience(shop.session.id) as room:
        room.enter(web, people)
        with shelf_held(shop):
            room.buy_at_once(room.seats, offer, run="once")
            busy = PEOPLE - QUEUE - 1  # the queue is full, and admission is at one at most
            room.read_until(lambda: len(room.answers) >= busy, seconds=10, what="the others are told")
            waiting = len(room.asked) - len(room.answers)
            over_http = ask(purchase(web, caller, offer, "mine"))
        assert waiting in {QUEUE, QUEUE + 1}
        assert {str(told["data"]) for told in room.answers.values()} == {"{'code': 'busy', 'retry_after': 1}"}
        assert (over_http.status, over_http.code, over_http.headers["retry-after"]) == (503, "busy", "1")
        room.wait_answers()
        assert len(room.accepted()) == Order.objects.count() == waiting
        turned_away = [key for key, told in room.answers.items() if told["type"] == "buy.refused"]
        for key in turned_away:
            room.buy(room.asked[key], offer, key, command=f"again-{key}")
            room.wait_answers()
        assert ask(purchase(web, caller, offer, "mine")).status == 201
    assert len(room.accepted()) == PEOPLE
    assert check_books(shop.session.id) == PEOPLE + 1


def test_who_waited_longer_than_the_deadline_is_told_busy_and_sold_nothing(
    shop: Shop, open_sale: OpenSale, launch_web: Launch
) -> None:
    offer = open_sale(100)
    web = launch_web(ADMISSION_DEADLINE_SECONDS="1")
    with Audience(shop.session.id) as room:
        first, *others = room.enter(web, make_crowd(PEOPLE))
        with shelf_held(shop):
            room.buy(first, offer, "first")  # admission takes it up before the others come
            room.settle([first])
            room.buy_at_once(others, offer, run="once")
            room.settle(others)
            assert room.answers == {}
            room.read_for(1.1)
        room.wait_answers()
        in_time = len(room.accepted())
        assert "first" in room.accepted()
        assert in_time < PEOPLE
        assert room.refused() == {"busy": PEOPLE - in_time}
        assert Order.objects.count() == in_time
        assert check_books(shop.session.id) == in_time
        late = [key for key, told in room.answers.items() if told["type"] == "buy.refused"]
        for key in late:
            room.buy(room.asked[key], offer, key, command=f"again-{key}")
        room.wait_answers()
    assert len(room.accepted()) == PEOPLE
    assert check_books(shop.session.id) == PEOPLE


def test_units_that_another_process_gave_back_are_sold_again(
    shop: Shop, buyer: User, outsider: User, open_sale: OpenSale, webs: list[Web]
) -> None:
    """A process remembers that a deal is sold out, and believes it for a second at most."""
    offer = {**open_sale(1), "quantity": 1}
    with Audience(shop.session.id) as room:
        bella, otto = room.enter(webs[0], [sign_in(buyer), sign_in(outsider)])
        room.buy(bella, offer, "bella's")
        room.wait_answers()
        room.buy(otto, offer, "too late")
        room.wait_answers()
        assert room.refused() == {"sold_out": 1}
        order_id = room.accepted()["bella's"]["order"]
        cancel_order(order_id=order_id, buyer_id=buyer.id, now=clock.now())

        def bought() -> bool:
            tries = len(room.asked)
            room.buy(otto, offer, f"try-{tries}")
            room.wait_answers()
            return len(room.accepted()) == 2

        room.read_until(bought, seconds=3, what="Otto gets the unit")
    assert Order.objects.filter(buyer=outsider).count() == 1
    assert check_books(shop.session.id) == 1
