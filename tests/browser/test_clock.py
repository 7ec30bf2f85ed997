"""The clock's page in a browser, and countdowns that follow the clock."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from marketplace.lib import clock
from marketplace.models import SandboxClock
from tests.browser.conftest import Meet
from tests.browser.site import Site
from tests.browser.test_viewer_pages import EVERY_WAY, look_at
from tests.servers import Ours, wait_until

pytestmark = pytest.mark.only_in("embedded")

#: How far the page's clock is ahead of the browser's, in seconds.
AHEAD = "async () => ((await import('/static/storefront/js/countdown.js')).serverNow() - Date.now()) / 1000"


@pytest.fixture(autouse=True, scope="module")
def servers_stopped(site: Site, _processes: list[Ours]) -> Iterator[None]:
    """Stop the servers, which other modules share: what has seen a moved clock looks once a second."""
    yield
    site.ask(SandboxClock.objects.all().delete)
    for server in _processes:
        server.stop()


def test_a_press_without_a_script_moves_the_countdowns_of_all(site: Site, meet: Meet) -> None:
    watching, pressing = meet(), meet("buyer", java_script_enabled=False)
    watching.visit(f"/live/{site.world.ids['live']}")
    assert abs(watching.page.evaluate(AHEAD)) < 60
    pressing.visit("/sandbox/clock")
    pressing.page.get_by_role("button", name="Move ahead by 1 hour").click()
    assert pressing.page.get_by_role("heading", name="The last move").is_visible()
    assert pressing.page.get_by_text("1 hour ahead of the world").is_visible()
    wait_until(lambda: 3_500 < watching.page.evaluate(AHEAD) < 3_700, seconds=10, what="the countdowns")


def test_nothing_is_wrong_with_the_page(site: Site, meet: Meet) -> None:
    now = clock.now()
    report = {
        "began": clock.to_wire(now - timedelta(days=3)),
        "now": clock.to_wire(now),
        "moved_seconds": 259_200,
        "left_seconds": 86_400,
        "failed": ["orders.tasks.sweep_expired_orders"],
        "ran": [{"at": clock.to_wire(now), "what": "order.pending_payment", "count": 12_345}],
    }
    site.ask(lambda: SandboxClock.objects.update_or_create(id=1, defaults={"report": report}))
    look_at(meet("buyer"), "/sandbox/clock", looks=EVERY_WAY)
    look_at(meet(), "/sandbox/clock")
