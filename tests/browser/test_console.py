"""The console in a browser: a show is run by hand and by keys, planned, started and ended."""

from datetime import timedelta

from playwright.sync_api import Page

from marketplace.lib import clock
from streams.actions.show import end_session
from streams.models import Session
from tests.browser.conftest import Meet
from tests.browser.person import DESKTOP, PHONE
from tests.browser.site import Site


def end_other_show(site: Site) -> None:
    """End the show of the site's world, unless that was done: a streamer has one on air."""
    session = Session.objects.get(id=site.world.ids["live"])
    if session.state == Session.State.LIVE:
        end_session(session_id=session.id, actor=site.world.people["host"], now=clock.now())


def loaded_anew(page: Page, state: str) -> None:
    """Wait for the page that belongs to a state: the one before leaves when the room says so."""
    page.wait_for_function(f"JSON.parse(document.querySelector('#wiring')?.textContent)?.state === '{state}'")
    page.wait_for_load_state()


def test_a_show_is_run_from_the_console(site: Site, meet: Meet) -> None:
    ids, hana = site.world.ids, meet("host")
    page = hana.page
    hana.visit(f"/admin/live/{ids['live']}/")
    page.locator('[data-beat-state="good"]').wait_for()
    page.keyboard.press("3")
    row = page.locator(f'[data-slot="{ids["third"]}"]')
    row.locator('[data-pinned="1"]').wait_for()
    page.keyboard.press("d")
    row.get_by_label("Price", exact=True).fill("29.90")
    row.get_by_label("Quota").fill("2")
    row.get_by_role("button", name="Open deal").click()
    row.get_by_text("Deal 29.90 CNY").wait_for()

    before = page.locator("#feed li").count()
    bella = meet()
    bought = bella.context.request.post(
        f"{site.url}/api/v1/orders",
        headers={"Authorization": f"Bearer {site.world.tokens['buyer']}", "Idempotency-Key": "console"},
        data={"slot": ids["third"], "quantity": 1, "price": {"amount": 3990, "currency": "CNY"}},
    )
    assert bought.status == 201
    page.wait_for_function(f"document.querySelectorAll('#feed li').length === {before + 1}")
    assert "Longjing" in page.locator("#feed li").first.inner_text()
    assert hana.violations() == []
    hana.screenshot("console-live")

    end = page.get_by_role("button", name="End show")
    end.click()
    assert page.locator(".con-head .con-state").inner_text() == "Live"
    box = end.bounding_box() or page.locator(".con-hold").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.locator('.con-head [data-state="ended"]').wait_for()
    page.mouse.up()


def test_a_show_is_planned_started_and_ended_by_keyboard(site: Site, meet: Meet) -> None:
    site.ask(lambda: end_other_show(site))
    hana = meet("host", size=PHONE, color_scheme="dark")
    page = hana.page
    hana.visit("/admin/live/")
    page.get_by_role("link", name="New session").click()
    page.get_by_label("Title").fill("First show")
    page.get_by_role("button", name="Draft").click()
    page.get_by_text("The line-up holds a product").wait_for()
    page.get_by_text("Add a product", exact=True).click()
    page.get_by_role("button", name="Add", exact=True).wait_for()
    assert not hana.scrolls_sideways()
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator(".con-row").wait_for()
    when = clock.now() + timedelta(days=1)
    page.get_by_label("Begins at (UTC)").fill(f"{when:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Announce").click()
    loaded_anew(page, "scheduled")
    page.get_by_role("button", name="Go live").click()
    loaded_anew(page, "live")
    page.locator('.con-head [data-state="live"]').wait_for()
    assert not hana.scrolls_sideways()
    assert hana.violations() == []
    end = page.get_by_role("button", name="End show")
    end.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Press again to end").wait_for()
    page.keyboard.press("Enter")
    page.locator('.con-head [data-state="ended"]').wait_for()


def test_a_report_reads_well_in_both_themes_on_desk_and_phone(site: Site, meet: Meet) -> None:
    path = f"/admin/live/{site.world.ids['live']}/report/"
    for size, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
        hana = meet("host", size=size, color_scheme=scheme)
        page = hana.page
        for address in ("/admin/live/reports/", path):
            hana.visit(address)
            assert not hana.scrolls_sideways(), (address, size)
            assert hana.violations() == [], (address, size)
        drawn = page.locator(".con-sales svg").bounding_box()
        assert drawn is not None
        assert drawn["width"] > size[0] / 2
        page.get_by_text("As a table").click()
        rows = page.get_by_role("group", name="Sales by minute as a table").get_by_role("row")
        assert rows.count() > 1
        hana.screenshot(f"report-{scheme}")
