"""Paying: every card of the gateway, through the HTTP door."""

from typing import Any

import pytest

from marketplace.models import Fact, User
from orders.models import Order, Payment
from orders.payments.simulator.cards import CARDS, late_card
from orders.payments.simulator.models import SimulatedPayment
from tests.marketplace.rest_callers import problem_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import ADDRESS, APPROVE, DECLINE, Shop, buy, caller, pay, post, states_of
from tests.orders.times import findings, later
from tests.plugin import dealt

pytestmark = pytest.mark.django_db

HANGS, STUMBLES, NEVER = "4000010000000076", "4000010000000084", "4000010000000019"


@pytest.fixture
def order(hours: Hours, shop: Shop, buyer: User) -> Order:
    """Return Bella's unpaid order of two units."""
    return buy(shop, buyer, quantity=2)


def facts_about(subject: str) -> list[str]:
    return sorted(Fact.objects.filter(subject=subject).values_list("type", flat=True))


def payment_states(order: Order) -> list[str]:
    return sorted(Payment.objects.filter(order=order).values_list("state", flat=True))


def test_an_approved_card_pays_the_order(shop: Shop, buyer: User, order: Order) -> None:
    answer = pay(caller(buyer), order)
    payment = Payment.objects.get(order=order)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "object": "payment",
            "id": payment.id,
            "order": order.id,
            "state": "captured",
            "amount": {"amount": 7980, "currency": "CNY"},
            "refunded": {"amount": 0, "currency": "CNY"},
            "failure_code": None,
            "created_at": "2026-11-11T20:00:00.000Z",
            "updated_at": "2026-11-11T20:00:00.000Z",
        },
    )
    assert states_of(order) == ["paid"]
    assert Order.objects.get(id=order.id).address == ADDRESS
    assert shop.level() == (10, 2)
    assert facts_about(order.id) == ["order.paid", "order.placed"]
    assert facts_about(payment.id) == ["payment.captured", "payment.created"]
    assert findings() == []


@pytest.mark.only_in("embedded")
@pytest.mark.parametrize(
    ("card", "code"),
    (
        ("4000000000009995", "insufficient_funds"),
        ("4000000000000002", "card_declined"),
        ("4000000000000069", "expired_card"),
    ),
)
def test_a_refused_card_leaves_the_order_open_for_another(
    shop: Shop, buyer: User, order: Order, card: str, code: str
) -> None:
    bella = caller(buyer)
    problem = problem_of(pay(bella, order, card), 402, "declined")
    payment = Payment.objects.get(order=order)
    assert problem["data"] == {"payment": payment.id, "failure_code": code}
    assert (payment.state, payment.failure_code) == ("failed", code)
    assert states_of(order) == ["pending_payment"]
    assert pay(bella, order, APPROVE).status_code == 200
    assert payment_states(order) == ["captured", "failed"]
    assert states_of(order) == ["paid"]
    assert findings() == []


#: What paying answers, and where the payment and the order end.
FATES: dict[str, tuple[int, str, str]] = {
    "approve": (200, "captured", "paid"),
    "insufficient_funds": (402, "failed", "expired"),
    "card_declined": (402, "failed", "expired"),
    "expired_card": (402, "failed", "expired"),
    "never_answers": (200, "failed", "expired"),
    "answers_twice": (200, "captured", "paid"),
    "answers_twice_two_ids": (200, "captured", "paid"),
    "webhook_first": (200, "captured", "paid"),
    "stale_failure": (200, "captured", "paid"),
    "refund_first": (200, "captured", "paid"),
    "hangs": (503, "captured", "paid"),
    "error_once": (503, "failed", "expired"),
    "refund_fails": (200, "captured", "paid"),
    "refund_late": (200, "captured", "paid"),
}


@pytest.mark.only_in("embedded")
def test_every_card_has_a_fate() -> None:
    assert {scenario.name for scenario in CARDS.values()} == FATES.keys()


