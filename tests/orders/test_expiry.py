"""The time to pay is over: judged when read, closed by a sweep, and never both closed and paid."""

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.db.models import F

from marketplace.lib import clock
from marketplace.models import Fact, User
from orders import outcomes, states
from orders.actions import settle_payment as settling
from orders.actions.begin_payment import begin_payment
from orders.actions.expire_orders import expire_orders
from orders.actions.settle_payment import settle_payment
from orders.errors import WrongOrderState
from orders.models import LineHistory, Order, OrderLine, Payment
from orders.outcomes import Word
from orders.tasks import sweep_expired_orders
from streams.models import Deal, MinuteFigure, RoomEvent, Slot
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import ADDRESS, Shop, buy, caller, states_of, try_to_buy
from tests.orders.times import findings, later
from tests.people import sign_up

WINDOW = 900


def last_counts(shop: Shop) -> list[dict[str, object]]:
    """Return what the room heard last about stock."""
    events = RoomEvent.objects.filter(session=shop.session, type="stock.changed")
    return list(events.order_by("-seq")[0].payload["changes"])


@pytest.mark.django_db
def test_the_sweep_gives_units_back_and_tells_the_room(
    hours: Hours, shop: Shop, deal: Deal, buyer: User
) -> None:
    order = buy(shop, buyer, quantity=3)
    assert (shop.level(), shop.taken(), shop.deal_taken()) == ((10, 3), 3, 3)
    hours.move(WINDOW - 1)
    sweep_expired_orders()
    assert states_of(order) == ["pending_payment"]
    hours.move(1)
    sweep_expired_orders()
    assert states_of(order) == ["expired"]
    assert (shop.level(), shop.taken(), shop.deal_taken()) == ((10, 0), 0, 0)
    assert {"slot": shop.slot.id, "deal": None, "left": 10, "sold": 0} in last_counts(shop)
    fact = Fact.objects.get(type="order.expired")
    assert (fact.subject, fact.payload["state"]) == (order.id, "expired")
    history = LineHistory.objects.get(line__order=order)
    assert (history.from_state, history.to_state, history.actor) == ("pending_payment", "expired", "expiry")
    figures = MinuteFigure.objects.filter(session=shop.session)
    assert sum(figures.values_list("gross", flat=True)) == 8970
    assert sum(figures.values_list("given_back", flat=True)) == 8970
    assert findings() == []


@pytest.mark.django_db
def test_an_overdue_order_reads_as_expired_before_any_sweep(hours: Hours, shop: Shop, buyer: User) -> None:
    order, bella = buy(shop, buyer), caller(buyer)
    hours.move(WINDOW)
    assert states_of(order) == ["pending_payment"]
    seen = bella.get(f"/api/v1/orders/{order.id}").json()
    assert (seen["state"], seen["lines"][0]["state"]) == ("expired", "expired")
    assert bella.get("/api/v1/orders").json()["data"][0]["state"] == "expired"


@pytest.mark.django_db
def test_units_that_came_back_can_be_bought(hours: Hours, shop: Shop, buyer: User, outsider: User) -> None:
    buy(shop, buyer, quantity=10)
    assert getattr(try_to_buy(shop, outsider), "code", "") == "sold_out"
    later(hours, WINDOW)
    assert states_of(buy(shop, outsider, quantity=10)) == ["pending_payment"]
    assert findings() == []


