"""The host changes things while buys are in flight: every line was sold under what was true at its moment.

A line's ``seq`` is the room's last fact when it was sold, so the fact log says what was true.
"""

import itertools
from collections.abc import Callable

from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import User
from orders.models import OrderLine
from streams.actions.deals import close_deal
from streams.actions.lineup import change_slot
from streams.actions.restock import restock_slot
from streams.actions.show import end_session, pause_session, resume_session
from streams.models import RoomEvent
from tests.orders.shop import PRICE, Shop
from tests.servers import Web
from tests.system.books import check_books
from tests.system.conftest import Offer, OpenSale
from tests.system.crowd import make_crowd, sign_in
from tests.system.http import ask, purchase
from tests.system.sockets import Audience

PEOPLE = 60
UNITS = 50_000
HIGHER = Money(4990, "CNY")


def test_a_price_that_changed_between_view_and_buy_sells_nothing_and_is_told(
    shop: Shop, live_offer: Offer, buyer: User, webs: list[Web]
) -> None:
    change_slot(slot_id=shop.slot.id, live_price=HIGHER, actor=shop.host, now=clock.now())
    bella = sign_in(buyer)
    with Audience(shop.session.id) as room:
        seat = room.enter(webs[0], [bella])[0]
        room.buy(seat, live_offer, "as seen")
        room.wait_answers()
        reply = ask(purchase(webs[-1], bella, live_offer, "as seen"))
        assert OrderLine.objects.count() == 0
        room.buy(seat, {**live_offer, "price": HIGHER.to_wire()}, "as it is")
        room.wait_answers()
    assert room.answers["as seen"]["type"] == "buy.refused"
    assert room.answers["as seen"]["data"] == {"code": "price_changed", "price": HIGHER.to_wire()}
    assert (reply.status, reply.code) == (409, "price_changed")
    assert reply.body["data"] == {"price": HIGHER.to_wire()}
    assert room.answers["as it is"]["data"]["amount"] == HIGHER.amount
    assert check_books(shop.session.id) == 1


def test_every_line_has_the_price_of_its_moment_while_the_price_goes_up_and_down(
    shop: Shop, live_offer: Offer, webs: list[Web]
) -> None:
    restock(shop)
    offers = itertools.cycle([live_offer, {**live_offer, "price": HIGHER.to_wire()}])
    with Audience(shop.session.id) as room:
        room.fill(webs, make_crowd(PEOPLE))
        buying(room, lambda: next(offers))
        for price in (HIGHER, PRICE, HIGHER, PRICE):
            wait_for(room, 150)
            change_slot(slot_id=shop.slot.id, live_price=price, actor=shop.host, now=clock.now())
        wait_for(room, 150)
        stop(room)
        assert room.refused().keys() == {"price_changed"}
        accepted = room.accepted().values()
    prices = {0: PRICE.amount}
    for fact in RoomEvent.objects.filter(session=shop.session, type="slot.updated"):
        prices[fact.seq] = fact.payload["slot"]["price"]["amount"]
    assert len(prices) == 5
    lines = OrderLine.objects.filter(session=shop.session)
    for line in lines:
        assert line.unit_price == prices[max(seq for seq in prices if seq <= line.seq)]
    assert {line.unit_price for line in lines} == {PRICE.amount, HIGHER.amount}
    assert sorted(line.amount for line in lines) == sorted(told["amount"] for told in accepted)
    assert check_books(shop.session.id) == len(accepted)


def test_nothing_is_sold_at_the_deals_price_after_the_deal_was_closed(
    shop: Shop, open_sale: OpenSale, webs: list[Web]
) -> None:
    offer = open_sale(UNITS)
    with Audience(shop.session.id) as room:
        room.fill(webs, make_crowd(PEOPLE))
        buying(room, lambda: offer)
        wait_for(room, 300)
        close_deal(deal_id=offer["deal"], actor=shop.host, now=clock.now())
        wait_for(room, 300)
        stop(room)
    closed = RoomEvent.objects.get(session=shop.session, type="deal.closed")
    assert set(room.refused()) == {"deal_closed"}
    assert len(room.accepted()) >= 200
    assert OrderLine.objects.filter(seq__gte=closed.seq).count() == 0
    assert check_books(shop.session.id) == len(room.accepted())


def test_nothing_is_sold_while_the_session_pauses_nor_after_its_end(
    shop: Shop, live_offer: Offer, webs: list[Web]
) -> None:
    restock(shop)
    with Audience(shop.session.id) as room:
        room.fill(webs, make_crowd(PEOPLE))
        buying(room, lambda: live_offer)
        for step in (pause_session, resume_session, end_session):
            wait_for(room, 300)
            step(session_id=shop.session.id, actor=shop.host, now=clock.now())
        wait_for(room, 300)
        stop(room)
    shown = RoomEvent.objects.filter(session=shop.session, type__startswith="session.").order_by("seq")
    seq = {fact.type: fact.seq for fact in shown}
    sold = sorted(OrderLine.objects.values_list("seq", flat=True))
    first = [each for each in sold if each < seq["session.paused"]]
    second = [each for each in sold if seq["session.resumed"] <= each < seq["session.ended"]]
    assert (len(first) + len(second), min(len(first), len(second)) > 100) == (len(sold), True)
    assert set(room.refused()) == {"session_not_live"}
    assert check_books(shop.session.id) == len(sold) == len(room.accepted())


def restock(shop: Shop) -> None:
    restock_slot(slot_id=shop.slot.id, quantity=UNITS, actor=shop.host, now=clock.now())


def buying(room: Audience, offer: Callable[[], Offer]) -> None:
    """Let everybody in the room buy, and again when they are answered, until ``stop``."""
    numbers = itertools.count()
    room.on_answer = lambda seat: room.buy(seat, offer(), f"key-{next(numbers)}")
    for seat in room.seats:
        room.on_answer(seat)


def wait_for(room: Audience, answers: int) -> None:
    enough = len(room.answers) + answers
    room.read_until(lambda: len(room.answers) >= enough, seconds=30, what="buyers are answered")


def stop(room: Audience) -> None:
    room.on_answer = None
    room.wait_answers()
