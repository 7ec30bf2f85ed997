"""A live show to buy in, and the ways of buying and paying that the tests of orders and refunds share."""

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from marketplace.actions.categories import create_category
from marketplace.actions.products import create_product, publish_product
from marketplace.actions.variants import create_variant
from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import Brand, Category, Product, StockLevel, User, Variant
from orders.actions.place_orders import place_orders
from orders.models import Order, OrderLine
from orders.requests import Accepted, PurchaseRequest, Refused
from streams.actions.collaborations import make_collaboration
from streams.actions.deals import open_deal
from streams.actions.lineup import add_slot
from streams.actions.people import register_streamer
from streams.actions.sessions import create_session, schedule_session
from streams.actions.show import start_session
from streams.models import Collaboration, Deal, Session, Slot
from tests.marketplace.rest_callers import Caller, again
from tests.orders.gateway_receiver import Hours

PRICE = Money(3990, "CNY")
DEAL_PRICE = Money(2990, "CNY")
ON_HAND = 10

APPROVE = "4242424242424242"
DECLINE = "4000000000000002"

ADDRESS = {
    "name": "Bella Li",
    "phone": "+86 138 0013 8000",
    "line1": "8 Teahouse Lane",
    "line2": "Door 3",
    "city": "Hangzhou",
    "region": "Zhejiang",
    "postal_code": "310000",
    "country": "CN",
}

_keys = itertools.count()


@dataclass
class Shop:
    """One brand's variants in one streamer's live show."""

    brand: Brand
    owner: User
    host: User
    session: Session
    slots: list[Slot] = field(default_factory=list)
    deal: Deal | None = None
    price: Money = PRICE

    @property
    def slot(self) -> Slot:
        """Return the first slot."""
        return self.slots[0]

    def level(self, slot: Slot | None = None) -> tuple[int, int]:
        """Return units on hand and held of a slot's variant."""
        level = StockLevel.objects.get(variant_id=(slot or self.slot).variant_id)
        return level.on_hand, level.held

    def taken(self, slot: Slot | None = None) -> int:
        """Return how many units of a slot are taken."""
        return Slot.objects.values_list("taken", flat=True).get(id=(slot or self.slot).id)

    def deal_taken(self) -> int:
        """Return how many units of the deal are taken."""
        assert self.deal is not None
        return Deal.objects.values_list("taken", flat=True).get(id=self.deal.id)


def open_show(
    brand: Brand,
    owner: User,
    host: User,
    admin: User,
    *,
    variants: int = 1,
    policy: str = "standard",
    price: Money = PRICE,
) -> Shop:
    """Return a live show of a streamer that sells ``variants`` variants with ten units each."""
    now = clock.now()
    Category.objects.filter(slug="tea").exists() or create_category(
        slug="tea", name="Tea", fee_bp=500, actor=admin, now=now
    )
    product = create_product(
        brand_id=brand.id,
        category="tea",
        title="Longjing",
        actor=owner,
        now=now,
        return_policy=policy,
    )
    made = [_variant(product, owner, number, price) for number in range(variants)]
    publish_product(product_id=product.id, actor=owner, now=now)
    streamer = register_streamer(user=host, name=host.shown_name, now=now)
    make_collaboration(brand=brand, kind=Collaboration.Kind.OPEN, rate_bp=2_000, actor=owner, now=now)
    session = create_session(streamer=streamer, actor=host, now=now, title="Spring tea")
    schedule_session(session_id=session.id, scheduled_at=now + timedelta(minutes=1), actor=host, now=now)
    shop = Shop(brand, owner, host, session, price=price)
    for variant in made:
        shop.slots.append(
            add_slot(session_id=session.id, variant_id=variant.id, live_price=price, actor=host, now=now)
        )
    shop.session = start_session(session_id=session.id, actor=host, now=now)
    return shop


def _variant(product: Product, owner: User, number: int, price: Money) -> Variant:
    return create_variant(
        product_id=product.id,
        sku=f"LJ-{number}",
        title=f"{100 * (number + 1)} g",
        price=price,
        actor=owner,
        now=clock.now(),
        on_hand=ON_HAND,
    )


@pytest.fixture
def shop(hours: Hours, brand: Brand, brand_owner: User, host: User, admin: User) -> Shop:
    """Return Hana's live show with one variant of Olga's brand, at eight in the evening."""
    return open_show(brand, brand_owner, host, admin)


@pytest.fixture
def deal(shop: Shop) -> Deal:
    """Return a flash deal of five units, open for ten minutes."""
    shop.deal = open_deal(
        slot_id=shop.slot.id, price=DEAL_PRICE, quota=5, seconds=600, actor=shop.host, now=clock.now()
    )
    return shop.deal


def buy(shop: Shop, buyer: User, *, quantity: int = 1, slot: Slot | None = None) -> Order:
    """Return a new order of a buyer, through admission's action."""
    outcome = try_to_buy(shop, buyer, quantity=quantity, slot=slot)
    assert isinstance(outcome, Accepted), outcome
    return Order.objects.get(id=outcome.order_id)


def try_to_buy(shop: Shop, buyer: User, *, quantity: int = 1, slot: Slot | None = None) -> Accepted | Refused:
    """Return what becomes of a purchase: at the deal's price when there is a deal."""
    deal = shop.deal if slot is None else None
    request = PurchaseRequest(
        buyer.id,
        (slot or shop.slot).id,
        deal.id if deal else None,
        quantity,
        DEAL_PRICE if deal else Slot.objects.get(id=(slot or shop.slot).id).price,
        f"key-{next(_keys)}",
    )
    return place_orders([request], now=clock.now()).outcomes[0]


def caller(person: User) -> Caller:
    """Return a client with a token of this person that may do everything with orders."""
    return again(person, "orders:write")


def pay(client: Caller, order: Order, card: str = APPROVE, **headers: str) -> Any:
    """Return the answer to paying an order with a card, under a key of its own unless one is given."""
    return post(client, f"/api/v1/orders/{order.id}/pay", {"card": card, "address": ADDRESS}, **headers)


def cancel(client: Caller, order: Order, **headers: str) -> Any:
    """Return the answer to cancelling an order."""
    return post(client, f"/api/v1/orders/{order.id}/cancel", None, **headers)


def ship(client: Caller, order: Order, number: str = "", **body: str) -> Any:
    """Return the answer to shipping an order."""
    parcel = {"carrier": "Hawker Express", "tracking_number": number or f"HX{next(_keys):012d}", **body}
    return post(client, f"/api/v1/orders/{order.id}/shipments", parcel)


def post(client: Caller, path: str, body: object, key: str = "") -> Any:
    """Return the answer to a POST with an idempotency key."""
    return client.send("POST", path, body, headers={"Idempotency-Key": key or f"key-{next(_keys)}"})


def states_of(order: Order) -> list[str]:
    """Return the stored states of an order's lines."""
    return [line.state for line in OrderLine.objects.filter(order=order).order_by("id")]
