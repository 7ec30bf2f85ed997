"""Redis is flushed and killed in a rush: buyers notice nothing, viewers end where the log does."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from marketplace.lib import clock
from orders.models import Order
from streams.actions.lineup import pin_slot
from tests.conftest import NO_LIMIT, Launch
from tests.orders.shop import Shop
from tests.servers import Valkey
from tests.system.books import check_books, check_pauses, last_seq
from tests.system.conftest import OpenSale
from tests.system.crowd import make_crowd
from tests.system.sockets import Audience

PEOPLE = 200
UNITS = 10_000
PHASE = 400


@pytest.fixture
def valkey(server_folder: Path) -> Iterator[Valkey]:
    """Return a Valkey of this test's own, that it may kill."""
    with Valkey(server_folder) as server:
        yield server


@pytest.mark.needs("scaled")
def test_redis_flushed_and_killed_in_a_rush_costs_no_purchase_and_no_fact(
    shop: Shop, open_sale: OpenSale, launch_web: Launch, valkey: Valkey
) -> None:
    offer = open_sale(UNITS)
    webs = [launch_web(REDIS_URL=valkey.url(), RATE_LIMIT_BUY=NO_LIMIT) for _ in range(2)]
    people = make_crowd(PEOPLE)
    numbers = itertools.count()
    with Audience(shop.session.id) as room:
        room.fill(webs, people)

        def rush_on(what: str) -> None:
            enough = len(room.answers) + PHASE
            room.read_until(lambda: len(room.answers) >= enough, seconds=30, what=what)

        room.on_answer = lambda seat: room.buy(seat, offer, f"key-{next(numbers)}")
        for seat in room.seats:
            room.on_answer(seat)
        rush_on("the rush is on")
        with redis.Redis.from_url(valkey.url()) as client:
            client.flushall()
        rush_on("people buy with Redis flushed")
        valkey.kill()
        rush_on("people buy without Redis")
        valkey.start()
        rush_on("people buy with Redis back")
        room.on_answer = None
        room.wait_answers()
        assert room.refused() == {}
        orders = {told["order"] for told in room.accepted().values()}
        assert len(orders) == len(room.asked)
        assert orders == set(Order.objects.values_list("id", flat=True))
        pin_slot(slot_id=shop.slot.id, actor=shop.host, now=clock.now())
        room.wait_seq(last_seq(shop.session.id))
    assert check_books(shop.session.id) == len(orders)
    check_pauses(shop.session.id)
