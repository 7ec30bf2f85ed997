"""The Money pages in a browser: read on a phone and a desk, by day and night, and nobody reads another's."""

import pytest

from marketplace.lib import clock
from orders.models import Hold, OrderLine, Payout, SettledLine
from tests.browser.conftest import Meet
from tests.browser.person import DESKTOP, PHONE
from tests.browser.site import Site

pytestmark = pytest.mark.only_in("embedded")


@pytest.fixture(scope="module", autouse=True)
def trouble(site: Site) -> None:
    """Have a payout refused, a sale held, and a part of another taken back."""
    site.ask(lambda: _trouble(site))


def _trouble(site: Site) -> None:
    ids, now = site.world.ids, clock.now()
    Payout.objects.filter(id=ids["wage"]).update(state="failed", declined=1, last_error="account_closed")
    line = OrderLine.objects.get(order=ids["shipped"])
    Hold.objects.create(
        line=line, reason="dispute", subject="ret_1", amount=line.amount, currency="CNY", created_at=now
    )
    sold = SettledLine.objects.get(id=ids["settled"])
    SettledLine.objects.create(
        run=sold.run, line=sold.line, refund="rfd_1", order=sold.order, brand=sold.brand,
        streamer=sold.streamer, currency="CNY", gross=0, refunded=1000, brand_part=-750, streamer_part=-200,
        agency_part=0, platform_part=-50, at=now,
    )  # fmt: skip


@pytest.mark.parametrize("scheme", ("light", "dark"))
@pytest.mark.parametrize("size", (DESKTOP, PHONE), ids=["desktop", "phone"])
def test_a_brand_reads_its_money(site: Site, meet: Meet, size: tuple[int, int], scheme: str) -> None:
    olga = meet("owner", size=size, color_scheme=scheme)
    page, name = olga.page, f"{size[0]}-{scheme}"
    olga.visit("/admin/money/")
    page.get_by_role("heading", name="Cash calendar").wait_for()
    olga.screenshot(f"money-{name}")
    assert not olga.scrolls_sideways()
    assert olga.violations() == []
    assert "refused: account_closed" in page.locator("#payouts-title + table").inner_text()
    assert "An open dispute" in page.locator("#waiting-title + table").inner_text()
    page.locator("#statements-title + table a").click()
    page.get_by_role("heading", name="Lines").wait_for()
    olga.screenshot(f"statement-{name}")
    assert not olga.scrolls_sideways()
    assert olga.violations() == []
    rows = page.locator("#lines-title >> xpath=ancestor::section").locator("tbody tr")
    assert rows.count() == 2
    assert "taken back by rfd_1" in rows.nth(1).inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    written = download.value.path().read_text()
    assert written.splitlines()[0].startswith("order,line,product,currency,gross,discount")
    assert len(written.splitlines()) == 3


def test_others_read_their_own_and_staff_reads_all(site: Site, meet: Meet) -> None:
    ids, hana = site.world.ids, meet("host", size=PHONE)
    hana.visit("/admin/money/")
    assert hana.page.get_by_role("heading", name="Statements").is_visible()
    assert hana.page.locator("#statements-title + table").count() == 0
    hana.expect_fault("404")
    for path in (f"/admin/money/?party={ids['brand']}", f"/admin/money/statements/{ids['statement']}/"):
        answer = hana.visit(path)
        assert answer.status == 404
    ada = meet("admin")
    ada.visit(f"/admin/money/?party={ids['brand']}")
    assert ada.page.locator("#statements-title + table tbody tr").count() == 1
