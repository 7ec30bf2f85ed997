"""Money back from both sides: buyers on the viewer pages, the seller and the platform in the admin."""

import re

import pytest
from playwright.sync_api import Page

from orders.models import OrderLine
from refunds.models import Refund, Return
from tests.browser.conftest import Meet
from tests.browser.person import PHONE, Person
from tests.browser.site import Site
from tests.browser.test_viewer_pages import faults_of
from tests.pictures import grey_dot

pytestmark = pytest.mark.only_in("embedded")


def begin(site: Site, buyer: Person) -> Page:
    """Open the form for what has arrived, by way of the order."""
    buyer.visit(f"/orders/{site.world.ids['arrived']}")
    buyer.page.get_by_role("link", name="Ask for money back").click()
    buyer.page.get_by_role("heading", name="Ask for money back").wait_for()
    return buyer.page


def newest(site: Site) -> Return:
    """Return the return that was asked for last."""
    return site.ask(lambda: Return.objects.order_by("-id")[0])


def state_of(site: Site, case: Return) -> str:
    return site.ask(lambda: Return.objects.values_list("state", flat=True).get(id=case.id))


def answer(person: Person, case: Return, step: str, submit: str, **fields: str) -> None:
    """Take a step in the admin: press the return's button, fill its form, send it."""
    page = person.page
    person.visit(f"/admin/refunds/return/{case.id}/change/")
    page.locator(f"a[href$='/{step}'], a[href$='/{step}/']").first.click()
    for label, value in fields.items():
        field = page.locator(f"form [name={label}]")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_role("button", name=submit, exact=True).click()
    page.get_by_text("The return is ").wait_for()


def test_asked_with_a_picture_approved_sent_back_inspected_refunded(site: Site, meet: Meet) -> None:
    bella, olga = meet("buyer", size=PHONE), meet("owner")
    page = begin(site, bella)
    assert faults_of(bella) == []
    page.get_by_label("It arrived damaged").check()
    page.get_by_label("I send it back").check()
    page.get_by_label("What you want to tell").fill("The tin has a dent.")
    files = page.get_by_label("Files that show it")
    files.set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    page.get_by_text("a.txt is not a PNG").wait_for()
    files.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": grey_dot()})
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="You would get ¥39.90").wait_for()
    page.get_by_text("The seller pays for sending it back.").wait_for()
    assert faults_of(bella) == []
    bella.screenshot("return-review")
    before = site.ask(Return.objects.count)
    page.get_by_role("button", name="Ask for ¥39.90").dblclick()
    page.get_by_text("The seller has your request.").wait_for()
    page.get_by_text("by you").wait_for()
    case = newest(site)
    assert site.ask(Return.objects.count) == before + 1
    assert (case.reason, case.text, case.amount) == ("damaged", "The tin has a dent.", 3990)
    assert faults_of(bella) == []
    bella.screenshot("return-requested")
    answer(olga, case, "approve", "Approve", note="Please send it.")
    page.get_by_role("heading", name="The seller agrees.").wait_for()  # by itself
    assert faults_of(bella) == []
    page.get_by_label("Carrier").fill("Hawker Express")
    page.get_by_label("Tracking number").fill("RET0042")
    page.get_by_role("button", name="I have sent it").click()
    page.get_by_role("heading", name="Your parcel is on its way").wait_for()
    answer(olga, case, "receive", "The parcel has arrived")
    answer(olga, case, "accept-goods", "Refund, and put back on the shelf")
    page.get_by_text(re.compile("¥39.90 came back on")).wait_for()  # by itself, when the gateway has said so
    assert faults_of(bella) == []
    bella.screenshot("return-refunded")
    assert state_of(site, case) == "refunded"
    assert site.ask(lambda: Refund.objects.get(case=case).state) == "done"


def test_an_offer_is_declined_and_the_next_accepted(site: Site, meet: Meet) -> None:
    bella, olga = meet("buyer", size=PHONE, color_scheme="dark"), meet("owner")
    page, case = bella.page, site.ask(lambda: Return.objects.get(id=site.world.ids["return"]))
    answer(olga, case, "offer", "Offer a part", amount="10.00", note="It still works.")
    bella.visit("/returns")
    assert faults_of(bella) == []
    page.get_by_role("link", name=re.compile("Longjing")).last.click()
    page.get_by_text("The offer: ¥10.00 of ¥39.90.").wait_for()
    page.get_by_text("Decline the offer").click()
    page.get_by_label("A word to the seller").fill("Twenty would be fair.")
    assert faults_of(bella) == []
    bella.screenshot("return-offer")
    page.get_by_role("button", name="Decline", exact=True).click()
    page.get_by_text("You declined the offer.").wait_for()
    answer(olga, case, "offer", "Offer a part", amount="20.00")
    page.get_by_role("button", name="Accept ¥20.00").click()
    page.get_by_text("You accepted the offer.").wait_for()
    assert state_of(site, case) == "accepted"
    assert site.ask(lambda: Refund.objects.get(case=case).amount) == 2000


def test_what_was_refused_is_disputed_without_a_script_and_decided(site: Site, meet: Meet) -> None:
    bella, olga, ada = meet("buyer", size=PHONE, java_script_enabled=False), meet("owner"), meet("admin")
    page = begin(site, bella)
    page.get_by_label("It is not as described").check()
    page.get_by_label("I send it back").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Change something").click()
    assert page.get_by_label("It is not as described").is_checked()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Ask for ¥39.90").click()
    page.get_by_role("heading", name="What was said in the show").wait_for()
    case = newest(site)
    assert case.reason == "not_as_described"
    answer(olga, case, "reject", "Reject", note="It is what was said.")
    page.reload()
    page.get_by_label("Why the platform should look").fill("It is another harvest.")
    page.get_by_role("button", name="Ask the platform to decide").click()
    page.get_by_text("It is the platform's turn").wait_for()
    answer(ada, case, "decide", "Decide", decision="buyer", note="The show promised spring.")
    page.reload()
    page.get_by_role("heading", name="The platform decided for you").wait_for()
    page.get_by_text("The show promised spring.").wait_for()
    assert state_of(site, case) == "decided_for_buyer"
    assert site.ask(lambda: OrderLine.objects.get(id=case.line_id).refunded) >= 3990
