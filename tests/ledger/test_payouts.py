"""Payouts of the gateway: told once, twice, late, out of order or not at all, they are posted once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from marketplace.lib import clock, signing
from marketplace.lib.money import Money
from marketplace.models import User
from orders import tasks
from orders.models import InboundWebhook, ReceivedPayout, Transfer
from orders.payments.client import get_gateway
from orders.payments.port import GatewayRejected
from orders.payments.simulator.cards import PAYOUT_SENDINGS
from orders.payments.simulator.fees import FEES, OTHER_CURRENCIES, fee_of
from orders.payments.simulator.models import SimulatedDelivery, SimulatedPayout
from tests.ledger.books import balance
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, pay
from tests.orders.test_webhook_inbox import send
from tests.orders.times import SWEEPS, findings, later

pytestmark = pytest.mark.django_db

DAYS = 86_400


def told() -> list[str]:
    """Return what came of the messages about payouts, in order of arrival."""
    messages = InboundWebhook.objects.filter(type="payout.paid").order_by("received_at", "id")
    return list(messages.values_list("outcome", flat=True))


def message(**changed: object) -> bytes:
    at = clock.to_wire(clock.now())
    data = {"payout": "gwo_1", "amount": 1_000, "fee": 6, "currency": "CNY", "paid_at": at, **changed}
    return json.dumps({"type": "payout.paid", "at": at, "data": data}).encode()


def test_payouts_are_posted_once_however_they_are_told(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads the list: only messages, of which the fourth comes after the fifth was due."""
    monkeypatch.setattr("tests.orders.times.SWEEPS", [s for s in SWEEPS if s != tasks.sweep_gateway_payouts])
    bella = caller(buyer)
    for _ in PAYOUT_SENDINGS:
        pay(bella, buy(shop, buyer))
        later(hours, 3 * DAYS)
    assert SimulatedPayout.objects.count() == 5
    assert (ReceivedPayout.objects.count(), Transfer.objects.filter(kind="gateway_payout").count()) == (3, 3)
    later(hours, 5 * DAYS)
    assert ReceivedPayout.objects.count() == 4
    assert told() == ["recorded", "recorded", "recorded", "repeated: the payout is recorded", "recorded"]
    delivered = SimulatedDelivery.objects.filter(event__type="payout.paid", state="delivered").count()
    assert delivered == 6  # the second payout twice under one id, which the inbox keeps once
    assert balance("gateway_clearing") == -3990
    assert findings() == []
    tasks.sweep_gateway_payouts()
    assert (ReceivedPayout.objects.count(), balance("gateway_clearing")) == (5, 0)
    assert (balance("bank"), balance("gateway_fees")) == (-5 * (3990 - 24), -5 * 24)
    tasks.sweep_gateway_payouts()
    assert (ReceivedPayout.objects.filter(listed=True).count(), findings()) == (5, [])


def test_the_list_is_read_on_from_where_it_was_left(shop: Shop, buyer: User, hours: Hours) -> None:
    bella = caller(buyer)
    for _ in range(2):
        pay(bella, buy(shop, buyer))
        later(hours, 3 * DAYS)
    first, second = SimulatedPayout.objects.all()
    gateway = get_gateway()
    assert [payout.id for payout in gateway.payouts()] == [first.id, second.id]
    assert [payout.id for payout in gateway.payouts(after=first.id)] == [second.id]
    assert gateway.payouts(after=second.id) == []
    [last] = gateway.payouts(after=first.id)
    assert (last.total, last.fee, last.paid_at) == (Money(3990, "CNY"), Money(24, "CNY"), second.created_at)
    for unknown in ("gwo_1", "x" * 40):
        with pytest.raises(GatewayRejected, match="no such payout"):
            gateway.payouts(after=unknown)


def test_a_gateway_that_is_away_is_asked_again(shop: Shop, buyer: User, hours: Hours, settings: Any) -> None:
    pay(caller(buyer), buy(shop, buyer))
    hours.pass_by(3 * DAYS)
    settings.GATEWAY_URL = "http://127.0.0.1:9"
    tasks.sweep_gateway_payouts()
    assert ReceivedPayout.objects.count() == 0
    settings.GATEWAY_URL = ""
    tasks.sweep_gateway_payouts()
    assert ReceivedPayout.objects.count() == 1


def test_a_message_of_another_amount_changes_nothing(hours: Hours) -> None:
    send(message())
    send(message(amount=2_000), "msg_2")
    send(message(fee=7), "msg_3")
    tasks.sweep_webhooks()
    assert told() == ["recorded", *["refused: it was of another amount"] * 2]
    assert (balance("gateway_clearing"), balance("bank"), balance("gateway_fees")) == (1_000, -994, -6)


@pytest.mark.parametrize(
    "wrong", ({"amount": 0}, {"fee": -1}, {"fee": 1_000}, {"currency": "yuan"}, {"paid_at": "now"})
)
def test_a_malformed_payout_is_kept_and_not_used(hours: Hours, wrong: dict[str, object]) -> None:
    assert send(message(**wrong)).status_code == 200
    tasks.sweep_webhooks()
    assert InboundWebhook.objects.get().outcome == "unused: malformed"
    assert ReceivedPayout.objects.count() == 0


def test_only_the_gateway_says_that_it_has_paid(hours: Hours) -> None:
    body = message()
    signed = signing.headers(secret="whsec_" + "A" * 43 + "=", message_id="msg_1", now=clock.now(), body=body)
    answer = Client().post("/api/v1/gateway/webhooks", body, content_type="application/json", headers=signed)
    assert (answer.status_code, InboundWebhook.objects.count()) == (403, 0)


def test_currencies_are_paid_out_apart(hours: Hours) -> None:
    gateway = get_gateway()
    for number, money in enumerate((Money(3_990, "JPY"), Money(3_990, "KWD"), Money(10_000, "KWD"))):
        gateway.create_payment(
            reference=f"pay_{number}", money=money, card="4242424242424242", idempotency_key=f"pay_{number}"
        )
    hours.pass_by(3 * DAYS)
    paid = {payout.total.currency: (payout.total.amount, payout.fee.amount) for payout in gateway.payouts()}
    assert paid == {"JPY": (3_990, 144), "KWD": (13_990, 110 + 50 + 275 + 50)}


@pytest.mark.parametrize(
    ("money", "fee"),
    (
        (Money(3_990, "CNY"), 24),
        (Money(10_000, "USD"), 320),
        (Money(1_000, "EUR"), 40),
        (Money(999, "JPY"), 36),
        (Money(1_000, "KWD"), 78),
        (Money(10_000, "SEK"), 290),
        (Money(20, "USD"), 20),
    ),
)
def test_fees_follow_the_table(money: Money, fee: int) -> None:
    assert fee_of(money) == fee
    assert FEES.get(money.currency, OTHER_CURRENCIES).basis_points <= 360


def test_nothing_is_paid_out_before_its_time(shop: Shop, buyer: User, hours: Hours) -> None:
    pay(caller(buyer), buy(shop, buyer))
    later(hours, timedelta(days=3).total_seconds() - 1)
    assert SimulatedPayout.objects.count() == 0
    later(hours, 1)
    assert ReceivedPayout.objects.count() == 1
