"""Buttons that add something with each press: a form that is sent twice is done once."""

import re
from typing import Any

import pytest
from django.test import Client

from marketplace.models import User
from streams.models import RoomEvent, Session, Slot
from tests.console.test_console import address, inside, press, script

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]

MISMATCH = "This was done already, as it stood here before. Press again to do it once more."


@pytest.fixture
def desk(admin: User) -> Client:
    """Return the browser of somebody who may also restock, without JavaScript."""
    return inside(admin)


def on_hand(slot: Slot) -> int:
    slot.variant.stock.refresh_from_db()
    return slot.variant.stock.on_hand


def form_of(page: str, name: str, *args: str) -> dict[str, str]:
    """Return the fields of a button's form, as the page fills them."""
    form = page.split(f'action="{address(name, *args)}"')[1].split("</form>", maxsplit=1)[0]
    fields = re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', form)
    return {field: value for field, value in fields if field != "csrfmiddlewaretoken"}


def restock_form(desk: Client, live: Session, slot: Slot) -> dict[str, str]:
    return form_of(desk.get(address("show", live.id)).content.decode(), "restock", live.id, slot.id)


def test_a_form_that_is_sent_twice_puts_its_units_on_the_shelf_once(
    desk: Client, live: Session, slot: Slot
) -> None:
    form = restock_form(desk, live, slot)
    assert form.items() >= {"quantity": "10"}.items()
    for _ in range(2):
        assert "10 more of TEA of the brand." in press(desk, "restock", live.id, slot.id, **form)
    assert on_hand(slot) == 40
    assert script(desk, "restock", live.id, slot.id, **form) == (
        200,
        {"said": "10 more of TEA of the brand."},
    )
    assert on_hand(slot) == 40
    press(desk, "restock", live.id, slot.id, **restock_form(desk, live, slot))
    assert on_hand(slot) == 50


def test_a_caption_that_is_sent_twice_is_said_once(desk: Client, live: Session) -> None:
    said: dict[str, Any] = {"text": "Smell this."}
    for key in ("first", "first", "second"):
        press(desk, "say", live.id, key=key, **said)
    assert RoomEvent.objects.filter(type="host.said").count() == 2


def test_one_key_serves_the_forms_of_a_page(desk: Client, live: Session, slot: Slot, cup_slot: Slot) -> None:
    before = on_hand(slot), on_hand(cup_slot)
    for each in (slot, cup_slot):
        press(desk, "restock", live.id, each.id, quantity="1", key="page")
    assert (on_hand(slot), on_hand(cup_slot)) == (before[0] + 1, before[1] + 1)


def test_a_form_that_was_changed_after_it_was_done_asks_again(
    desk: Client, live: Session, slot: Slot
) -> None:
    press(desk, "restock", live.id, slot.id, quantity="10", key="first")
    changed = {"quantity": "20", "key": "first"}
    assert script(desk, "restock", live.id, slot.id, **changed) == (422, {"error": MISMATCH, "fields": {}})
    page = desk.post(address("restock", live.id, slot.id), changed).content.decode()
    assert MISMATCH in page
    assert on_hand(slot) == 40
    fresh = dict(re.findall(r'name="(key|quantity)" value="([^"]*)"', page))
    assert fresh["quantity"] == "20"
    press(desk, "restock", live.id, slot.id, **fresh)
    assert on_hand(slot) == 60


def test_a_refusal_leaves_the_key_free(desk: Client, live: Session, slot: Slot) -> None:
    page = desk.post(address("restock", live.id, slot.id), {"quantity": "0", "key": "first"}).content.decode()
    assert re.search(r'name="key" value="first"', page)
    press(desk, "restock", live.id, slot.id, quantity="3", key="first")
    assert on_hand(slot) == 33


@pytest.mark.parametrize("key", ("", "k" * 256, "ключ"))
def test_a_form_without_a_key_does_nothing(desk: Client, live: Session, slot: Slot, key: str) -> None:
    status, _ = script(desk, "restock", live.id, slot.id, quantity="5", key=key)
    assert status in {400, 409}
    assert on_hand(slot) == 30
