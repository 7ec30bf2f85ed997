"""Buying in a room: by hand, by keyboard, without a script, at the same moment, and what goes wrong."""

import json
import re
import time

import pytest
from playwright.sync_api import Page, WebSocketRoute

from marketplace.lib import clock
from marketplace.lib.money import Money
from orders.payments.simulator.cards import late_card
from orders.sold_out import BELIEVED_FOR_SECONDS
from orders.states import Pay
from streams.actions.discounts import set_discount
from streams.actions.lineup import SlotChange, change_slot
from streams.actions.replays import set_replay_sales
from streams.actions.restock import restock_slot
from streams.actions.show import end_session
from streams.models import Session, Slot
from tests.browser.buying import (
    address_of,
    button_of,
    card_of,
    connected,
    enter,
    last_order,
    orders_of,
    pay,
    payments_of,
    taken,
)
from tests.browser.conftest import Meet
from tests.browser.person import PHONE, Person
from tests.browser.site import Site

WHERE_IS_THE_FOCUS = """() => {
  const { activeElement } = document;
  if (activeElement === document.body) return "outside";
  return activeElement.closest("dialog") ? "sheet" : "page";
}"""
TABS = 60
COME_BACK_AS_IT_WAS = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"


def take_off(site: Site, slot: str, amount: int) -> None:
    """Let the marketplace take so much off each unit of a slot."""
    admin, money = site.world.people["admin"], Money(amount, "CNY")
    site.ask(
        lambda: set_discount(slot_id=slot, funder="platform", amount=money, actor=admin, now=clock.now())
    )


def test_a_newcomer_buys_what_is_being_explained(site: Site, meet: Meet) -> None:
    nina, pinned = meet(size=PHONE, reduced_motion="no-preference"), site.world.ids["pinned"]
    page = nina.page
    nina.visit("/")
    page.get_by_role("button", name="Try as demo viewer").click()
    page.get_by_role("button", name="Sign out").wait_for()
    page.get_by_role("link", name="Spring tea").click()
    connected(page)
    take_off(site, pinned, 500)
    card = page.locator("[data-pinned]")
    card.get_by_text("¥34.90").wait_for()
    assert card.locator("[data-list-price]").inner_text().endswith("¥39.90")
    card.get_by_role("button", name="Buy").click()
    sheet = page.get_by_role("dialog", name="Checkout")
    assert "¥39.90 ¥34.90" in sheet.locator("table").inner_text().replace("instead of ", "")
    take_off(site, pinned, 0)  # what is sold keeps its price
    assert "8 Teahouse Lane" in sheet.locator("summary").inner_text()
    pay(sheet)
    sheet.get_by_role("heading", name="Paid").wait_for()
    order = last_order(site)
    assert (order.amount, address_of(order)["city"]) == (3490, "Hangzhou")
    assert site.ask(lambda: order.buyer.username).startswith("demo-")
    assert (orders_of(site, pinned)[-1], payments_of(site, order.id)) == (("paid", 3490), [Pay.CAPTURED])
    sheet.get_by_role("link", name="To the receipt").click()
    page.get_by_role("heading", name="Your order paid").wait_for()
    receipt = page.locator("main").inner_text()
    for words in (
        order.id,
        "¥34.90 each instead of ¥39.90",
        "sold by Mountain Tea",
        "in “Spring tea”",
        "8 Teahouse Lane",
    ):
        assert words in receipt


@pytest.mark.only_in("embedded")
def test_the_keyboard_alone_buys(site: Site, meet: Meet) -> None:
    bella = meet("buyer")
    page = enter(bella, site.world.ids["live"])
    before = orders_of(site, site.world.ids["pinned"], "bella")
    tab_to(bella, "[data-pinned] button[type=submit]")
    buy = page.locator(":focus-visible")
    assert buy.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Checkout").get_by_text("Your order").wait_for()
    seen = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        seen.add(page.evaluate(WHERE_IS_THE_FOCUS))
    assert "sheet" in seen
    assert "page" not in seen
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.get_by_text("The order is held for you: pay for it under My orders.").wait_for()
    assert page.locator("[data-pinned] button[type=submit]:focus").count() == 1
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Checkout").get_by_text("Your order").wait_for()
    tab_to(bella, "dialog form button[type=submit]")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Paid").wait_for()
    assert page.locator("[data-focus]:focus").count() == 1
    tab_to(bella, "dialog button.button:not(.button--quiet)")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="detached")
    assert page.locator("[data-pinned] button[type=submit]:focus").count() == 1
    after = orders_of(site, site.world.ids["pinned"], "bella")
    assert after == [*before, ("pending_payment", 3990), ("paid", 3990)]


