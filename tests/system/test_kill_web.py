"""A web process dies in a rush: what was acknowledged is there, and of the rest one can ask again."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from orders.models import Order
from tests.conftest import NO_LIMIT, Launch
from tests.orders.shop import Shop
from tests.servers import Web
from tests.system.books import check_books, check_pauses, last_seq
from tests.system.conftest import WEB_PROCESSES, Offer, OpenSale
from tests.system.crowd import Person, make_crowd
from tests.system.http import Ask, Reply, ask_all, purchase
from tests.system.sockets import Audience

UNITS = 10_000
PEOPLE = 240
CALLERS, TRIES_EACH = 40, 15
KILL_AFTER = 600

#: A buyer's id and their idempotency key.
Key = tuple[str, str]


@dataclass
class Calls:
    """What callers ask for over HTTP, and what they were told: None where the server died first."""

    keys: list[Key]
    requests: list[Ask]
    replies: list[Reply | None] = field(default_factory=list)

    def acknowledged(self) -> dict[Key, str]:
        """Return the orders that callers were told of."""
        told = zip(self.keys, self.replies, strict=True)
        return {key: reply.body["order"] for key, reply in told if reply and reply.status == 201}


@pytest.mark.parametrize("processes", WEB_PROCESSES)
def test_a_web_process_killed_in_a_rush_loses_no_order_and_doubles_none(
    processes: int, shop: Shop, open_sale: OpenSale, launch_web: Launch
) -> None:
    offer = open_sale(UNITS)
    webs = [launch_web(RATE_LIMIT_BUY=NO_LIMIT) for _ in range(processes)]
    people = make_crowd(PEOPLE)
    calls = _calls(webs[0], make_crowd(CALLERS, "caller"), offer)
    with Audience(shop.session.id) as room:
        room.fill(webs, people)
        _rush_until_killed(room, calls, offer, webs[0])
        acknowledged = _on_sockets(room) | calls.acknowledged()
        assert len(acknowledged) >= KILL_AFTER
        placed = _orders()
        assert acknowledged.items() <= placed.items()
        assert check_books(shop.session.id) == len(placed) == Order.objects.count()

        webs[0].start()
        _ask_everything_again(room, calls, offer, webs[0])
        again = _on_sockets(room) | calls.acknowledged()
        assert again.keys() == {(seat.person.id, key) for key, seat in room.asked.items()} | set(calls.keys)
        assert again == _orders()
        assert placed.items() <= again.items()
        assert [reply for reply in calls.replies if reply is None or reply.status != 201] == []
        replayed = [reply for reply in calls.replies if reply and "idempotency-replayed" in reply.headers]
        assert len(replayed) == len(placed.keys() & set(calls.keys))
        room.wait_seq(last_seq(shop.session.id))
    assert check_books(shop.session.id) == len(again) == Order.objects.count()
    check_pauses(shop.session.id)


def _calls(web: Web, callers: list[Person], offer: Offer) -> Calls:
    tries = [(person, f"call-{number}") for number in range(TRIES_EACH) for person in callers]
    return Calls(
        keys=[(person.id, key) for person, key in tries],
        requests=[purchase(web, person, offer, key) for person, key in tries],
    )


def _rush_until_killed(room: Audience, calls: Calls, offer: Offer, victim: Web) -> None:
    """Let everybody buy on and on, kill a process, and read what was still said."""
    numbers = itertools.count()
    room.on_answer = lambda seat: room.buy(seat, offer, f"key-{next(numbers)}")
    with ThreadPoolExecutor(1) as pool:
        for seat in room.seats:
            room.on_answer(seat)
        over_http = pool.submit(ask_all, calls.requests)
        room.read_until(lambda: len(room.answers) >= KILL_AFTER, seconds=30, what="the rush is on")
        victim.kill()
        stranded = [seat for seat in room.seats if seat.web is victim]
        room.read_until(lambda: not any(seat.alive for seat in stranded), seconds=10, what="all notice")
        room.on_answer = None
        others = [key for key, seat in room.asked.items() if seat.alive]
        room.read_until(lambda: room.answers.keys() >= set(others), seconds=30, what="others are answered")
        calls.replies = over_http.result()
    assert room.refused() == {}


def _ask_everything_again(room: Audience, calls: Calls, offer: Offer, web: Web) -> None:
    """Let those who lost their connection come back, and everybody ask again under the same keys."""
    told = _on_sockets(room)
    room.come_back(web, [seat for seat in room.seats if not seat.alive])
    seats = {seat.person.id: seat for seat in room.seats if seat.alive}
    asked = [(seats[seat.person.id], key) for key, seat in room.asked.items()]
    room.asked.clear()
    room.answers.clear()
    for seat, key in asked:
        room.buy(seat, offer, key)
    room.wait_answers()
    calls.replies = ask_all(calls.requests)
    assert told.items() <= _on_sockets(room).items()


def _on_sockets(room: Audience) -> dict[Key, str]:
    return {(room.asked[key].person.id, key): told["order"] for key, told in room.accepted().items()}


def _orders() -> dict[Key, str]:
    return {(buyer, key): id_ for id_, buyer, key in Order.objects.values_list("id", "buyer_id", "key")}
