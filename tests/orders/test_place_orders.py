"""What one batch of purchases writes: order, line with its terms, fact, movement, counters, figures, room."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import Model

from marketplace.lib.money import Money
from marketplace.models import Brand, Fact, StockLevel, StockMovement, User
from orders.actions.place_orders import place_orders
from orders.models import Order, OrderLine
from orders.requests import Accepted, PurchaseRequest
from streams import figures, quota
from streams.actions.collaborations import end_collaboration, make_collaboration
from streams.actions.lineup import add_slot
from streams.actions.people import create_agency, register_streamer, set_agency
from streams.actions.sessions import create_session, schedule_session
from streams.actions.show import start_session
from streams.actions.tell_rooms import tell_stale_rooms
from streams.models import Collaboration, Deal, MinuteFigure, RoomEvent, Session, Slot
from tests.orders.shop import DEAL_PRICE, PRICE, Shop, open_show

pytestmark = pytest.mark.django_db

#: The tests' clock stands at eight in the evening; the purchase is made a little later.
NOW = datetime(2026, 11, 11, 20, 0, 26, 500_000, tzinfo=UTC)
MINUTE = NOW.replace(second=0, microsecond=0)


def wish(
    shop: Shop,
    buyer: User,
    key: str = "key-1",
    *,
    quantity: int = 1,
    deal: Deal | None = None,
    slot: Slot | None = None,
) -> PurchaseRequest:
    price = DEAL_PRICE if deal else PRICE
    return PurchaseRequest(buyer.id, (slot or shop.slot).id, deal.id if deal else None, quantity, price, key)


def buy(*requests: PurchaseRequest, at: datetime = NOW) -> list[Accepted]:
    outcomes = place_orders(requests, now=at).outcomes
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    assert len(accepted) == len(outcomes), outcomes
    return accepted


def columns(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def told(session: Session) -> list[tuple[int, Any]]:
    """Return seq and changes of every ``stock.changed`` of a room."""
    facts = RoomEvent.objects.filter(session=session, type="stock.changed").order_by("seq")
    return [(fact.seq, fact.payload["changes"]) for fact in facts]


def test_an_order_is_written_with_everything_it_was_sold_under(shop: Shop, deal: Deal, buyer: User) -> None:
    request = wish(shop, buyer, "key-1", quantity=2, deal=deal)
    before = Session.objects.get(id=shop.session.id).last_seq
    (accepted,) = buy(request)
    pay_by = NOW + timedelta(seconds=900)
    order, line = Order.objects.get(), OrderLine.objects.get()
    plan = Collaboration.objects.get()
    variant = shop.slot.variant
    assert accepted == Accepted(order.id, Money(5980, "CNY"), pay_by)
    assert columns(order) == {
        "id": order.id,
        "buyer_id": buyer.id,
        "session_id": shop.session.id,
        "key": "key-1",
        "input_hash": request.input_hash,
        "amount": 5980,
        "currency": "CNY",
        "pay_by": pay_by,
        "address": None,
        "created_at": NOW,
    }
    assert columns(line) == {
        "id": line.id,
        "order_id": order.id,
        "state": "pending_payment",
        "pay_by": pay_by,
        "buyer_id": buyer.id,
        "session_id": shop.session.id,
        "slot_id": shop.slot.id,
        "deal_id": deal.id,
        "seq": before,
        "variant_id": variant.id,
        "product_id": variant.product_id,
        "title": "Longjing, 100 g",
        "sku": "LJ-0",
        "quantity": 2,
        "unit_price": 2990,
        "amount": 5980,
        "currency": "CNY",
        "brand_id": shop.brand.id,
        "streamer_id": shop.session.streamer_id,
        "agency_id": None,
        "collaboration_id": plan.id,
        "rate_bp": 2_000,
        "agency_share_bp": 0,
        "fee_bp": 500,
        "return_policy": "standard",
        "platform_discount": 0,
        "brand_discount": 0,
        "streamer_discount": 0,
        "return_by": None,
        "claimed": 0,
        "returned": 0,
        "refunded": 0,
        "platform_unfunded": 0,
        "streamer_unfunded": 0,
        "created_at": NOW,
    }


def test_one_fact_one_movement_and_every_counter(shop: Shop, deal: Deal, buyer: User, outsider: User) -> None:
    first, second = buy(wish(shop, buyer, "a", quantity=2, deal=deal), wish(shop, outsider, "b", quantity=3))
    facts = {fact.subject: fact for fact in Fact.objects.filter(type="order.placed")}
    assert {id_: fact.at for id_, fact in facts.items()} == {first.order_id: NOW, second.order_id: NOW}
    assert facts[first.order_id].payload == {
        "order": first.order_id,
        "buyer": buyer.id,
        "session": shop.session.id,
        "slot": shop.slot.id,
        "deal": deal.id,
        "quantity": 2,
        "amount": {"amount": 5980, "currency": "CNY"},
    }
    assert facts[second.order_id].payload["deal"] is None
    assert facts[second.order_id].payload["amount"] == {"amount": 11970, "currency": "CNY"}
    movement = StockMovement.objects.get(kind="hold")
    assert columns(movement) == {
        "id": movement.id,
        "level_id": StockLevel.objects.get(variant=shop.slot.variant).id,
        "kind": "hold",
        "on_hand_delta": 0,
        "held_delta": 5,
        "reference": first.order_id,
        "at": NOW,
    }
    assert (shop.level(), shop.taken(), shop.deal_taken()) == ((10, 5), 5, 2)


def test_the_room_hears_once_what_is_left(shop: Shop, deal: Deal, buyer: User, outsider: User) -> None:
    before = Session.objects.get(id=shop.session.id).last_seq
    buy(wish(shop, buyer, quantity=2, deal=deal), wish(shop, outsider, quantity=3))
    after = Session.objects.get(id=shop.session.id)
    assert told(shop.session) == [
        (
            before + 1,
            [
                {"slot": shop.slot.id, "deal": None, "left": 5, "sold": 5},
                {"slot": shop.slot.id, "deal": deal.id, "left": 3, "sold": 2},
            ],
        )
    ]
    assert after.last_seq == before + 1
    assert (after.stock_told_at, after.stock_stale) == (NOW, False)


def test_the_minutes_figures_grow_by_what_was_ordered(shop: Shop, buyer: User, outsider: User) -> None:
    buy(wish(shop, buyer, "a", quantity=2), wish(shop, outsider, "b"))
    buy(wish(shop, buyer, "c"), at=NOW + timedelta(seconds=20))
    buy(wish(shop, buyer, "d"), at=NOW + timedelta(seconds=60))
    rows = MinuteFigure.objects.filter(session=shop.session).order_by("minute")
    assert list(rows.values_list("minute", "process", "orders", "units", "gross", "given_back")) == [
        (MINUTE, figures.this_process(), 3, 4, 15960, 0),
        (MINUTE + timedelta(minutes=1), figures.this_process(), 1, 1, 3990, 0),
    ]


@pytest.mark.parametrize(
    ("kinds", "chosen", "rate_bp"),
    (
        ((), "open", 2_000),
        (("targeted",), "targeted", 2_500),
        (("targeted", "exclusive"), "exclusive", 3_000),
    ),
)
def test_the_line_keeps_the_rate_of_the_plan_that_goes_first(
    kinds: tuple[str, ...], chosen: str, rate_bp: int, shop: Shop, buyer: User
) -> None:
    rates = {"targeted": 2_500, "exclusive": 3_000}
    for kind in kinds:
        make_collaboration(
            brand=shop.brand,
            kind=kind,
            rate_bp=rates[kind],
            streamer_id=shop.session.streamer_id,
            actor=shop.owner,
            now=NOW,
        )
    buy(wish(shop, buyer))
    line = OrderLine.objects.get()
    assert (line.collaboration_id, line.rate_bp) == (Collaboration.objects.get(kind=chosen).id, rate_bp)


def test_a_rate_for_the_product_goes_before_the_plans(shop: Shop, buyer: User) -> None:
    product = shop.slot.variant.product_id
    plan = make_collaboration(
        brand=shop.brand,
        kind="targeted",
        rate_bp=2_500,
        streamer_id=shop.session.streamer_id,
        rates={product: 4_000},
        actor=shop.owner,
        now=NOW,
    )
    buy(wish(shop, buyer))
    line = OrderLine.objects.get()
    assert (line.collaboration_id, line.rate_bp) == (plan.id, 4_000)


def test_without_a_running_plan_the_streamer_earns_nothing(shop: Shop, buyer: User) -> None:
    end_collaboration(collaboration_id=Collaboration.objects.get().id, actor=shop.owner, now=NOW)
    buy(wish(shop, buyer))
    line = columns(OrderLine.objects.get())
    assert (line["collaboration_id"], line["rate_bp"]) == (None, 0)


def test_the_agency_and_its_share_are_copied(shop: Shop, buyer: User, admin: User) -> None:
    agency = create_agency(name="Star House", share_bp=1_500, actor=admin, now=NOW)
    set_agency(streamer_id=shop.session.streamer_id, agency_id=agency.id, actor=admin, now=NOW)
    buy(wish(shop, buyer))
    line = OrderLine.objects.get()
    assert (line.agency_id, line.agency_share_bp) == (agency.id, 1_500)


def test_the_return_policy_is_copied(
    hours: object, brand: Brand, brand_owner: User, host: User, admin: User, buyer: User
) -> None:
    shop = open_show(brand, brand_owner, host, admin, policy="perishable")
    buy(wish(shop, buyer))
    assert OrderLine.objects.get().return_policy == "perishable"


def test_two_rooms_that_sell_one_variant_both_hear(shop: Shop, rival: User, buyer: User) -> None:
    other = second_room(shop, rival)
    slot = other.slots.get()
    buy(wish(shop, buyer, "a", quantity=4))
    assert told(shop.session)[-1][1] == [{"slot": shop.slot.id, "deal": None, "left": 6, "sold": 4}]
    assert told(other)[-1][1] == [{"slot": slot.id, "deal": None, "left": 6, "sold": 0}]
    buy(wish(shop, buyer, "b", slot=slot), at=NOW + timedelta(seconds=1))
    assert told(shop.session)[-1][1] == [{"slot": shop.slot.id, "deal": None, "left": 5, "sold": 4}]
    assert told(other)[-1][1] == [{"slot": slot.id, "deal": None, "left": 5, "sold": 1}]
    line = OrderLine.objects.get(slot=slot)
    assert (line.session_id, line.streamer_id) == (other.id, other.streamer_id)


def test_one_batch_sells_for_two_rooms(shop: Shop, rival: User, buyer: User, outsider: User) -> None:
    other = second_room(shop, rival)
    slot = other.slots.get()
    buy(wish(shop, buyer, quantity=2), wish(shop, outsider, quantity=3, slot=slot))
    assert (shop.level(), shop.taken(), shop.taken(slot)) == ((10, 5), 2, 3)
    assert told(shop.session)[-1][1] == [{"slot": shop.slot.id, "deal": None, "left": 5, "sold": 2}]
    assert told(other)[-1][1] == [{"slot": slot.id, "deal": None, "left": 5, "sold": 3}]
    gross = dict(MinuteFigure.objects.values_list("session_id", "gross"))
    assert gross == {shop.session.id: 7980, other.id: 11970}


def test_a_room_hears_of_stock_ten_times_a_second_at_most_and_of_the_last_counts_always(
    shop: Shop, buyer: User
) -> None:
    stale = []
    for number in range(9):
        at = NOW + timedelta(milliseconds=30 * number)
        stale.append(place_orders([wish(shop, buyer, f"key-{number}")], now=at).stale_rooms)
    room = [shop.session.id]
    assert stale == [[], room, room, room, [], room, room, room, []]
    assert [changes[0]["sold"] for _, changes in told(shop.session)] == [1, 5, 9]
    place_orders([wish(shop, buyer, "last")], now=NOW + timedelta(milliseconds=270))
    assert Session.objects.get(id=shop.session.id).stock_stale is True
    assert tell_stale_rooms(session_ids=room, now=NOW + timedelta(milliseconds=339)) == room
    assert len(told(shop.session)) == 3
    assert tell_stale_rooms(session_ids=room, now=NOW + timedelta(milliseconds=340)) == []
    assert told(shop.session)[-1][1] == [{"slot": shop.slot.id, "deal": None, "left": 0, "sold": 10}]
    assert Session.objects.get(id=shop.session.id).stock_stale is False
    tell_stale_rooms(session_ids=room, now=NOW + timedelta(seconds=1))
    assert len(told(shop.session)) == 4


def test_a_batch_that_breaks_a_constraint_leaves_nothing_behind(
    shop: Shop, deal: Deal, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = columns(Session.objects.get(id=shop.session.id))
    facts = Fact.objects.count()

    def refuse(*_args: object) -> None:
        raise IntegrityError("deal_taken_within_quota")

    monkeypatch.setattr(quota, "take", refuse)
    with pytest.raises(IntegrityError):
        place_orders([wish(shop, buyer, deal=deal)], now=NOW)
    assert (Order.objects.count(), OrderLine.objects.count(), Fact.objects.count()) == (0, 0, facts)
    assert (shop.level(), shop.taken(), shop.deal_taken()) == ((10, 0), 0, 0)
    assert columns(Session.objects.get(id=shop.session.id)) == before
    assert not StockMovement.objects.filter(kind="hold").exists()


def test_a_batch_costs_the_same_queries_however_large(
    shop: Shop, buyer: User, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy(wish(shop, buyer, "the first purchase looks up what the slot belongs to"))
    with django_assert_max_num_queries(40) as few:
        buy(wish(shop, buyer, "a"), at=NOW + timedelta(seconds=1))
    with django_assert_max_num_queries(40) as many:
        buy(*[wish(shop, buyer, f"key-{number}") for number in range(8)], at=NOW + timedelta(seconds=2))
    assert len(many) == len(few)


def second_room(shop: Shop, rival: User) -> Session:
    """Return Rico's live show, which sells the same variant as Hana's."""
    streamer = register_streamer(user=rival, name="Rico", now=NOW)
    session = create_session(streamer=streamer, actor=rival, now=NOW, title="Tea by night")
    later = NOW + timedelta(minutes=1)
    schedule_session(session_id=session.id, scheduled_at=later, actor=rival, now=NOW)
    add_slot(session_id=session.id, variant_id=shop.slot.variant_id, live_price=PRICE, actor=rival, now=NOW)
    return start_session(session_id=session.id, actor=rival, now=NOW)