def tab_to(person: Person, selector: str) -> None:
    """Press Tab until an element that a selector describes has the focus."""
    for _ in range(TABS):
        person.page.keyboard.press("Tab")
        if person.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{TABS} times Tab did not reach {selector}")


@pytest.mark.only_in("embedded")
def test_without_a_script_forms_buy(site: Site, meet: Meet) -> None:
    ids = site.world.ids
    otto = meet("other", java_script_enabled=False)
    page = otto.page
    otto.visit(f"/live/{ids['live']}")
    assert page.locator(".stage noscript p").inner_text().startswith("The show is on.")
    assert page.locator(".stage__still").is_visible()
    site.ask(lambda: Slot.objects.filter(id=ids["slot"]).update(per_buyer_limit=1))
    button_of(card_of(page, ids["slot"])).click()
    page.get_by_role("heading", name="Checkout").wait_for()
    pay(page)
    page.get_by_role("heading", name="Your order paid").wait_for()
    assert orders_of(site, ids["slot"], "otto") == [("paid", 2990)]
    otto.visit(f"/live/{ids['live']}")
    button_of(card_of(page, ids["slot"])).click()
    page.get_by_text("You have bought as many of these as one person may.").wait_for()
    assert orders_of(site, ids["slot"], "otto") == [("paid", 2990)]
    page.goto(f"{site.url}/orders")
    page.get_by_role("link", name="1 × Longjing, 100 g").click()
    page.get_by_text("Cancel this order").click()
    page.get_by_role("button", name="Yes, cancel it").click()
    page.get_by_role("heading", name="Your order cancelled").wait_for()
    assert orders_of(site, ids["slot"], "otto") == [("cancelled", 2990)]


def test_of_two_who_want_the_last_unit_one_gets_it(site: Site, meet: Meet) -> None:
    third, host = site.world.ids["third"], site.world.people["host"]
    held = taken(site, third)
    site.ask(lambda: change_slot(slot_id=third, actor=host, now=clock.now(), allocation=held + 1))
    before = orders_of(site, third)
    racers = [meet("buyer"), meet("other", size=PHONE)]
    for racer in racers:
        page = enter(racer, site.world.ids["live"])
        card_of(page, third).get_by_text("1 left").wait_for()
    start = time.time() * 1_000 + 1_000
    for racer in racers:
        button = button_of(card_of(racer.page, third))
        button.evaluate("(button, start) => void setTimeout(() => button.click(), start - Date.now())", start)
    for racer in racers:
        card_of(racer.page, third).get_by_text("Sold out").wait_for()
        assert button_of(card_of(racer.page, third)).is_disabled()
    assert orders_of(site, third) == [*before, ("pending_payment", 3990)]
    assert taken(site, third) == held + 1
    if orders_of(site, third, "otto"):
        racers.reverse()
    winner, loser = (racer.page for racer in racers)
    winner.get_by_role("dialog", name="Checkout").get_by_text("Your order").wait_for()
    assert loser.get_by_role("dialog").count() == 0
    # said when its tap came first to the button and second to the counter
    assert loser.locator("[data-note]").inner_text()[:30] in {"", "There are not that many left. "}


