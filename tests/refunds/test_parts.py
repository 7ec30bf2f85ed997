"""An order with lines of two brands: each ships, cancels and is refunded for itself."""

import pytest
from django.test import Client
from django.urls import reverse

from marketplace import stock
from marketplace.actions.brands import create_brand
from marketplace.actions.products import create_product, publish_product
from marketplace.actions.variants import create_variant
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.lib.ids import new_id
from marketplace.models import Brand, Fact, StockLevel, User
from orders.models import Order, OrderLine, Payment, Shipment
from refunds.actions.cancel_paid_lines import cancel_paid_lines
from refunds.models import Refund
from refunds.tasks import sweep_refunds
from streams import figures, quota
from streams.actions.collaborations import make_collaboration
from streams.actions.lineup import add_slot
from streams.models import Collaboration, Slot
from tests.marketplace.rest_callers import problem_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import PRICE, Shop, buy, caller, cancel, pay, ship
from tests.orders.times import findings, later
from tests.people import sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]

DAY = 86_400


@pytest.fixture
def stella(shop: Shop) -> User:
    """Return Stella, who owns the other brand."""
    return sign_up("stella")


@pytest.fixture
def other(shop: Shop, stella: User, admin: User) -> Slot:
    """Return the slot of another brand's cups in the same show."""
    now = clock.now()
    brand = create_brand(actor=stella, name="Kiln Street", now=now)
    product = create_product(brand_id=brand.id, category="tea", title="Cup", actor=stella, now=now)
    cup = create_variant(product_id=product.id, sku="CUP", price=PRICE, actor=stella, now=now, on_hand=10)
    publish_product(product_id=product.id, actor=stella, now=now)
    make_collaboration(brand=brand, kind=Collaboration.Kind.OPEN, rate_bp=1_000, actor=stella, now=now)
    return add_slot(session_id=shop.session.id, variant_id=cup.id, live_price=PRICE, actor=shop.host, now=now)


@pytest.fixture
def order(shop: Shop, other: Slot, buyer: User) -> Order:
    """Return Bella's paid order of two teas and one cup."""
    order = buy(shop, buyer, quantity=2)
    cup = OrderLine.objects.get(order=order)
    brand_id = Brand.objects.get(name="Kiln Street").id
    cup.id, cup.brand_id, cup.variant_id, cup.slot_id = new_id("oln"), brand_id, other.variant_id, other.id
    cup.quantity, cup.amount, cup.title = 1, PRICE.amount, "Cup"
    with action():
        cup.save(force_insert=True)
        stock.hold({cup.variant_id: 1}, reference=order.id, now=clock.now())
        quota.take({cup.slot_id: 1}, {})
        figures.add(cup.session_id, now=cup.created_at, units=1, gross=cup.amount)
        Order.objects.filter(id=order.id).update(amount=3 * PRICE.amount)
    assert findings() == []
    assert pay(caller(buyer), order).json()["amount"]["amount"] == 11970
    return Order.objects.get(id=order.id)


def states(order: Order) -> dict[str, str]:
    """Return the states of the lines by brand."""
    return dict(OrderLine.objects.filter(order=order).values_list("brand__name", "state"))


def held(name: str) -> tuple[int, int]:
    """Return units on hand and held of a brand's variant."""
    level = StockLevel.objects.get(variant__brand__name=name)
    return level.on_hand, level.held


