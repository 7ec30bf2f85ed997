"""The room page and its form, without a script."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from marketplace.lib import clock
from marketplace.models import User
from marketplace.storefront.words import REFUSALS
from orders.admission import Admission
from orders.models import Order
from streams.actions import moderation
from streams.actions.deals import open_deal
from streams.actions.lineup import change_slot, pin_slot
from streams.actions.replays import set_replay_sales
from streams.actions.show import end_session, pause_session
from streams.models import Session, Slot
from tests.orders.shop import Shop, caller, cancel, pay
from tests.orders.shop import buy as buy_directly
from tests.streams.conftest import yuan

pytestmark = pytest.mark.only_in("embedded")


@pytest.fixture(autouse=True)
def counter(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sell over a counter of the test's own, so that its thread and connection end with the test."""
    own = Admission(queue_size=10, batch_size=10, patience=10)
    monkeypatch.setattr("marketplace.storefront.buy.admission", own)
    yield
    own.close()


@pytest.fixture
def bella(buyer: User, client: Client) -> Client:
    """Return Bella's browser."""
    client.force_login(buyer)
    return client


def form_of(page: str, slot: Slot) -> dict[str, str]:
    """Return the fields of the form that buys a slot, as the page fills them."""
    card = page.rsplit(f'data-good="{slot.id}"', maxsplit=1)[-1].split("</form>", maxsplit=1)[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', card))
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def buy(browser: Client, live: Session, slot: Slot, **changes: Any) -> Any:
    page = browser.get(f"/live/{live.id}").content.decode()
    return browser.post("/buy", {**form_of(page, slot), **changes})


def test_everybody_reads_the_room(client: Client, live: Session, slot: Slot) -> None:
    answer = client.get(f"/live/{live.id}")
    page = answer.content.decode()
    for shown in ("Spring tea", "Hana Live", "TEA of the brand", "¥39.90", "¥49.90", "30 left"):
        assert shown in page
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "style=" not in page
    data = json.loads(page.split('<script id="room-data" type="application/json">')[1].split("</script>")[0])
    assert (data["snapshot"]["seq"], data["user"]) == (live.last_seq, None)


def test_a_draft_is_not_there(client: Client, draft: Session) -> None:
    for address in (f"/live/{draft.id}", f"/replays/{draft.id}"):
        answer = client.get(address)
        assert (answer.status_code, "There is no such show" in answer.content.decode()) == (404, True)


def test_the_form_buys_once(bella: Client, live: Session, slot: Slot) -> None:
    page = bella.get(f"/live/{live.id}").content.decode()
    first, again = (bella.post("/buy", {**form_of(page, slot), "quantity": "2"}) for _ in range(2))
    order = Order.objects.get()
    assert first["Location"] == again["Location"] == f"/orders/{order.id}/checkout"
    assert order.total == yuan(7980)


def test_the_form_takes_the_deal(bella: Client, live: Session, slot: Slot, host: User) -> None:
    open_deal(slot_id=slot.id, price=yuan(1990), quota=5, seconds=60, actor=host, now=clock.now())
    assert "/checkout" in buy(bella, live, slot)["Location"]
    assert Order.objects.get().total == yuan(1990)


@pytest.mark.parametrize(
    ("code", "changes"),
    (
        ("price_changed", {"amount": "100"}),
        ("sold_out", {"quantity": "31"}),
        ("invalid", {"quantity": "-1"}),
        ("invalid", {"quantity": "9" * 30}),
        ("invalid", {"key": ""}),
        ("invalid", {"amount": "x"}),
        ("deal_closed", {"deal": f"dl_{'0' * 32}"}),
    ),
)
def test_a_refusal_comes_back_with_its_reason(
    bella: Client, live: Session, slot: Slot, code: str, changes: dict[str, str]
) -> None:
    answer = buy(bella, live, slot, **changes)
    assert answer["Location"] == f"/live/{live.id}?refused={code}&slot={slot.id}"
    note = bella.get(answer["Location"]).content.decode().partition("data-note")[2].partition("</div>")[0]
    assert f">TEA of the brand: {REFUSALS[code]}" in note
    assert not Order.objects.exists()


def test_limits_breaks_and_strangers(
    client: Client, buyer: User, live: Session, slot: Slot, host: User
) -> None:
    assert buy(client, live, slot)["Location"] == f"/sign-in?next=%2Flive%2F{live.id}"
    client.force_login(buyer)
    change_slot(slot_id=slot.id, actor=host, now=clock.now(), per_buyer_limit=1)
    assert "refused=limit_reached" in buy(client, live, slot, quantity="2")["Location"]
    ban = moderation.ban(session_id=live.id, user_id=buyer.id, actor=host, now=clock.now())
    assert "refused=banned" in buy(client, live, slot)["Location"]
    moderation.lift(session_id=live.id, sanction_id=ban.id, actor=host, now=clock.now())
    change_slot(slot_id=slot.id, actor=host, now=clock.now(), on_sale=False)
    assert "refused=not_on_sale" in buy(client, live, slot)["Location"]
    pause_session(session_id=live.id, actor=host, now=clock.now())
    assert "refused=session_not_live" in buy(client, live, slot)["Location"]
    assert not Order.objects.exists()


def test_the_room_tells_what_came_back(
    client: Client, live: Session, slot: Slot, cup_slot: Slot, buyer: User
) -> None:
    shop = Shop(slot.variant.product.brand, buyer, buyer, live, [slot, cup_slot])
    with_token = caller(buyer)
    for order in (buy_directly(shop, buyer, quantity=2), buy_directly(shop, buyer)):
        assert pay(with_token, order).status_code == 200
    assert cancel(with_token, order).status_code == 200
    page = client.get(f"/live/{live.id}").content.decode()
    assert page.count("<span data-rate>1 of 3 units came back</span>") == 2  # pinned, and in the bag
    assert page.count("<span data-rate>no refund rate yet</span>") == 1
    assert '<span class="stage__rate">1 of 3 units came back</span>' in page
    data = json.loads(page.split('<script id="room-data" type="application/json">')[1].split("</script>")[0])
    assert data["rates"][slot.variant.product_id] == "1 of 3 units came back"


def test_who_comes_early_may_be_reminded(bella: Client, scheduled: Session) -> None:
    page = bella.get(f"/live/{scheduled.id}").content.decode()
    assert f'action="/live/{scheduled.id}/reminder"' in page
    assert "Remind me" in page
    bella.post(f"/live/{scheduled.id}/reminder", {"next": f"/live/{scheduled.id}"})
    assert "Reminder set" in bella.get(f"/live/{scheduled.id}").content.decode()


def test_a_forged_form_buys_nothing(buyer: User, live: Session, slot: Slot) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(buyer)
    assert buy(browser, live, slot).status_code == 403
    assert not Order.objects.exists()


def test_a_replay_has_chapters(client: Client, live: Session, slot: Slot, cup_slot: Slot, host: User) -> None:
    assert client.get(f"/replays/{live.id}")["Location"] == f"/live/{live.id}"
    for each in (slot, cup_slot):
        pin_slot(slot_id=each.id, actor=host, now=clock.now())
    end_session(session_id=live.id, actor=host, now=clock.now())
    page = client.get(f"/replays/{live.id}").content.decode()
    chapters = re.findall(r'data-seconds="0"><time>0:00</time> (\w+ of the brand)', page)
    assert chapters == ["TEA of the brand", "CUP of the brand"]
    assert page.count("disabled>Buy") == 2


def test_a_replay_sells_when_the_streamer_says_so(
    bella: Client, live: Session, slot: Slot, host: User
) -> None:
    end_session(session_id=live.id, actor=host, now=clock.now())
    page = bella.get(f"/replays/{live.id}").content.decode()
    refused = bella.post("/buy", form_of(page, slot))["Location"]
    assert refused == f"/replays/{live.id}?refused=session_not_live&slot={slot.id}"
    assert "Nothing can be bought here" in bella.get(refused).content.decode()
    set_replay_sales(session_id=live.id, sells=True, actor=host, now=clock.now())
    answer = bella.get(f"/replays/{live.id}")
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert "disabled>Buy" not in page
    bought = bella.post("/buy", form_of(page, slot))["Location"]
    order = Order.objects.get()
    assert bought == f"/orders/{order.id}/checkout"
    receipt = bella.get(f"/orders/{order.id}").content.decode()
    assert f'href="/replays/{live.id}">Bought from the replay' in receipt
    assert "Watch when you bought" not in receipt