@pytest.mark.parametrize("card", dealt(tuple(CARDS)))
def test_every_card_comes_to_its_end_without_the_buyer(
    shop: Shop, buyer: User, hours: Hours, order: Order, card: str
) -> None:
    status, payment_state, order_state = FATES[CARDS[card].name]
    assert pay(caller(buyer), order, card).status_code == status
    for seconds in (1, 2, 20, 120, 900, 86_400):
        later(hours, seconds)
        assert findings() == []
    assert payment_states(order) == [payment_state]
    assert states_of(order) == [order_state]
    assert shop.level() == (10, 2 if order_state == "paid" else 0)
    assert shop.taken() == (2 if order_state == "paid" else 0)


def test_a_card_that_is_captured_late_but_in_time_pays(
    shop: Shop, buyer: User, hours: Hours, order: Order
) -> None:
    answer = pay(caller(buyer), order, late_card(300))
    assert (answer.status_code, answer.json()["state"]) == (200, "processing")
    assert states_of(order) == ["pending_payment"]
    later(hours, 301)
    assert payment_states(order) == ["captured"]
    assert states_of(order) == ["paid"]
    assert findings() == []


def test_a_card_that_is_declined_late_leaves_the_order_open(
    shop: Shop, buyer: User, hours: Hours, order: Order
) -> None:
    bella = caller(buyer)
    assert pay(bella, order, late_card(300, prefix="40000900")).json()["state"] == "processing"
    problem_of(pay(bella, order, APPROVE), 409, "payment_in_progress")
    later(hours, 301)
    assert Payment.objects.get(order=order).failure_code == "card_declined"
    assert pay(bella, order, APPROVE).status_code == 200
    assert states_of(order) == ["paid"]
    assert findings() == []


@pytest.mark.parametrize("card", (HANGS, STUMBLES))
def test_no_answer_is_safe_to_repeat_and_charges_once(buyer: User, order: Order, card: str) -> None:
    bella = caller(buyer)
    problem = problem_of(pay(bella, order, card, key="k1"), 503, "gateway_unavailable")
    payment = Payment.objects.get(order=order)
    assert (payment.state, problem["data"]) == ("created", {"payment": payment.id})
    again = pay(bella, order, card, key="k1")
    assert again.status_code == 200, again.content
    assert again.json()["id"] == payment.id
    assert SimulatedPayment.objects.count() == 1


def test_another_card_after_a_lost_answer_does_not_charge_twice(
    buyer: User, hours: Hours, order: Order
) -> None:
    bella = caller(buyer)
    problem_of(pay(bella, order, HANGS), 503, "gateway_unavailable")
    problem_of(pay(bella, order, APPROVE), 409, "payment_in_progress")
    later(hours, 30)
    assert payment_states(order) == ["captured"]
    assert SimulatedPayment.objects.count() == 1
    problem_of(pay(bella, order, APPROVE), 409, "wrong_order_state")


def test_a_payment_that_never_reached_the_gateway_is_given_up(
    shop: Shop, buyer: User, hours: Hours, order: Order
) -> None:
    bella = caller(buyer)
    problem_of(pay(bella, order, STUMBLES), 503, "gateway_unavailable")
    later(hours, 30)
    assert payment_states(order) == ["created"]
    later(hours, 40)
    assert Payment.objects.get(order=order).failure_code == "not_received"
    assert pay(bella, order, APPROVE).status_code == 200
    assert findings() == []


def test_the_same_key_answers_the_same(buyer: User, order: Order) -> None:
    bella = caller(buyer)
    first, second = pay(bella, order, key="k1"), pay(bella, order, key="k1")
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    problem_of(pay(bella, order, DECLINE, key="k1"), 422, "idempotency_mismatch")
    assert SimulatedPayment.objects.count() == 1


@pytest.mark.only_in("embedded")
def test_a_key_is_required(buyer: User, order: Order) -> None:
    answer = caller(buyer).send(
        "POST", f"/api/v1/orders/{order.id}/pay", {"card": APPROVE, "address": ADDRESS}
    )
    assert answer.status_code == 400
    assert Payment.objects.count() == 0