@pytest.mark.only_in("embedded")
def test_who_has_not_heard_of_a_change_is_refused_and_told_what_to_do(site: Site, meet: Meet) -> None:
    third, host = site.world.ids["third"], site.world.people["host"]

    def keep_facts_back(socket: WebSocketRoute) -> None:
        heard = []

        def pass_on(message: str | bytes) -> None:
            heard.append(message)
            if len(heard) == 1 or json.loads(message)["type"] in {"buy.accepted", "buy.refused"}:
                socket.send(message)

        socket.connect_to_server().on_message(pass_on)

    site.ask(lambda: change_slot(slot_id=third, actor=host, now=clock.now(), allocation=None))
    sara = meet("alien", size=PHONE)
    sara.page.route_web_socket("**/ws/v1/rooms/*", keep_facts_back)
    page = enter(sara, site.world.ids["live"])
    card, note = card_of(page, third), page.locator("[data-note]")
    page.wait_for_timeout(1_000 * BELIEVED_FOR_SECONDS)  # for so long it may still be "sold out" as it was
    dearer = Money(4190, "CNY")
    site.ask(
        lambda: change_slot(slot_id=third, actor=host, now=clock.now(), allocation=None, live_price=dearer)
    )
    button_of(card).click()
    note.get_by_text("The price has changed and nothing was bought.").wait_for()
    assert note.inner_text().endswith("It is ¥41.90 now.")
    assert orders_of(site, third, "sara") == []
    button_of(card).click()
    sheet = page.get_by_role("dialog", name="Checkout")
    sheet.get_by_text("Pay ¥41.90").wait_for()
    sheet.get_by_role("button", name="Close").click()
    assert note.is_hidden()
    site.ask(lambda: change_slot(slot_id=third, actor=host, now=clock.now(), per_buyer_limit=1))
    button_of(card).click()
    note.get_by_text("The limit is 1; you have 1.").wait_for()
    assert sara.violations() == []
    assert orders_of(site, third, "sara") == [("pending_payment", 4190)]
    as_before: SlotChange = {"per_buyer_limit": None, "live_price": Money(3990, "CNY")}
    site.ask(lambda: change_slot(slot_id=third, actor=host, now=clock.now(), **as_before))


@pytest.mark.only_in("embedded")
def test_after_a_declined_card_a_good_one_pays(site: Site, meet: Meet) -> None:
    rico = meet("rival", size=PHONE, color_scheme="dark")
    page = enter(rico, site.world.ids["live"])
    rico.expect_fault("402")
    page.locator("[data-pinned]").get_by_role("button", name="Buy").click()
    sheet = page.get_by_role("dialog", name="Checkout")
    sheet.locator("summary").click()
    sheet.get_by_label("Street and number").fill("9 Kettle Street")
    pay(sheet, "Declined by the bank")
    sheet.get_by_role("alert").get_by_text("The bank declined this card.").wait_for()
    assert rico.violations() == []
    assert sheet.get_by_label("Street and number").input_value() == "9 Kettle Street"
    pay(sheet)
    sheet.get_by_role("heading", name="Paid").wait_for()
    order = last_order(site)
    assert payments_of(site, order.id) == [Pay.FAILED, Pay.CAPTURED]
    assert address_of(order)["line1"] == "9 Kettle Street"
    sheet.get_by_role("button", name="Keep watching").click()
    assert page.get_by_role("dialog").count() == 0


@pytest.mark.only_in("embedded")
def test_a_checkout_that_cannot_be_reached_keeps_what_was_typed(site: Site, meet: Meet) -> None:
    admin = meet("admin", size=PHONE)
    page = enter(admin, site.world.ids["live"])
    admin.expect_fault(r"/checkout: net::ERR_FAILED|net::ERR_FAILED .*/checkout|403")
    page.route("**/checkout", lambda route: route.abort())
    page.locator("[data-pinned]").get_by_role("button", name="Buy").click()
    sheet = page.get_by_role("dialog", name="Checkout")
    sheet.get_by_role("link", name="Open it as a page").wait_for()
    page.unroute("**/checkout")
    sheet.locator("summary").click()
    sheet.get_by_label("Street and number").fill("9 Kettle Street")
    page.route("**/checkout", lambda route: route.abort())
    pay(sheet)
    sheet.get_by_text("The marketplace cannot be reached.").wait_for()
    assert admin.violations() == []
    page.unroute("**/checkout")
    admin.context.clear_cookies(name="csrftoken")
    pay(sheet)
    sheet.get_by_role("heading", name="This form is too old").wait_for()
    order = last_order(site)
    assert payments_of(site, order.id) == []
    page.go_back()
    page.get_by_role("dialog").wait_for(state="detached")
    assert page.url == f"{site.url}/live/{site.world.ids['live']}"
    admin.visit(f"/orders/{order.id}/checkout")
    pay(page)
    page.get_by_role("heading", name="Your order paid").wait_for()
    assert payments_of(site, order.id) == [Pay.CAPTURED]


