"""A room over time: the server goes and comes back, the host speaks, motion that nobody wants."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import WebSocketRoute

from marketplace import pictures
from marketplace.actions.pictures import add_picture
from marketplace.actions.products import create_product, publish_product
from marketplace.actions.variants import create_variant
from marketplace.lib import clock
from marketplace.lib.money import Money
from streams.actions.captions import add_caption
from streams.actions.deals import open_deal
from streams.actions.lineup import add_slot, pin_slot, reorder_lineup
from streams.actions.reminders import set_reminder
from streams.models import Session
from tests.browser.buying import button_of, card_of, enter, orders_of
from tests.browser.conftest import Meet
from tests.browser.person import PHONE
from tests.browser.site import Site
from tests.pictures import grey_dot

ORDER = "[...document.querySelectorAll('[data-bag] [data-good]')].map((card) => card.dataset.good)"
STAGE = "document.querySelector('[data-stage]').toDataURL()"
LONGEST_PAUSE_MS = 30_000  # tries come ever more seldom while nobody answers
MOVING = "document.getAnimations().filter((each) => each.playState === 'running').length"


def test_a_room_goes_on_when_its_server_was_gone(site: Site, meet: Meet) -> None:
    ids, host = site.world.ids, site.world.people["host"]
    bella = meet("buyer")
    bella.expect_fault("WebSocket connection")
    page = enter(bella, ids["live"])
    page.evaluate("window.neverLeft = true")
    site.web.kill()
    page.get_by_text("Reconnecting…").wait_for()
    card_of(page, ids["third"]).get_by_role("spinbutton").fill("2")
    now = clock.now()
    site.ask(lambda: pin_slot(slot_id=ids["third"], actor=host, now=now))
    site.ask(lambda: open_deal(
        slot_id=ids["third"], price=Money(1990, "CNY"), quota=4, seconds=900, actor=host, now=now
    ))  # fmt: skip
    site.web.start()
    page.get_by_text("Reconnecting…").wait_for(state="hidden", timeout=LONGEST_PAUSE_MS)
    pinned = page.locator(f'[data-pinned] [data-good="{ids["third"]}"]')
    pinned.get_by_text("¥19.90").wait_for()
    assert "4 left" in pinned.inner_text()
    assert page.evaluate("window.neverLeft")
    assert card_of(page, ids["third"]).get_by_role("spinbutton").input_value() == "2"
    before = orders_of(site, ids["third"])
    button_of(card_of(page, ids["third"])).click()
    page.get_by_role("dialog", name="Checkout").get_by_text("¥39.80").first.wait_for()
    assert orders_of(site, ids["third"]) == [*before, ("pending_payment", 3980)]


def test_a_purchase_whose_answer_was_lost_is_asked_for_again(site: Site, meet: Meet) -> None:
    ids, lost = site.world.ids, list[str]()

    def lose_the_answer(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if "buy.accepted" in str(message) and not lost:
                lost.append(str(message))
                socket.close(code=1012)
            else:
                socket.send(message)

        server.on_message(pass_on)

    otto = meet("other", size=PHONE)
    otto.page.route_web_socket("**/ws/v1/rooms/*", lose_the_answer)
    page = enter(otto, ids["live"])
    before = orders_of(site, ids["slot"])
    button_of(card_of(page, ids["slot"])).click()
    page.get_by_role("dialog", name="Checkout").get_by_text("¥29.90").first.wait_for()
    assert len(lost) == 1
    assert orders_of(site, ids["slot"]) == [*before, ("pending_payment", 2990)]


@pytest.mark.only_in("embedded")
def test_cards_stand_in_the_order_of_the_line_up(site: Site, meet: Meet) -> None:
    ids = site.world.ids
    first, second, third = ids["slot"], ids["pinned"], ids["third"]
    page = enter(meet("buyer"), ids["live"])
    quantity = card_of(page, third).get_by_role("spinbutton")
    quantity.fill("2")
    for order in ([third, first, second], [second, first, third], [second, third, first]):
        by: dict[str, Any] = {"actor": site.world.people["host"], "now": clock.now()}
        site.ask(partial(reorder_lineup, session_id=ids["live"], slot_ids=order, **by))
        page.wait_for_function(f"order => {ORDER}.join() === order.join()", arg=order)
        assert quantity.evaluate("field => field === document.activeElement")
    assert quantity.input_value() == "2"


@pytest.mark.only_in("embedded")
def test_a_product_that_is_new_in_the_room_gets_its_picture(site: Site, meet: Meet) -> None:
    address, asked = f"/live/{site.world.ids['live']}", list[str]()
    bella = meet("buyer")
    bella.expect_fault("net::ERR_FAILED")
    page = enter(bella, site.world.ids["live"])
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith(address) else None)
    page.route(f"**{address}", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        oolong = site.ask(lambda: sell_anew(site, "Oolong"))
    page.unroute(f"**{address}")
    assert card_of(page, oolong[0]).get_by_role("img").count() == 0
    more = site.ask(lambda: sell_anew(site, "Sencha", "Matcha"))
    for slot, title in zip(oolong + more, ("Oolong", "Sencha", "Matcha"), strict=True):
        card_of(page, slot).get_by_alt_text(title).wait_for()
        assert card_of(page, slot).locator("[data-rate]").inner_text() == "no refund rate yet"
    assert len(asked) == 2


def sell_anew(site: Site, *titles: str) -> list[str]:
    """Put new products with pictures into the line-up of the show on air; return the ids of their slots."""
    variants = [new_variant(site, title) for title in titles]
    sold: dict[str, Any] = {
        "live_price": Money(3990, "CNY"),
        "actor": site.world.people["host"],
        "now": clock.now(),
    }
    return [add_slot(session_id=site.world.ids["live"], variant_id=each, **sold).id for each in variants]


def new_variant(site: Site, title: str) -> str:
    """Return the variant of a new product with a picture."""
    by: dict[str, Any] = {"actor": site.world.people["owner"], "now": clock.now()}
    product = create_product(brand_id=site.world.ids["brand"], category="tea", title=title, **by)
    price = Money(3990, "CNY")
    variant = create_variant(product_id=product.id, sku=title, price=price, on_hand=3, **by)
    file = pictures.store(SimpleUploadedFile("new.png", grey_dot()))
    add_picture(product_id=product.id, file=file, alt=title, **by)
    publish_product(product_id=product.id, **by)
    return variant.id


@pytest.mark.only_in("embedded")
def test_a_show_whose_picture_is_away_goes_on_selling(site: Site, meet: Meet) -> None:
    live = site.world.ids["live"]
    source = {"source": Session.Source.HLS, "source_url": f"{site.url}/static/nowhere.m3u8"}
    site.ask(lambda: Session.objects.filter(id=live).update(**source))
    sara = meet("alien", size=PHONE)
    sara.expect_fault("nowhere.m3u8|404")
    page = enter(sara, live)
    page.get_by_text("The live picture is not there just now").wait_for()
    page.get_by_role("button", name="Turn the sound on").click()
    page.get_by_role("button", name="Turn the sound off").wait_for()
    assert page.locator("[data-pinned]").get_by_role("button", name="Buy").is_enabled()
    assert sara.violations() == []
    simulated = {"source": Session.Source.SIMULATED, "source_url": ""}
    site.ask(lambda: Session.objects.filter(id=live).update(**simulated))


@pytest.mark.only_in("embedded")
def test_who_wants_no_motion_sees_none(site: Site, meet: Meet) -> None:
    ids, host, now = site.world.ids, site.world.people["host"], clock.now()
    site.ask(lambda: pin_slot(slot_id=ids["pinned"], actor=host, now=now))
    people = [meet(), meet(reduced_motion="no-preference")]
    for person in people:
        enter(person, ids["live"])
    site.ask(lambda: add_caption(session_id=ids["live"], text="Picked before the rain.", now=clock.now()))
    stood_still = []
    for person in people:
        person.page.get_by_text("Picked before the rain.").wait_for()
        before = person.page.evaluate(STAGE)
        person.page.wait_for_timeout(400)
        stood_still.append((person.page.evaluate(STAGE) == before, person.page.evaluate(MOVING) == 0))
    assert stood_still == [(True, True), (False, False)]


def test_a_show_that_was_waited_for_is_told_in_other_rooms(site: Site, meet: Meet) -> None:
    ids, mona = site.world.ids, site.world.people["moderator"]
    now = clock.now()
    site.ask(lambda: set_reminder(session_id=ids["scheduled"], user=mona, now=now))
    begun = {"state": Session.State.LIVE, "started_at": now, "scheduled_at": now - timedelta(minutes=1)}
    site.ask(lambda: Session.objects.filter(id=ids["live"]).update(state=Session.State.ENDED, ended_at=now))
    site.ask(lambda: Session.objects.filter(id=ids["scheduled"]).update(**begun))
    viewer = meet("moderator", size=PHONE)
    viewer.visit(f"/replays/{ids['live']}")
    viewer.page.get_by_role("link", name="Watch now").click()
    viewer.page.get_by_role("heading", name="Autumn tea").wait_for()
    assert viewer.page.get_by_role("link", name="Watch now").count() == 0
