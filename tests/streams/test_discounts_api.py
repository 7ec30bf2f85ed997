"""Discounts on a slot: set by whom they cost, taken off the price everywhere, and never more than it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import Fact, User
from streams.actions.deals import close_deal, open_deal
from streams.actions.lineup import copy_lineup
from streams.actions.sessions import create_session
from streams.models import RoomEvent, Session, Slot
from streams.queries.room import room_snapshot
from tests.marketplace.rest_callers import Caller, problem_of, with_token

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]

FUNDERS = ("platform", "brand", "streamer")


def yuan(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "CNY"}


def discount(person: User, slot: Slot, funder: str, amount: int, currency: str = "CNY") -> Any:
    """Return the answer to setting a discount."""
    path = f"/api/v1/sessions/{slot.session_id}/lineup/{slot.id}/discounts"
    body = {"funder": funder, "amount": {"amount": amount, "currency": currency}}
    return with_token(person, "sessions:host").send("POST", path, body)


def test_each_sets_what_costs_them_and_nobody_else(
    live: Session, slot: Slot, admin: User, brand_owner: User, brand_staff: User, host: User, rival: User
) -> None:
    people = {"admin": admin, "owner": brand_owner, "staff": brand_staff, "host": host, "rival": rival}
    said = {
        (name, funder): discount(person, slot, funder, 100).status_code
        for name, person in people.items()
        for funder in FUNDERS
    }
    granted = {pair for pair, status in said.items() if status == 200}
    assert granted == {
        ("admin", "platform"),
        ("owner", "brand"),
        ("staff", "brand"),
        ("host", "streamer"),
    }
    assert {said[pair] for pair in said.keys() - granted} == {403}
    problem_of(discount(brand_owner, slot, "platform", 100), 403, "forbidden")


def test_the_price_falls_for_everybody_and_the_room_hears_it(
    live: Session, slot: Slot, admin: User, host: User, brand_owner: User
) -> None:
    discount(admin, slot, "platform", 500)
    discount(brand_owner, slot, "brand", 200)
    answer = discount(host, slot, "streamer", 90)
    off = [
        {"funder": "platform", "amount": yuan(500)},
        {"funder": "brand", "amount": yuan(200)},
        {"funder": "streamer", "amount": yuan(90)},
    ]
    shown = answer.json()
    assert (shown["price"], shown["full_price"], shown["discounts"]) == (yuan(3200), yuan(3990), off)
    told = RoomEvent.objects.filter(session=live, type="slot.updated").latest("seq").payload["slot"]
    assert (told["price"], told["full_price"], told["discounts"]) == (yuan(3200), yuan(3990), off)
    snapshot = room_snapshot(live.id)
    assert snapshot is not None
    assert snapshot["slots"][0] == told
    assert Fact.objects.filter(type="slot.updated").latest("id").payload["discounts"] == off
    assert discount(brand_owner, slot, "brand", 0).json()["price"] == yuan(3400)


def test_something_is_left_to_pay(live: Session, slot: Slot, admin: User, host: User) -> None:
    assert discount(admin, slot, "platform", 3000).status_code == 200
    problem = problem_of(discount(host, slot, "streamer", 990), 409, "discounts_exceed_price")
    assert problem["data"]["discounts"] == yuan(3990)
    assert discount(host, slot, "streamer", 989).json()["price"] == yuan(1)
    path = f"/api/v1/sessions/{live.id}/lineup/{slot.id}"
    lower = with_token(host, "sessions:host").send("PATCH", path, {"live_price": yuan(3989)})
    assert problem_of(lower, 409, "discounts_exceed_price")["data"]["discounts"] == yuan(3989)
    problem_of(discount(host, slot, "streamer", 1, "USD"), 409, "other_currency")
    problem_of(discount(host, slot, "streamer", -1), 400, "invalid")
    slot.refresh_from_db()
    assert (slot.price, slot.full_price) == (Money(1, "CNY"), Money(3990, "CNY"))


def test_a_deal_is_below_the_discounted_price_and_keeps_its_discounts(
    live: Session, slot: Slot, admin: User, host: User, as_host: Caller
) -> None:
    discount(admin, slot, "platform", 500)
    terms = {"slot": slot.id, "quota": 1, "seconds": 60}
    path = f"/api/v1/sessions/{live.id}/deals"
    problem_of(as_host.send("POST", path, {**terms, "price": yuan(3491)}), 400, "invalid")
    assert as_host.send("POST", path, {**terms, "price": yuan(3490)}).status_code == 201
    problem_of(discount(admin, slot, "platform", 600), 409, "deal_still_open")
    close_deal(deal_id=slot.deals.get().id, actor=host, now=clock.now())
    assert discount(admin, slot, "platform", 600).status_code == 200


def test_a_deal_that_is_over_stands_in_nobodys_way(
    live: Session, slot: Slot, admin: User, host: User
) -> None:
    deal = open_deal(
        slot_id=slot.id, price=Money(2990, "CNY"), quota=1, seconds=5, actor=host, now=clock.now()
    )
    type(deal).objects.update(closes_at=clock.now(), opens_at=live.created_at)
    assert discount(admin, slot, "platform", 600).status_code == 200
    deal.refresh_from_db()
    assert deal.close_reason == "time"


def test_discounts_end_with_their_show(live: Session, slot: Slot, admin: User, host: User) -> None:
    discount(admin, slot, "platform", 500)
    other = create_session(streamer=live.streamer, title="Summer tea", actor=host, now=clock.now())
    [copied] = copy_lineup(session_id=other.id, source_id=live.id, actor=host, now=clock.now())
    assert (copied.price, copied.off) == (Money(3990, "CNY"), 0)


def test_the_admin_asks_each_for_what_they_may_pay(
    live: Session, slot: Slot, admin: User, brand_owner: User, host: User, rival: User
) -> None:
    page = reverse("admin:streams_slotprice_discount", args=[slot.pk])
    listing = reverse("admin:streams_slotprice_changelist")

    def press(person: User, funder: str, amount: str) -> str:
        client = Client()
        client.force_login(person)
        return client.post(page, {"funder": funder, "amount": amount}, follow=True).content.decode()

    assert "A unit now costs 34.90 CNY" in press(admin, "platform", "5")
    assert "A unit now costs 32.90 CNY" in press(brand_owner, "brand", "2.00")
    assert "A unit now costs 32.40 CNY" in press(host, "streamer", "0.50")
    assert "A unit now costs" not in press(brand_owner, "platform", "6")
    assert "The discounts would leave nothing to pay." in press(host, "streamer", "39")
    assert "A unit now costs 34.40 CNY" in press(brand_owner, "brand", "0")
    client = Client()
    client.force_login(host)
    off = "5.00 CNY (platform), 0.50 CNY (streamer)"
    assert off in client.get(listing).content.decode()
    assert f"A unit costs 39.90 CNY. Off it now: {off}." in client.get(page).content.decode()
    slot.refresh_from_db()
    assert (slot.platform_discount, slot.brand_discount, slot.streamer_discount) == (500, 0, 50)