@pytest.mark.only_in("embedded")
def test_a_slow_payment_is_shown_as_it_is_decided(site: Site, meet: Meet) -> None:
    mona = meet("moderator")
    page = enter(mona, site.world.ids["live"])
    page.locator("[data-pinned]").get_by_role("button", name="Buy").click()
    sheet = page.get_by_role("dialog", name="Checkout")
    sheet.get_by_label("Or another card number").fill(late_card(4))
    sheet.get_by_role("button", name="Pay").click()
    sheet.get_by_role("heading", name="Your payment is being worked on").wait_for()
    sheet.get_by_role("heading", name="Paid").wait_for()
    order = last_order(site)
    assert payments_of(site, order.id) == [Pay.CAPTURED]


def test_when_the_time_to_pay_is_over_units_go_back(site: Site, meet: Meet) -> None:
    ids = site.world.ids
    show = Session.objects.filter(id=ids["live"])
    site.ask(lambda: show.update(payment_window_seconds=5))
    stan = meet("staff")
    page = enter(stan, ids["live"])
    left = page.locator("[data-pinned] [data-left]")
    before = units(left.inner_text())
    page.locator("[data-pinned]").get_by_role("button", name="Buy").click()
    sheet = page.get_by_role("dialog", name="Checkout")
    sheet.get_by_text("Held for you for").wait_for()
    site.ask(lambda: show.update(payment_window_seconds=900))
    sheet.get_by_role("heading", name="The time to pay is over").wait_for()
    page.wait_for_function(
        "units => document.querySelector('[data-pinned] [data-left]').textContent.startsWith(units)",
        arg=f"{before} left",
    )
    assert orders_of(site, ids["pinned"], "stan") == [("expired", 3990)]
    assert payments_of(site, last_order(site).id) == []


@pytest.mark.only_in("embedded")
def test_who_goes_back_to_a_replay_buys_another_one(site: Site, meet: Meet) -> None:
    ids, host, now = site.world.ids, site.world.people["host"], clock.now()
    third, live = ids["third"], ids["live"]
    bella = meet("buyer")
    assert keys_of(enter(bella, live)).isdisjoint(keys_after(bella, COME_BACK_AS_IT_WAS))
    site.ask(lambda: restock_slot(slot_id=third, quantity=4, actor=host, now=now))
    site.ask(lambda: end_session(session_id=live, actor=host, now=now))
    site.ask(lambda: set_replay_sales(session_id=live, sells=True, actor=host, now=now))
    before = orders_of(site, third, "bella")
    for made, person in enumerate((bella, meet("buyer", java_script_enabled=False))):
        page = person.page
        person.visit(f"/replays/{live}")
        for _ in range(2):
            button_of(page.locator(f'[data-good="{third}"]')).click()
            page.get_by_role("heading", name="Checkout").wait_for()
            page.go_back()
        assert orders_of(site, third, "bella") == [*before, *[("pending_payment", 3990)] * 2 * (made + 1)]
    assert keys_of(bella.page).isdisjoint(keys_after(bella, COME_BACK_AS_IT_WAS))


def keys_of(page: Page) -> set[str]:
    """Return the keys of the forms that buy."""
    keys: list[str] = page.locator("[data-buy] [name=key]").evaluate_all("all => all.map(one => one.value)")
    return set(keys)


def keys_after(person: Person, script: str) -> set[str]:
    """Return the keys of the forms that buy after a script has run."""
    person.page.evaluate(script)
    return keys_of(person.page)


def units(text: str) -> int:
    """Return how many are left by what a card says."""
    found = re.match(r"\d+", text)
    assert found is not None, text
    return int(found[0])
