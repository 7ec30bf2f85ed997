"""Paying on the page: what is typed stays, what is decided is shown."""

import pytest
from django.http import HttpResponse
from pytest_django import Settings

from marketplace.models import User
from orders.models import Order, OrderLine, Payment
from orders.payments.simulator.cards import late_card
from tests.marketplace.rest_callers import Caller
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import ADDRESS, APPROVE, DECLINE, Shop, buy, states_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.only_in("embedded"),
]


@pytest.fixture
def order(shop: Shop, buyer: User) -> Order:
    return buy(shop, buyer)


def send(browser: Caller, order: Order, card: str = APPROVE, **changes: str) -> HttpResponse:
    return browser.post(f"/orders/{order.id}/checkout", {"test_card": card, **ADDRESS, **changes})  # type: ignore[return-value]


def test_the_page_shows_what_is_owed_and_until_when(bella: Caller, order: Order) -> None:
    page = bella.get(f"/orders/{order.id}/checkout").content.decode()
    assert "1 × Longjing" in page
    assert "Pay ¥39.90" in page
    assert "data-countdown=" in page
    assert "Declined by the bank" in page


def test_the_sandbox_fills_a_sample_address_in(bella: Caller, order: Order, settings: Settings) -> None:
    path, sample = f"/orders/{order.id}/checkout", b'value="8 Teahouse Lane"'
    assert sample in bella.get(path).content
    settings.SANDBOX = False
    page = bella.get(path).content
    assert sample not in page
    assert b'<details class="disclosure" open>' in page


def test_the_last_address_is_kept_for_the_next_order(
    bella: Caller, order: Order, shop: Shop, buyer: User
) -> None:
    assert send(bella, order, line1="9 Kettle Street").status_code == 302
    page = bella.get(f"/orders/{buy(shop, buyer).id}/checkout").content.decode()
    assert 'value="9 Kettle Street"' in page
    assert '<details class="disclosure">' in page


def test_a_good_card_pays_and_leads_to_the_receipt(bella: Caller, order: Order) -> None:
    answer = send(bella, order)
    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{order.id}")
    assert states_of(order) == ["paid"]
    assert Order.objects.get(id=order.id).address == ADDRESS


def test_a_declined_card_keeps_what_was_typed(bella: Caller, order: Order) -> None:
    answer = send(bella, order, DECLINE, line1="9 Kettle Street")
    page = answer.content.decode()
    assert answer.status_code == 402
    assert "The bank declined this card." in page
    assert 'value="9 Kettle Street"' in page
    assert states_of(order) == ["pending_payment"]
    assert send(bella, order).status_code == 302
    assert [one.state for one in Payment.objects.order_by("id")] == ["failed", "captured"]


def test_a_bad_address_is_refused_field_by_field_and_charges_nothing(bella: Caller, order: Order) -> None:
    answer = send(bella, order, country="China", phone="none")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert page.count('aria-invalid="true"') == 2
    assert 'value="8 Teahouse Lane"' in page
    assert not Payment.objects.exists()


def test_what_is_no_test_card_is_refused(bella: Caller, order: Order) -> None:
    answer = send(bella, order, card="4111111111111111")
    assert answer.status_code == 400
    assert 'id="about-card"' in answer.content.decode()
    assert states_of(order) == ["pending_payment"]


def test_a_slow_payment_is_watched_and_cannot_be_doubled(bella: Caller, order: Order) -> None:
    answer = send(bella, order, late_card(60))
    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{order.id}/checkout")
    page = bella.get(answer["Location"]).content.decode()
    assert f'data-watch-payment="{Payment.objects.get().id}"' in page
    assert "<form class" not in page.partition("<main")[2]
    assert send(bella, order).status_code == 409
    assert Payment.objects.count() == 1


def test_an_expired_order_says_so(bella: Caller, order: Order, hours: Hours) -> None:
    hours.move(901)
    assert "The time to pay is over" in bella.get(f"/orders/{order.id}/checkout").content.decode()
    answer = send(bella, order)
    assert answer.status_code == 410
    assert "The time to pay is over" in answer.content.decode()
    assert not Payment.objects.exists()


def test_the_sheet_gets_a_fragment(bella: Caller, order: Order) -> None:
    path = f"/orders/{order.id}/checkout"
    page = bella.get(path, headers={"Accept": "text/html; fragment=1"}).content.decode()
    assert "<html" not in page
    assert f'action="{path}"' in page
    paid = bella.post(f"{path}?fragment=1", {"test_card": APPROVE, **ADDRESS})
    assert (paid.status_code, b"To the receipt" in paid.content) == (200, True)
    assert (b">To pay<" in paid.content, b">Total<" in paid.content) == (False, True)
    assert OrderLine.objects.get().state == "paid"


def test_nobody_else_pays(otto: Caller, nobody: Caller, order: Order) -> None:
    assert send(otto, order).status_code == 404
    answer = send(nobody, order)
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/sign-in?next=%2Forders%2F{order.id}%2Fcheckout",
    )
    assert not Payment.objects.exists()