def test_paying_after_the_time_is_over_is_gone(shop: Shop, buyer: User, hours: Hours, order: Order) -> None:
    hours.move(900)
    bella = caller(buyer)
    problem = problem_of(pay(bella, order), 410, "hold_expired")
    assert problem["data"] == {"pay_by": "2026-11-11T20:15:00.000Z"}
    assert bella.get(f"/api/v1/orders/{order.id}").json()["state"] == "expired"
    assert states_of(order) == ["pending_payment"]
    assert Payment.objects.count() == 0
    later(hours, 0)
    assert states_of(order) == ["expired"]
    problem_of(pay(bella, order), 410, "hold_expired")


def test_the_last_moment_is_in_time(buyer: User, hours: Hours, order: Order) -> None:
    hours.move(899.999)
    assert pay(caller(buyer), order).status_code == 200


def test_a_paid_order_is_not_paid_again(buyer: User, order: Order) -> None:
    bella = caller(buyer)
    pay(bella, order)
    problem = problem_of(pay(bella, order), 409, "wrong_order_state")
    assert problem["data"] == {"state": "paid"}


@pytest.mark.only_in("embedded")
def test_only_the_buyer_pays(
    order: Order, outsider: User, brand_owner: User, host: User, admin: User
) -> None:
    for person in (outsider, brand_owner, host, admin):
        problem_of(pay(caller(person), order), 404, "not_found")
    assert Payment.objects.count() == 0


_GOOD: dict[str, Any] = {"card": APPROVE, "address": ADDRESS}
_BAD_VALUES: dict[str, tuple[object, ...]] = {
    "card": (None, "", 1, [], {}, "x" * 41),
    "address": (None, "", 1, [], "x"),
    "address.name": (None, "", 1, [], "x" * 121),
    "address.phone": (None, "", 1, "call me", "+", "1" * 40),
    "address.line1": (None, "", 1, "x" * 201),
    "address.line2": (None, 1, [], "x" * 201),
    "address.city": (None, "", {}, "x" * 101),
    "address.region": (None, 1, "x" * 101),
    "address.postal_code": (None, "", 1, "x" * 21),
    "address.country": (None, "", 1, "China", "cn", "C1", "CNY"),
}


@pytest.mark.only_in("scaled")
@pytest.mark.parametrize(
    ("param", "value"), tuple((param, value) for param, values in _BAD_VALUES.items() for value in values)
)
def test_malformed_fields_are_named(buyer: User, order: Order, param: str, value: object) -> None:
    body = {**_GOOD, "address": dict(ADDRESS)}
    place, _, name = param.rpartition(".")
    (body[place] if place else body)[name] = value
    problem = problem_of(post(caller(buyer), f"/api/v1/orders/{order.id}/pay", body), 400, "invalid")
    assert problem["param"] == param
    assert Payment.objects.count() == 0


@pytest.mark.only_in("scaled")
@pytest.mark.parametrize("missing", ("card", "address", "address.name", "address.phone", "address.country"))
def test_missing_fields_are_named(buyer: User, order: Order, missing: str) -> None:
    body = {**_GOOD, "address": dict(ADDRESS)}
    place, _, name = missing.rpartition(".")
    del (body[place] if place else body)[name]
    problem = problem_of(post(caller(buyer), f"/api/v1/orders/{order.id}/pay", body), 400, "invalid")
    assert problem["param"] == missing


@pytest.mark.only_in("scaled")
@pytest.mark.parametrize(
    "body", (b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"card": 1e999}', b'{"card": "4242\\u0000"}')
)
def test_a_body_that_is_no_object_is_refused(buyer: User, order: Order, body: bytes) -> None:
    answer = post(caller(buyer), f"/api/v1/orders/{order.id}/pay", body)
    assert answer.status_code == 400, answer.content
    assert Payment.objects.count() == 0


@pytest.mark.only_in("scaled")
@pytest.mark.parametrize("card", ("1234", "4242424242424241", "4111111111111111", "not a card"))
def test_what_the_gateway_takes_for_no_card_is_refused(buyer: User, order: Order, card: str) -> None:
    bella = caller(buyer)
    assert problem_of(pay(bella, order, card), 400, "card_refused")["param"] == "card"
    assert payment_states(order) == ["failed"]
    assert pay(bella, order).status_code == 200
