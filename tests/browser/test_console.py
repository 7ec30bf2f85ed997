"""The console in a browser: a show is run by hand and by keys, planned, started and ended."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route

from marketplace.lib import clock
from streams.actions.show import end_session
from streams.models import RoomEvent, Session, Slot
from tests.browser.conftest import Meet
from tests.browser.person import DESKTOP, PHONE
from tests.browser.site import Site

pytestmark = pytest.mark.only_in("embedded")


def end_other_show(site: Site) -> None:
    """End the show of the site's world, unless that was done: a streamer has one on air."""
    session = Session.objects.get(id=site.world.ids["live"])
    if session.state == Session.State.LIVE:
        end_session(session_id=session.id, actor=site.world.people["host"], now=clock.now())


def loaded_anew(page: Page, state: str) -> None:
    """Wait for the page that belongs to a state: the one before leaves when the room says so."""
    page.wait_for_function(f"JSON.parse(document.querySelector('#wiring')?.textContent)?.state === '{state}'")
    page.wait_for_load_state()


def lose_answers(route: Route) -> None:
    """Let a request do its work and its answer never arrive."""
    route.fetch()
    route.abort()


def on_hand(site: Site, slot: str) -> int:
    """Return how many units of what a slot sells are on the shelf."""
    return site.ask(lambda: Slot.objects.get(id=slot).variant.stock.on_hand)


def captions(site: Site) -> int:
    """Return how many sentences viewers have read as subtitles."""
    return site.ask(lambda: RoomEvent.objects.filter(type="host.said").count())


def test_what_adds_something_is_done_once_when_its_answer_is_lost(site: Site, meet: Meet) -> None:
    ids, ada = site.world.ids, meet("admin")
    ada.expect_fault("net::ERR_FAILED")
    page, third = ada.page, ids["third"]
    ada.visit(f"/admin/live/{ids['live']}/")
    page.locator('[data-beat-state="good"]').wait_for()
    before, row = on_hand(site, third), page.locator(f'[data-slot="{third}"]')
    row.get_by_text("Restock", exact=True).first.click()
    restock = row.get_by_role("button", name="Restock")
    page.route("**/restock/", lose_answers)
    restock.click()
    page.get_by_text("No connection. Press again: it is done once.").wait_for()
    page.unroute("**/restock/")
    restock.click()
    page.get_by_text("10 more of Longjing.").wait_for()
    assert on_hand(site, third) == before + 10

    page.route("**/say/", lose_answers)
    page.get_by_label("Say, as a subtitle").fill("Smell this.")
    page.get_by_role("button", name="Say").click()
    page.get_by_text("No connection. Press again: it is done once.").wait_for()
    page.unroute("**/say/")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Pause").wait_for()  # the form of captions was drawn anew, twice
    page.get_by_role("button", name="Say").click()
    page.get_by_text("Viewers read it as a subtitle.").wait_for()
    assert captions(site) == 1
    assert page.get_by_label("Say, as a subtitle").input_value() == ""


def test_a_double_press_is_one_and_a_second_press_another(site: Site, meet: Meet) -> None:
    ids, ada = site.world.ids, meet("admin")
    page, third, sent = ada.page, ids["third"], list[str]()
    ada.visit(f"/admin/live/{ids['live']}/")
    before, row = on_hand(site, third), page.locator(f'[data-slot="{third}"]')
    page.on("request", lambda request: sent.append(request.url) if "/restock/" in request.url else None)
    for times in (1, 2):
        row.get_by_text("Restock", exact=True).first.click()
        button = row.get_by_role("button", name="Restock")
        with page.expect_response("**/restock/"):
            button.dblclick()
        button.wait_for(state="hidden")
        assert (len(sent), on_hand(site, third)) == (times, before + 10 * times)


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
