"""One clock for all processes of a running marketplace, also after a restart."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from django.conf import settings

from marketplace import clock_follower
from marketplace.actions.move_clock import claim_clock, move_clock
from marketplace.actions.tokens import create_token
from marketplace.lib import clock
from marketplace.models import Brand, Fact, User
from marketplace.models.tokens import Scope
from tests.conftest import Launch
from tests.orders.shop import buy, open_show
from tests.servers import Web, wait_until
from tests.streams.seats import Hall

CLOCK = "/api/v1/sandbox/clock"
DAY = 86_400


@pytest.fixture
def secret(outsider: User) -> str:
    """Return a token that may use the sandbox."""
    return create_token(user=outsider, name="live", scopes=[Scope.SANDBOX], expires_at=None, now=clock.now())[
        1
    ]


@pytest.fixture
def hall() -> Iterator[Hall]:
    with Hall() as opened:
        yield opened


def ask(web: Web, secret: str, method: str = "GET", **body: int) -> dict[str, object]:
    path = f"{web.url}{CLOCK}" + ("/advance" if body else "")
    answer = httpx.request(
        method, path, json=body or None, headers={"Authorization": f"Bearer {secret}"}, timeout=60
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ahead(web: Web, secret: str) -> float:
    """Return how many seconds a process is ahead of this one, which stays where it is."""
    told = datetime.fromisoformat(str(ask(web, secret)["now"]))
    return (told - clock.machine_now()).total_seconds()


def test_all_processes_agree_and_a_room_hears_it(
    launch_web: Launch,
    background: None,
    secret: str,
    hall: Hall,
    brand: Brand,
    brand_owner: User,
    host: User,
    admin: User,
    buyer: User,
) -> None:
    shop = open_show(brand, brand_owner, host, admin)
    webs = [launch_web(), launch_web()] if settings.SCALED else [launch_web()]
    order = buy(shop, buyer)
    seat = hall.sit(webs[-1], shop.session.id)
    seat.next("room.snapshot")

    move = ask(webs[0], secret, "POST", seconds=2 * DAY)

    assert ("order.expired", 1) in [(each["what"], each["count"]) for each in move["ran"]]  # type: ignore[attr-defined]
    assert move["left_seconds"] == 0
    wait_until(lambda: all(abs(ahead(web, secret) - 2 * DAY) < 5 for web in webs), seconds=5, what="the move")
    while datetime.fromisoformat(seat.next("room.pulse")["at"]) < clock.machine_now() + timedelta(days=1):
        pass
    clock.set_ahead(timedelta(days=2))
    later = buy(shop, buyer)
    assert later.pay_by - order.pay_by >= timedelta(days=2)

    claim_clock(holder="another process")
    move_clock(holder="another process", ahead=timedelta(days=3))
    clock_follower.tell()
    expired = Fact.objects.filter(type="order.expired", subject=later.id)
    wait_until(expired.exists, seconds=15, what="the worker's sweep by the moved clock")
    assert abs(ahead(webs[-1], secret) - 3 * DAY) < 5

    webs[0].stop()
    webs[0].start()
    assert abs(ahead(webs[0], secret) - 3 * DAY) < 5
