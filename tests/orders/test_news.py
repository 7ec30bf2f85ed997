"""What the buyer hears, and that a process may die at any moment."""

import pytest

from marketplace.models import User
from orders import paying
from orders.models import Payment
from orders.payments.simulator.cards import late_card
from orders.payments.simulator.models import SimulatedPayment
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import APPROVE, Shop, buy, caller, cancel, pay, ship, states_of
from tests.orders.times import findings, later

Told = list[tuple[str, str, dict[str, str]]]


@pytest.fixture
def told(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Return what people have been told over their sockets."""
    heard: Told = []
    monkeypatch.setattr("streams.hub.tell", lambda *message: heard.append(message))
    return heard


def test_the_buyer_hears_of_every_step(
    told: Told, shop: Shop, buyer: User, brand_owner: User, hours: Hours
) -> None:
    order = buy(shop, buyer)
    pay(caller(buyer), order)
    ship(caller(brand_owner), order)
    later(hours, 12 * 86_400)
    assert [(who, type_, data["order"]) for who, type_, data in told] == [
        (buyer.id, "order.updated", order.id)
    ] * 4
    assert [data["state"] for _, _, data in told] == ["paid", "shipped", "delivered", "completed"]


def test_the_buyer_hears_of_a_late_decline_and_of_a_refund(
    told: Told, shop: Shop, buyer: User, hours: Hours
) -> None:
    order, bella = buy(shop, buyer), caller(buyer)
    pay(bella, order, late_card(60, prefix="40000900"))
    assert told == []
    later(hours, 61)
    assert [data["state"] for _, _, data in told] == ["pending_payment"]
    pay(bella, order)
    cancel(bella, order)
    later(hours, 1)
    assert [data["state"] for _, _, data in told] == ["pending_payment", "paid", "cancelled", "cancelled"]


def test_nobody_hears_of_what_was_rolled_back(
    told: Told, shop: Shop, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the database is gone")

    order = buy(shop, buyer)
    monkeypatch.setattr("orders.actions.cancel_order.give_back", fail)
    with pytest.raises(RuntimeError):
        cancel(caller(buyer), order)
    assert (told, states_of(order)) == ([], ["pending_payment"])


@pytest.mark.django_db
def test_dying_between_the_charge_and_the_books_charges_once(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**_: object) -> None:
        raise RuntimeError("killed")

    order, bella = buy(shop, buyer), caller(buyer)
    monkeypatch.setattr(paying, "settle_payment", die)
    with pytest.raises(RuntimeError):
        pay(bella, order, APPROVE, key="k1")
    assert (Payment.objects.get().state, SimulatedPayment.objects.get().state) == ("created", "captured")
    monkeypatch.undo()
    assert pay(bella, order, APPROVE, key="k1").json()["state"] == "captured"
    assert (SimulatedPayment.objects.count(), states_of(order)) == (1, ["paid"])
    assert findings() == []


@pytest.mark.django_db
def test_dying_after_the_charge_is_made_good_without_the_buyer(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**_: object) -> None:
        raise RuntimeError("killed")

    order = buy(shop, buyer)
    monkeypatch.setattr(paying, "settle_payment", die)
    with pytest.raises(RuntimeError):
        pay(caller(buyer), order)
    later(hours, 15)
    assert states_of(order) == ["paid"]
    assert findings() == []
