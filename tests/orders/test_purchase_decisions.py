"""Who gets a unit and who does not: every refusal, order of arrival, limits within a batch, replays."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from marketplace.actions.products import archive_product
from marketplace.actions.variants import deactivate_variant
from marketplace.lib.ids import new_id
from marketplace.lib.money import Money
from marketplace.models import User
from orders import sold_out
from orders.actions.place_orders import place_orders
from orders.models import Order, OrderLine
from orders.requests import Accepted, Outcome, PurchaseRequest, Refused
from streams.actions.deals import close_deal, open_deal
from streams.actions.lineup import change_slot
from streams.actions.show import end_session, pause_session
from streams.models import Deal, Session
from tests.orders.shop import DEAL_PRICE, PRICE, Shop, buy, caller, cancel, open_show

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 11, 20, 0, 26, tzinfo=UTC)

Change = Callable[[Shop], object]


def wish(shop: Shop, buyer: User, key: str = "key-1", **changed: Any) -> PurchaseRequest:
    return replace(PurchaseRequest(buyer.id, shop.slot.id, None, 1, PRICE, key), **changed)


def deal_wish(shop: Shop, buyer: User, deal: Deal, key: str = "key-1", **changed: Any) -> PurchaseRequest:
    return wish(shop, buyer, key, **{"deal_id": deal.id, "price": DEAL_PRICE, **changed})


def place(*requests: PurchaseRequest, at: datetime = NOW) -> list[Outcome]:
    return place_orders(requests, now=at).outcomes


def shown(outcomes: list[Outcome]) -> list[object]:
    """Return True for each accepted request and the refusal of each other."""
    return [True if isinstance(outcome, Accepted) else outcome for outcome in outcomes]


@pytest.fixture(autouse=True)
def _nothing_is_known(db: None) -> Iterator[None]:
    sold_out._known.clear()
    yield
    sold_out._known.clear()


def nothing(shop: Shop) -> None:
    """Change nothing."""


def pause(shop: Shop) -> None:
    pause_session(session_id=shop.session.id, actor=shop.host, now=NOW)


def end(shop: Shop) -> None:
    end_session(session_id=shop.session.id, actor=shop.host, now=NOW)


def rehearse(shop: Shop) -> None:
    Session.objects.filter(id=shop.session.id).update(state="rehearsal")


def take_off_sale(shop: Shop) -> None:
    change_slot(slot_id=shop.slot.id, on_sale=False, actor=shop.host, now=NOW)


def archive(shop: Shop) -> None:
    archive_product(product_id=shop.slot.variant.product_id, actor=shop.owner, now=NOW)


def deactivate(shop: Shop) -> None:
    deactivate_variant(variant_id=shop.slot.variant_id, actor=shop.owner, now=NOW)


def raise_price(shop: Shop) -> None:
    change_slot(slot_id=shop.slot.id, live_price=Money(4990, "CNY"), actor=shop.host, now=NOW)


NEW_PRICE = {"price": {"amount": 4990, "currency": "CNY"}}
OLD_PRICE = {"price": {"amount": 3990, "currency": "CNY"}}


@pytest.mark.parametrize(
    ("change", "changed", "refusal"),
    (
        (nothing, {"slot_id": new_id("slt")}, Refused("not_on_sale")),
        (pause, {}, Refused("session_not_live")),
        (end, {}, Refused("session_not_live")),
        (rehearse, {}, Refused("session_not_live")),
        (take_off_sale, {}, Refused("not_on_sale")),
        (archive, {}, Refused("not_on_sale")),
        (deactivate, {}, Refused("not_on_sale")),
        (nothing, {"deal_id": new_id("dl")}, Refused("deal_closed")),
        (raise_price, {}, Refused("price_changed", NEW_PRICE)),
        (nothing, {"price": Money(3989, "CNY")}, Refused("price_changed", OLD_PRICE)),
        (nothing, {"price": Money(3990, "USD")}, Refused("price_changed", OLD_PRICE)),
        (nothing, {"quantity": 11}, Refused("sold_out", {"left": 10})),
    ),
)
def test_every_refusal_says_why_and_changes_nothing(
    change: Change, changed: dict[str, Any], refusal: Refused, shop: Shop, buyer: User
) -> None:
    change(shop)
    before = Session.objects.values("last_seq", "stock_told_at", "stock_stale").get(id=shop.session.id)
    assert place(wish(shop, buyer, **changed)) == [refusal]
    assert (Order.objects.count(), OrderLine.objects.count()) == (0, 0)
    assert (shop.level(), shop.taken()) == ((10, 0), 0)
    after = Session.objects.values("last_seq", "stock_told_at", "stock_stale").get(id=shop.session.id)
    assert after == before


def test_a_session_that_is_not_live_goes_before_a_slot_that_is_off_sale(shop: Shop, buyer: User) -> None:
    take_off_sale(shop)
    pause(shop)
    assert place(wish(shop, buyer, price=Money(1, "CNY"), quantity=1_000)) == [Refused("session_not_live")]


def test_a_deal_sells_from_its_first_moment_until_before_its_last(shop: Shop, buyer: User) -> None:
    opens = NOW + timedelta(seconds=30)
    deal = open_deal(
        slot_id=shop.slot.id,
        price=DEAL_PRICE,
        quota=5,
        seconds=60,
        opens_at=opens,
        actor=shop.host,
        now=NOW,
    )
    closes = opens + timedelta(seconds=60)
    moments = (opens - timedelta(microseconds=1), opens, closes - timedelta(microseconds=1), closes)
    outcomes = [
        place(deal_wish(shop, buyer, deal, f"key-{number}"), at=moment)[0]
        for number, moment in enumerate(moments)
    ]
    assert shown(outcomes) == [Refused("deal_closed"), True, True, Refused("deal_closed")]


def test_a_closed_deal_and_a_deal_of_another_slot_sell_nothing(
    hours: object, brand: Any, brand_owner: User, host: User, admin: User, buyer: User
) -> None:
    shop = open_show(brand, brand_owner, host, admin, variants=2)
    other = open_deal(slot_id=shop.slots[1].id, price=DEAL_PRICE, quota=5, seconds=60, actor=host, now=NOW)
    assert place(deal_wish(shop, buyer, other)) == [Refused("deal_closed")]
    close_deal(deal_id=other.id, actor=host, now=NOW)
    assert place(deal_wish(shop, buyer, other, slot_id=shop.slots[1].id)) == [Refused("deal_closed")]


def test_the_price_of_an_open_deal_is_not_the_price_without_it(shop: Shop, deal: Deal, buyer: User) -> None:
    at_deal_price = {"price": DEAL_PRICE.to_wire()}
    assert shown(
        place(
            deal_wish(shop, buyer, deal, "a", price=PRICE),
            wish(shop, buyer, "b", price=DEAL_PRICE),
            deal_wish(shop, buyer, deal, "c"),
            wish(shop, buyer, "d"),
        )
    ) == [Refused("price_changed", at_deal_price), Refused("price_changed", OLD_PRICE), True, True]


def test_a_batch_is_decided_in_order_of_arrival_and_nothing_is_sold_in_part(
    shop: Shop, deal: Deal, buyer: User, outsider: User
) -> None:
    outcomes = place(
        deal_wish(shop, buyer, deal, "a", quantity=3),
        deal_wish(shop, outsider, deal, "b", quantity=3),
        deal_wish(shop, outsider, deal, "c", quantity=2),
        deal_wish(shop, buyer, deal, "d"),
        wish(shop, buyer, "e", quantity=5),
        wish(shop, buyer, "f"),
    )
    none_left = Refused("sold_out", {"left": 0})
    assert shown(outcomes) == [True, Refused("sold_out", {"left": 2}), True, none_left, True, none_left]
    assert (shop.level(), shop.taken(), shop.deal_taken()) == ((10, 10), 10, 5)


def test_an_allocation_ends_before_the_shelf_does(shop: Shop, buyer: User) -> None:
    change_slot(slot_id=shop.slot.id, allocation=3, actor=shop.host, now=NOW)
    outcomes = place(wish(shop, buyer, "a", quantity=2), wish(shop, buyer, "b", quantity=2))
    assert shown(outcomes) == [True, Refused("sold_out", {"left": 1})]
    assert place(wish(shop, buyer, "c", quantity=2)) == [Refused("sold_out", {"left": 1})]


def test_a_limit_counts_within_the_batch_and_over_batches(shop: Shop, buyer: User, outsider: User) -> None:
    change_slot(slot_id=shop.slot.id, per_buyer_limit=3, actor=shop.host, now=NOW)
    assert shown(
        place(
            wish(shop, buyer, "a", quantity=2),
            wish(shop, buyer, "b", quantity=2),
            wish(shop, outsider, "c", quantity=3),
            wish(shop, buyer, "d"),
            wish(shop, buyer, "e"),
        )
    ) == [
        True,
        Refused("limit_reached", {"limit": 3, "bought": 2}),
        True,
        True,
        Refused("limit_reached", {"limit": 3, "bought": 3}),
    ]
    assert place(wish(shop, outsider, "f")) == [Refused("limit_reached", {"limit": 3, "bought": 3})]


def test_the_deals_limit_counts_what_was_bought_at_the_deal(shop: Shop, buyer: User) -> None:
    change_slot(slot_id=shop.slot.id, per_buyer_limit=4, actor=shop.host, now=NOW)
    deal = open_deal(
        slot_id=shop.slot.id,
        price=DEAL_PRICE,
        quota=5,
        per_buyer_limit=1,
        seconds=60,
        actor=shop.host,
        now=NOW,
    )
    at_deal = Refused("limit_reached", {"limit": 1, "bought": 1})
    assert shown(
        place(
            wish(shop, buyer, "a", quantity=2),
            deal_wish(shop, buyer, deal, "b"),
            deal_wish(shop, buyer, deal, "c"),
            wish(shop, buyer, "d"),
            wish(shop, buyer, "e"),
        )
    ) == [True, True, at_deal, True, Refused("limit_reached", {"limit": 4, "bought": 4})]
    assert place(deal_wish(shop, buyer, deal, "f")) == [Refused("limit_reached", {"limit": 4, "bought": 4})]


def test_what_was_cancelled_no_longer_counts_to_the_limit(shop: Shop, buyer: User) -> None:
    change_slot(slot_id=shop.slot.id, per_buyer_limit=1, actor=shop.host, now=NOW)
    order = buy(shop, buyer)
    assert place(wish(shop, buyer)) == [Refused("limit_reached", {"limit": 1, "bought": 1})]
    assert cancel(caller(buyer), order).status_code == 200
    assert shown(place(wish(shop, buyer))) == [True]


def test_a_key_asked_again_gets_the_first_answer_whatever_has_changed_since(
    shop: Shop, deal: Deal, buyer: User
) -> None:
    request = deal_wish(shop, buyer, deal)
    (first,) = place(request)
    assert isinstance(first, Accepted)
    close_deal(deal_id=deal.id, actor=shop.host, now=NOW)
    end(shop)
    assert place(request) == [replace(first, replayed=True)]
    other = replace(request, quantity=2)
    assert place(other) == [Refused("idempotency_mismatch", {"order": first.order_id})]
    assert Order.objects.count() == 1


def test_a_key_belongs_to_its_buyer(shop: Shop, buyer: User, outsider: User) -> None:
    first, second = place(wish(shop, buyer), wish(shop, outsider))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first.order_id != second.order_id


def test_a_key_twice_in_one_batch_is_one_order(shop: Shop, buyer: User) -> None:
    request = wish(shop, buyer)
    first, again, other = place(request, replace(request), replace(request, quantity=2))
    assert isinstance(first, Accepted)
    assert first.replayed is False
    assert again == replace(first, replayed=True)
    assert other == Refused("idempotency_mismatch", {"order": first.order_id})
    assert Order.objects.count() == 1


def test_a_refused_key_is_free_to_be_used_again(shop: Shop, buyer: User) -> None:
    assert place(wish(shop, buyer, quantity=11)) == [Refused("sold_out", {"left": 10})]
    assert shown(place(wish(shop, buyer, quantity=10))) == [True]


@pytest.mark.django_db(transaction=True)
def test_sold_out_is_noted_after_the_commit_and_forgotten_when_units_come_back(
    shop: Shop, deal: Deal, buyer: User
) -> None:
    slot = shop.slot.id
    order = buy(shop, buyer, quantity=5)
    assert (sold_out.is_known(slot, deal.id), sold_out.is_known(slot, None)) == (True, False)
    place(wish(shop, buyer, quantity=5))
    assert sold_out.is_known(slot, None) is True
    assert cancel(caller(buyer), order).status_code == 200
    assert (sold_out.is_known(slot, deal.id), sold_out.is_known(slot, None)) == (False, False)


def test_sold_out_is_believed_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter((1_000.0, 1_000.0, 1_000.999, 1_001.0))
    monkeypatch.setattr(sold_out, "monotonic", lambda: next(moments))
    sold_out.remember("slt_1", None)
    assert [sold_out.is_known("slt_1", "dl_1") for _ in range(3)] == [True, True, False]
