"""Ten thousand tries at a hundred units: every unit is sold once, and everybody else is told so."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orders.models import Order
from tests.conftest import Launch
from tests.orders.shop import Shop
from tests.servers import Web, free_port, wait_until
from tests.system.books import check_books, last_counts, last_seq
from tests.system.conftest import WEB_PROCESSES, OpenSale
from tests.system.crowd import make_crowd
from tests.system.http import ask_all, purchase
from tests.system.sockets import Audience

UNITS = 100
ON_SOCKETS, TRIES_EACH = 1_800, 5
OVER_HTTP = 1_000


@pytest.mark.parametrize("processes", WEB_PROCESSES[-1:])  # two do all that one does, and meet at the rows
def test_a_rush_sells_every_unit_once_and_answers_everybody(
    processes: int, shop: Shop, open_sale: OpenSale, launch_web: Launch
) -> None:
    offer = open_sale(UNITS)
    people = make_crowd(ON_SOCKETS + OVER_HTTP)
    webs = one_port(launch_web, processes)
    requests = [
        purchase(webs[0], person, offer, f"http-{number}")
        for number, person in enumerate(people[ON_SOCKETS:])
    ]
    with Audience(shop.session.id) as room, ThreadPoolExecutor(1) as pool:
        room.enter(webs[0], people[:ON_SOCKETS])
        assert all(open_sockets(web) > ON_SOCKETS / processes / 3 for web in webs)
        over_http = pool.submit(ask_all, requests)
        for number in range(TRIES_EACH):
            room.buy_at_once(room.seats, offer, run=f"socket-{number}")
        room.wait_answers()
        replies = over_http.result()
        room.wait_seq(last_seq(shop.session.id))
    bought = [told["order"] for told in room.accepted().values()]
    bought += [reply.body["order"] for reply in replies if reply and reply.status == 201]
    assert (len(bought), len(set(bought))) == (UNITS, UNITS)
    assert set(bought) == set(Order.objects.values_list("id", flat=True))
    sold_out = Counter(reply.code for reply in replies if reply) + room.refused()
    assert sold_out - Counter({"": OVER_HTTP}) == {"sold_out": ON_SOCKETS * TRIES_EACH + OVER_HTTP - UNITS}
    assert {reply.status for reply in replies if reply and reply.code} == {409}
    assert check_books(shop.session.id) == UNITS
    assert last_counts(shop.session.id) == {offer["slot"]: (0, UNITS), offer["deal"]: (0, UNITS)}


def one_port(launch_web: Launch, processes: int) -> list[Web]:
    """Return web processes that share one port, all of them listening."""
    port = free_port()
    webs = [launch_web(port=port) for _ in range(processes)]
    wait_until(lambda: _listeners(port) == processes, seconds=10, what=f"{processes} processes listen")
    return webs


def open_sockets(web: Web) -> int:
    """Return how many sockets a web process holds open."""
    files = Path(f"/proc/{web.pid}/fd").iterdir()
    return sum(str(file.readlink()).startswith("socket:") for file in files)


def _listeners(port: int) -> int:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)