@pytest.mark.django_db
def test_the_sweep_works_in_batches(hours: Hours, shop: Shop, buyer: User) -> None:
    orders = [buy(shop, buyer) for _ in range(5)]
    hours.move(WINDOW)
    assert [expire_orders(now=clock.now(), limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert [states_of(order) for order in orders] == [["expired"]] * 5
    assert (shop.level(), shop.taken()) == ((10, 0), 0)
    assert findings() == []


@pytest.mark.django_db(transaction=True)
def test_the_buyer_is_told_after_the_commit(
    hours: Hours, shop: Shop, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[object, ...]] = []
    monkeypatch.setattr("streams.hub.tell", lambda *message: told.append(message))
    order = buy(shop, buyer)
    hours.move(WINDOW)
    sweep_expired_orders()
    at = "2026-11-11T20:15:00.000Z"
    assert told == [(buyer.id, "order.updated", {"order": order.id, "state": "expired", "at": at})]


def at_once(*runs: Callable[[], object]) -> list[object]:
    """Run these at the same time, each in a thread with its own connection; return results or exceptions."""
    results: list[object] = [None] * len(runs)
    barrier = threading.Barrier(len(runs))

    def run(index: int, what: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=10)
            results[index] = what()
        except Exception as error:  # noqa: BLE001 - a loser's refusal is a result
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def begun(order: Order) -> Payment:
    """Return a payment that the gateway has not answered yet."""
    return begin_payment(order_id=order.id, buyer_id=order.buyer_id, address=ADDRESS, now=clock.now())


def captured(payment: Payment) -> Word:
    """Return the gateway's word that it has the money."""
    return Word(gateway_id=f"gwp_{payment.id[4:]}", state="captured", money=payment.total)


@pytest.mark.django_db(transaction=True)
def test_expiry_racing_payment_has_one_winner(hours: Hours, shop: Shop) -> None:
    orders = [buy(shop, sign_up(f"racer{number}")) for number in range(8)]
    payments = [begun(order) for order in orders]
    hours.move(WINDOW)
    settle = [
        partial(
            settle_payment, payment_id=payment.id, word=captured(payment), actor="gateway", now=clock.now()
        )
        for payment in payments
    ]
    expire = [partial(expire_orders, now=clock.now(), limit=3) for _ in range(4)]
    results = at_once(*settle, *expire)
    assert [result for result in results if isinstance(result, Exception)] == []
    for order in orders:
        steps = list(
            LineHistory.objects.filter(line__order=order).order_by("id").values_list("from_state", "to_state")
        )
        assert steps in (
            [("pending_payment", "paid")],
            [("pending_payment", "expired"), ("expired", "paid")],
        )
    assert (shop.level(), shop.taken()) == ((10, 8), 8)
    assert findings() == []


def _capture_of_a_stale_order(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Payment]:
    """Return a capture that looked at the order, unlocked, just before expiry closed it."""
    order = buy(shop, buyer, quantity=10)
    payment = begun(order)
    stale = (Order.objects.get(id=order.id), list(OrderLine.objects.filter(order=order)))
    hours.move(WINDOW)
    expire_orders(now=clock.now())
    buy(shop, sign_up("quick"), quantity=10)
    monkeypatch.setattr(settling, "lock_order", lambda _order_id: stale)
    return partial(
        settle_payment, payment_id=payment.id, word=captured(payment), actor="gateway", now=clock.now()
    )


@pytest.mark.django_db
def test_the_guard_stops_a_capture_that_saw_the_order_open(
    hours: Hours, shop: Shop, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = _capture_of_a_stale_order(shop, buyer, hours, monkeypatch)
    with pytest.raises(WrongOrderState):
        capture()
    assert Payment.objects.get().state == "created"
    assert findings() == []


@pytest.mark.django_db
def test_without_the_guard_the_same_capture_oversells(
    hours: Hours, shop: Shop, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = _capture_of_a_stale_order(shop, buyer, hours, monkeypatch)

    def unguarded(lines: list[OrderLine], to: str, **_: object) -> None:
        OrderLine.objects.filter(id__in=[line.id for line in lines]).update(state=to)

    monkeypatch.setattr(outcomes, "advance_lines", unguarded)
    capture()
    assert (
        sum(OrderLine.objects.filter(state__in=states.TAKES_UNITS).values_list("quantity", flat=True)) == 20
    )
    assert {finding.split()[0] for finding in findings()} == {
        "order.stocklevel_miscounted",
        "order.slot_miscounted",
        "reports.counters_differ",
    }


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_give_units_back_once(hours: Hours, shop: Shop) -> None:
    for number in range(8):
        buy(shop, sign_up(f"sleeper{number}"))
    hours.move(WINDOW)
    results = at_once(*[sweep_expired_orders] * 4)
    assert results == [None] * 4
    sweep_expired_orders()
    assert (shop.level(), shop.taken()) == ((10, 0), 0)
    assert Fact.objects.filter(type="order.expired").count() == 8
    assert findings() == []


@pytest.mark.django_db
def test_the_audit_sees_what_no_line_accounts_for(hours: Hours, shop: Shop, buyer: User) -> None:
    order = buy(shop, buyer)
    Slot.objects.filter(id=shop.slot.id).update(taken=F("taken") + 1)
    OrderLine.objects.filter(order=order).update(amount=1)
    assert {finding.split()[0] for finding in findings()} == {
        "order.slot_miscounted",
        "order.wrong_amount",
        "order.wrong_line_amount",
        "reports.counters_differ",
    }