def test_one_brand_cancels_and_the_other_ships(
    shop: Shop, order: Order, stella: User, buyer: User, hours: Hours
) -> None:
    bella = caller(buyer)
    kiln = Brand.objects.get(name="Kiln Street")
    seen = cancel_paid_lines(order_id=order.id, brand_id=kiln.id, actor=stella.id, now=clock.now())
    assert seen.state == "paid"
    assert states(order) == {"Mountain Tea": "paid", "Kiln Street": "cancelled"}
    assert Fact.objects.filter(subject=order.id, type="order.updated").count() == 1
    sweep_refunds()
    payment = Payment.objects.get()
    assert (payment.state, payment.refunded, Refund.objects.get().amount) == ("partly_refunded", 3990, 3990)
    assert (held("Mountain Tea"), held("Kiln Street")) == ((10, 2), (10, 0))
    assert findings() == []
    assert ship(caller(shop.owner), order).status_code == 201
    problem_of(ship(caller(stella), order), 409, "wrong_order_state")
    problem_of(cancel(bella, order), 409, "wrong_order_state")
    later(hours, 12 * DAY)
    assert states(order) == {"Mountain Tea": "completed", "Kiln Street": "cancelled"}
    assert bella.get(f"/api/v1/orders/{order.id}").json()["state"] == "completed"
    assert findings() == []


def test_two_cancellations_are_two_refunds_of_one_payment(
    shop: Shop, order: Order, stella: User, buyer: User
) -> None:
    kiln = Brand.objects.get(name="Kiln Street")
    cancel_paid_lines(order_id=order.id, brand_id=kiln.id, actor=stella.id, now=clock.now())
    assert cancel(caller(buyer), order).json()["state"] == "cancelled"
    sweep_refunds()
    assert sorted(Refund.objects.values_list("amount", "state")) == [(3990, "done"), (7980, "done")]
    payment = Payment.objects.get()
    assert (payment.state, payment.refunded) == ("refunded", 11970)
    assert findings() == []


def test_the_buyer_cancels_all_or_nothing(shop: Shop, order: Order, stella: User, buyer: User) -> None:
    ship(caller(stella), order)
    assert problem_of(cancel(caller(buyer), order), 409, "wrong_order_state")["data"] == {"state": "paid"}
    assert states(order) == {"Mountain Tea": "paid", "Kiln Street": "shipped"}


def test_each_brand_sees_and_ships_its_own_part(
    shop: Shop, order: Order, stella: User, buyer: User, admin: User
) -> None:
    seen = caller(stella).get(f"/api/v1/orders/{order.id}?expand[]=shipments").json()
    assert ([line["title"] for line in seen["lines"]], seen["amount"]["amount"]) == (["Cup"], 3990)
    assert ship(caller(shop.owner), order).status_code == 201
    seen = caller(stella).get(f"/api/v1/orders/{order.id}?expand[]=shipments").json()
    assert (seen["state"], seen["shipments"]) == ("paid", [])
    whole = caller(buyer).get(f"/api/v1/orders/{order.id}?expand[]=shipments").json()
    assert (whole["state"], len(whole["lines"]), len(whole["shipments"])) == ("paid", 2, 1)
    problem_of(ship(caller(admin), order), 404, "not_found")
    kiln = Brand.objects.get(name="Kiln Street")
    assert ship(caller(admin), order, brand=kiln.id).status_code == 201
    parcel = Shipment.objects.get(brand=shop.brand)
    problem_of(caller(stella).get(f"/api/v1/shipments/{parcel.id}"), 404, "not_found")


def test_the_admin_shows_each_brand_its_own_part(order: Order, stella: User, admin: User) -> None:
    def page(person: User) -> str:
        client = Client()
        client.force_login(person)
        return client.get(reverse("admin:orders_order_change", args=[order.id])).content.decode()

    parts = ("Longjing", "119.70 CNY", "Cup", "39.90 CNY")
    assert [part for part in parts if part in page(admin)] == list(parts)
    assert [part for part in parts if part in page(stella)] == ["Cup", "39.90 CNY"]


def test_an_expired_order_of_two_brands_gives_everything_back(
    shop: Shop, other: Slot, buyer: User, hours: Hours
) -> None:
    buy(shop, buyer, quantity=2)
    buy(shop, buyer, quantity=3, slot=other)
    later(hours, 900)
    assert (held("Mountain Tea"), held("Kiln Street")) == ((10, 0), (10, 0))
    assert findings() == []
