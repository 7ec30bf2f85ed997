"""Money back by plain forms: what an order says of it, asking, and everything that a buyer can do then."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.lib import clock
from marketplace.models import User
from marketplace.storefront import return_words, returns
from orders.models import OrderLine
from refunds.models import Evidence, Return
from refunds.policy import TIMEOUTS, Reason, Type
from refunds.return_states import RETURN_TRANSITIONS, STEPS
from streams.actions.captions import add_caption
from tests.marketplace.rest_callers import Caller
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, pay
from tests.pictures import grey_dot
from tests.refunds.claims import PARCEL, PART, asked, delivered, done, wait
from tests.refunds.conftest import audited, evidence_folder

__all__ = ["audited", "evidence_folder"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def form_of(**typed: Any) -> dict[str, Any]:
    """Return what the form sends for one unit sent back without a reason, unless it says otherwise."""
    return {
        "units": "1", "type": "return_and_refund", "reason": "no_reason", "share": "100", "text": "",
        "key": "page-1", "step": "look", **typed,
    }  # fmt: skip


def address_of(line: OrderLine) -> str:
    return f"/orders/{line.order_id}/lines/{line.id}/return"


def hidden(page: str) -> dict[str, Any]:
    """Return what the form of a page sends by itself, lists where a name comes twice."""
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page):
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def picture(content: bytes = b"", name: str = "broken.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or grey_dot())


def test_an_order_says_what_can_be_asked_for_until_when_or_why_not(
    bella: Caller, shop: Shop, buyer: User, hours: Hours
) -> None:
    order = buy(shop, buyer)
    line = OrderLine.objects.get(order=order)

    def said() -> str:
        return bella.get(f"/orders/{order.id}").content.decode()

    assert return_words.WHY["not_paid"] in said()
    assert return_words.WHY["not_paid"] in bella.get(address_of(line)).content.decode()
    pay(caller(buyer), order)
    assert "Until it ships: " in said()
    line = delivered(shop, buyer, hours, quantity=3)
    order = line.order
    assert "3 of 3 units" in said()
    assert line.return_by is not None
    assert f'Until <time datetime="{clock.to_wire(line.return_by)}"' in said()
    case = asked(buyer, line)
    assert "2 of 3 units" in said()
    assert f'href="/returns/{case.id}"' in said()
    assert f'href="/returns/{case.id}"' in bella.get("/orders").content.decode()
    wait(hours, timedelta(days=8))
    assert return_words.WHY["window_over"] in said()


def test_what_is_previewed_is_asked_for_once(bella: Caller, shop: Shop, buyer: User, hours: Hours) -> None:
    line = delivered(shop, buyer, hours, quantity=3)
    typed = form_of(units="2", text="Too <green>.")
    page = bella.post(address_of(line), typed).content.decode()
    for words in (
        "You would get",
        "¥79.80",
        "You pay for sending it back.",
        "The seller answers first.",
        "Too &lt;green&gt;.",
    ):
        assert words in page
    assert not Return.objects.exists()
    sends = {**hidden(page), "text": "Too <green>.", "step": "send"}
    changed = bella.post(address_of(line), {**sends, "step": "change"}).content.decode()
    assert "Too &lt;green&gt;.</textarea>" in changed
    assert bella.post(address_of(line), {**sends, "amount": "1"}).status_code == 409
    first, second = (bella.post(address_of(line), sends) for _ in range(2))
    case = Return.objects.get()
    assert (case.units, case.amount, case.text) == (2, 7980, "Too <green>.")
    assert [answer["Location"] for answer in (first, second)] == [f"/returns/{case.id}"] * 2
    other = bella.post(address_of(line), {**sends, "units": "1"})
    assert (other.status_code, Return.objects.count()) == (422, 1)
    assert "This form was sent before" in other.content.decode()


def test_a_refusal_loses_nothing_that_was_typed_or_shown(
    bella: Caller, shop: Shop, buyer: User, hours: Hours
) -> None:
    line = delivered(shop, buyer, hours)
    typed = form_of(type="refund_only", reason="damaged", text="The lid is broken.")
    needed = bella.post(address_of(line), typed)
    assert (needed.status_code, "This claim needs a picture." in needed.content.decode()) == (409, True)
    files = [
        picture(),
        picture(b"#!/bin/sh", "script.png"),
        picture(b"\x89PNG\r\n\x1a\n" + b"0" * 5_300_000, "big.png"),
    ]
    answer = bella.post(address_of(line), {**typed, "files": files})
    page = answer.content.decode()
    assert answer.status_code == 400
    for words in (
        "script.png: The file is not a PNG",
        "big.png: The file is too large.",
        "The lid is broken.</textarea>",
    ):
        assert words in page
    for choice in ('reason" value="damaged', 'type" value="refund_only'):
        assert re.search(rf'name="{choice}" required checked', page)
    shown = Evidence.objects.get()
    assert f'name="evidence" value="{shown.id}" checked' in page
    review = bella.post(address_of(line), {**typed, "evidence": shown.id}).content.decode()
    assert "Nothing has to be sent back." in review
    sent = bella.post(address_of(line), {**hidden(review), "step": "send"})
    case = Return.objects.get()
    assert (sent["Location"], list(case.evidence.all())) == (f"/returns/{case.id}", [shown])
    assert "by you" in bella.get(f"/returns/{case.id}").content.decode()
    for wrong in (
        {"reason": "nonsense"},
        {"units": "9"},
        {"units": "x"},
        {"share": "50"},
        {"text": "x" * 1001},
    ):
        assert bella.post(address_of(line), form_of(**wrong)).status_code in {400, 409}
    assert Return.objects.count() == 1


def test_of_perishable_goods_a_share_is_asked_for(
    bella: Caller, shop: Shop, buyer: User, hours: Hours
) -> None:
    line = delivered(shop, buyer, hours)
    OrderLine.objects.filter(id=line.id).update(return_policy="perishable")
    page = bella.get(address_of(line)).content.decode()
    assert 'name="share" type="number"' in page
    assert 'value="refund_only" required checked' in page
    typed = form_of(type="refund_only", reason="damaged", share="40", files=[picture()])
    review = bella.post(address_of(line), typed).content.decode()
    for words in ("You would get", "¥15.96", "40 % of the price"):
        assert words in review
    bella.post(address_of(line), {**hidden(review), "step": "send"})
    case = Return.objects.get()
    assert (case.share, case.amount) == (40, 1596)
    assert bella.post(address_of(line), form_of(share="40")).status_code == 409


def test_a_wrong_combination_is_explained(bella: Caller, shop: Shop, buyer: User, hours: Hours) -> None:
    line = delivered(shop, buyer, hours)
    answer = bella.post(address_of(line), form_of(type="refund_only"))
    assert (answer.status_code, "With this reason it goes the other way" in answer.content.decode()) == (
        409,
        True,
    )


def test_a_return_is_followed_to_its_end(
    bella: Caller, otto: Caller, nobody: Caller, shop: Shop, buyer: User, hours: Hours
) -> None:
    line = delivered(shop, buyer, hours)
    case = asked(buyer, line)
    address = f"/returns/{case.id}"

    def act(name: str, typed: Mapping[str, Any], status: int = 302) -> str:
        answer = bella.post(f"{address}/{name}", {"key": f"{name} {len(typed)}", **typed})
        assert answer.status_code == status, answer.content
        return bella.get(address).content.decode() if status == 302 else answer.content.decode()

    assert otto.get(address).status_code == 404
    assert otto.post(f"{address}/withdraw", {"key": "k"}).status_code == 404
    signed_out = nobody.post(f"{address}/withdraw", {"key": "k", "next": address})
    assert signed_out["Location"] == f"/sign-in?next=%2Freturns%2F{case.id}"
    page = bella.get(address).content.decode()
    for words in ("It is the seller&#x27;s turn", "your request is approved by itself"):
        assert words in page
    done(shop.owner, case, "offer", {**PART, "note": "It was opened."})
    page = bella.get(address).content.decode()
    for words in ("Accept ¥10.00", "The seller made an offer.", "It was opened."):
        assert words in page
    assert "You declined the offer." in act("decline-offer", {"note": "Too little."})
    done(shop.owner, case, "approve", {})
    again = act("send-back", {"carrier": "Hawker Express", "tracking_number": "!"}, 400)
    assert 'value="Hawker Express"' in again
    assert "Write 4 to 60 letters, digits and dashes." in again
    assert PARCEL["tracking_number"] in act("send-back", PARCEL)
    done(shop.owner, case, "receive")
    done(shop.owner, case, "refuse-goods", {"note": "It is used."})
    act("dispute", {"note": ""}, 400)
    assert "It is the platform&#x27;s turn" in act("dispute", {"note": "It is not."})
    assert "not in a state that allows this" in act("withdraw", {}, 409)
    assert bella.post(f"{address}/evidence", {"key": "e"}).status_code == 400
    answer = bella.post(f"{address}/evidence", {"key": "e", "file": picture()})
    assert (answer.status_code, case.evidence.count()) == (302, 1)
    for file, status in (
        (picture(), 302),
        (picture(b"another"), 422),
    ):  # again, and another
        assert bella.post(f"{address}/evidence", {"key": "e", "file": file}).status_code == status
    assert case.evidence.count() == 1
    assert "no-store" in bella.get(address)["Cache-Control"]
    assert "in dispute" in bella.get("/returns").content.decode()
    wait(hours, timedelta(days=8))
    page = bella.get(address).content.decode()
    for words in ("Decided for you, because the time to decide was over.", "¥39.90 is on its way back"):
        assert words in page
    assert bella.get("/returns?before=nonsense").status_code == 404


def test_not_as_described_shows_what_was_said(bella: Caller, shop: Shop, buyer: User, hours: Hours) -> None:
    def say(text: str, claim: str | None = "harvest") -> None:
        add_caption(session_id=shop.session.id, text=text, slot_id=shop.slot.id, claim=claim, now=clock.now())

    for number in range(5):
        say(f"Picked by hand, {number}")
    line = delivered(shop, buyer, hours, quantity=2)
    say("Said later", None)
    case = asked(buyer, line, reason="not_as_described")
    for address in (f"/returns/{case.id}", address_of(line)):
        page = bella.get(address).content.decode()
        said = re.findall(r"<blockquote>(.*?)</blockquote>", page)
        assert said == [f"Picked by hand, {number}" for number in (2, 3, 4)]


def test_every_state_and_step_has_words() -> None:
    assert set(return_words.STATES) == set(return_words.NOW) == set(RETURN_TRANSITIONS)
    assert set(return_words.REASONS) == set(Reason)
    assert set(return_words.TYPES) == set(Type)
    assert set(return_words.OTHERWISE) == {timeout.default for timeout in TIMEOUTS.values()}
    assert set(return_words.WHOSE_TURN) == {timeout.actor for timeout in TIMEOUTS.values()}
    buyers = {action for steps in STEPS.values() for actor, action in steps if actor == "buyer"}
    assert set(returns.STEPS) == {action.replace("_", "-") for action in buyers}
