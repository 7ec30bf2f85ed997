"""My orders, and the receipt."""

import pytest

from marketplace.models import User
from refunds.models import Refund
from tests.marketplace.rest_callers import Caller
from tests.orders.shop import Shop, buy, caller, pay, ship, states_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.only_in("embedded"),
]


def test_my_orders_are_mine(bella: Caller, otto: Caller, shop: Shop, buyer: User) -> None:
    order = buy(shop, buyer)
    assert f'href="/orders/{order.id}/checkout"' in bella.get("/orders").content.decode()
    assert "No orders yet" in otto.get("/orders").content.decode()
    assert otto.get(f"/orders/{order.id}").status_code == 404
    assert bella.get("/orders?before=nonsense").status_code == 404


def test_a_receipt_names_seller_host_parcel_and_what_happened(
    bella: Caller, shop: Shop, buyer: User, brand_staff: User
) -> None:
    order = buy(shop, buyer, quantity=2)
    assert pay(caller(buyer), order).status_code == 200
    assert ship(caller(brand_staff), order, "HX000123").status_code == 201
    page = bella.get(f"/orders/{order.id}").content.decode()
    for words in (
        f"sold by {shop.brand.name}", shop.session.streamer.name, "HX000123", "¥79.80", "8 Teahouse Lane",
        "handed over", "Bought with: 7 days without a reason", f"/live/{shop.session.id}",
    ):  # fmt: skip
        assert words in page
    assert "Cancel this order" not in page


def test_a_paid_order_is_cancelled_and_refunded(bella: Caller, shop: Shop, buyer: User) -> None:
    order = buy(shop, buyer)
    assert pay(caller(buyer), order).status_code == 200
    answer = bella.post(f"/orders/{order.id}/cancel")
    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{order.id}")
    assert states_of(order) == ["cancelled"]
    assert Refund.objects.get().amount == 3990
    assert "Refund of ¥39.90" in bella.get(f"/orders/{order.id}").content.decode()
    assert bella.post(f"/orders/{order.id}/cancel").status_code == 409


def test_cancelling_signed_out_leads_through_sign_in_back_to_the_receipt(
    bella: Caller, nobody: Caller, shop: Shop, buyer: User
) -> None:
    order = buy(shop, buyer)
    field = f'name="next" value="/orders/{order.id}"'
    assert field in bella.get(f"/orders/{order.id}").content.decode()
    answer = nobody.post(f"/orders/{order.id}/cancel", {"next": f"/orders/{order.id}"})
    assert answer["Location"] == f"/sign-in?next=%2Forders%2F{order.id}"
    assert states_of(order) == ["pending_payment"]
