"""Each magic card, seen as the application sees it: through the port and by webhook."""

import re
from datetime import timedelta

import pytest

from marketplace.lib.money import Money
from orders.payments.port import Gateway, GatewayUnavailable
from orders.payments.simulator.cards import (
    CARDS,
    LATE_CARDS,
    Scenario,
    digits_of,
    late_card,
    scenario_named,
    scenario_of,
)
from tests.orders.gateway_receiver import START, TEA, Hours, Inbox, pay
from tests.servers import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]

NUMBERS = {scenario.name: number for number, scenario in CARDS.items()}
DAY = timedelta(days=1).total_seconds()


def test_approve_captures_in_the_answer_and_tells_it_by_webhook(
    gateway: Gateway, inbox: Inbox, hours: Hours
) -> None:
    payment = pay(gateway, NUMBERS["approve"])
    assert (payment.state, payment.failure_code, payment.money) == ("captured", "", TEA)
    assert (payment.reference, payment.refunded) == ("pay_1", Money(0, "CNY"))
    assert inbox.events == []
    hours.pass_by(0)
    (event,) = inbox.events
    assert (event.type, event.payment_id, event.reference) == ("payment.captured", payment.id, "pay_1")
    assert (event.amount, event.currency, event.money, event.at) == (3990, "CNY", TEA, START)
    assert (event.refund_id, event.failure_code, event.idempotency_key) == ("", "", "pay_1")


@pytest.mark.parametrize("code", ("insufficient_funds", "card_declined", "expired_card"))
def test_declined_cards_fail_in_the_answer_with_their_reason(
    gateway: Gateway, inbox: Inbox, hours: Hours, code: str
) -> None:
    payment = pay(gateway, NUMBERS[code])
    assert (payment.state, payment.failure_code) == ("failed", code)
    hours.pass_by(0)
    assert [(event.type, event.failure_code) for event in inbox.events] == [("payment.failed", code)]


def test_never_answers_stays_processing_and_silent_until_a_query_finds_it_expired(
    gateway: Gateway, inbox: Inbox, hours: Hours
) -> None:
    payment = pay(gateway, NUMBERS["never_answers"])
    hours.pass_by(DAY - 1)
    assert gateway.get_payment(payment.id).state == "processing"
    hours.pass_by(1)
    found = gateway.get_payment(payment.id)
    assert (found.state, found.failure_code) == ("failed", "payment_expired")
    hours.pass_by(30 * DAY)
    assert inbox.events == []


@pytest.mark.parametrize("seconds", (1, 60, 1_000))
def test_late_cards_answer_after_the_seconds_in_their_number(
    gateway: Gateway, inbox: Inbox, hours: Hours, seconds: int
) -> None:
    payment = pay(gateway, late_card(seconds))
    assert payment.state == "processing"
    hours.pass_by(seconds - 1)
    assert inbox.events == []
    assert gateway.get_payment(payment.id).state == "processing"
    hours.pass_by(1)
    (event,) = inbox.events
    assert (event.type, event.at) == ("payment.captured", START + timedelta(seconds=seconds))
    assert gateway.get_payment(payment.id).state == "captured"


def test_late_declines_fail_after_the_seconds_in_their_number(
    gateway: Gateway, inbox: Inbox, hours: Hours
) -> None:
    payment = pay(gateway, late_card(90, prefix="40000900"))
    hours.pass_by(90)
    assert [(event.type, event.failure_code) for event in inbox.events] == [
        ("payment.failed", "card_declined")
    ]
    assert gateway.get_payment(payment.id).failure_code == "card_declined"


def test_a_card_later_than_a_day_expires_instead_and_says_so(
    gateway: Gateway, inbox: Inbox, hours: Hours
) -> None:
    pay(gateway, late_card(200_000))
    hours.pass_by(DAY)
    assert [(event.type, event.failure_code) for event in inbox.events] == [
        ("payment.failed", "payment_expired")
    ]
    hours.pass_by(2 * DAY)
    assert len(inbox.events) == 1


def test_the_outcome_carries_its_own_time_however_late_the_sweep(
    gateway: Gateway, inbox: Inbox, hours: Hours
) -> None:
    pay(gateway, late_card(60))
    hours.pass_by(5_000)
    assert [event.at for event in inbox.events] == [START + timedelta(seconds=60)]


def test_a_query_sees_the_outcome_before_any_sweep(gateway: Gateway, inbox: Inbox, hours: Hours) -> None:
    payment = pay(gateway, late_card(60))
    hours.move(60)
    assert gateway.get_payment(payment.id).state == "captured"
    assert [found.state for found in gateway.payments_for("pay_1")] == ["captured"]
    hours.pass_by(0)
    assert inbox.types == ["payment.captured"]


@pytest.mark.parametrize(("card", "ids"), (("answers_twice", 1), ("answers_twice_two_ids", 2)))
def test_cards_that_answer_twice_tell_payments_and_refunds_twice(
    gateway: Gateway, inbox: Inbox, hours: Hours, card: str, ids: int
) -> None:
    payment = pay(gateway, NUMBERS[card])
    hours.pass_by(1)
    gateway.refund(payment_id=payment.id, money=TEA, idempotency_key="rfd_1")
    hours.pass_by(0)
    assert inbox.types == ["payment.captured", "payment.captured", "refund.done", "refund.done"]
    assert len({event.webhook_id for event in inbox.events[:2]}) == ids
    assert len({event.webhook_id for event in inbox.events[2:]}) == ids


def test_webhook_first_is_heard_before_the_answer_that_still_says_processing(
    gateway: Gateway, inbox: Inbox, hours: Hours
) -> None:
    payment = pay(gateway, NUMBERS["webhook_first"])
    assert payment.state == "processing"
    assert [(event.type, event.payment_id) for event in inbox.events] == [("payment.captured", payment.id)]
    assert gateway.get_payment(payment.id).state == "captured"
    hours.pass_by(DAY)
    assert len(inbox.events) == 1


def test_stale_failure_comes_after_the_capture_and_is_older(
    gateway: Gateway, inbox: Inbox, hours: Hours
) -> None:
    payment = pay(gateway, NUMBERS["stale_failure"])
    hours.pass_by(1)
    hours.pass_by(2)
    captured, failed = inbox.events
    assert (captured.type, captured.at) == ("payment.captured", START + timedelta(seconds=1))
    assert (failed.type, failed.at, failed.failure_code) == ("payment.failed", START, "card_declined")
    assert captured.payment_id == failed.payment_id == payment.id
    assert captured.webhook_id != failed.webhook_id
    assert gateway.get_payment(payment.id).state == "captured"


def test_refund_first_tells_the_refund_before_the_capture(
    gateway: Gateway, inbox: Inbox, hours: Hours
) -> None:
    payment = pay(gateway, NUMBERS["refund_first"])
    assert payment.state == "captured"
    gateway.refund(payment_id=payment.id, money=TEA, idempotency_key="rfd_1")
    hours.pass_by(1)
    hours.pass_by(9)
    assert inbox.types == ["refund.done", "payment.captured"]


def test_hangs_outlasts_the_client_and_captures_anyhow(gateway: Gateway, inbox: Inbox, hours: Hours) -> None:
    with pytest.raises(GatewayUnavailable) as caught:
        pay(gateway, NUMBERS["hangs"])
    assert caught.value.code == "unreachable"
    (lost,) = gateway.payments_for("pay_1")
    assert lost.state == "processing"
    assert pay(gateway, NUMBERS["hangs"]) == lost
    hours.pass_by(10)
    assert [(event.type, event.payment_id) for event in inbox.events] == [("payment.captured", lost.id)]
    assert pay(gateway, NUMBERS["hangs"]).state == "captured"


def test_error_once_makes_nothing_the_first_time_and_captures_the_second(
    gateway: Gateway, inbox: Inbox, hours: Hours
) -> None:
    with pytest.raises(GatewayUnavailable) as caught:
        pay(gateway, NUMBERS["error_once"])
    assert caught.value.code == "gateway_error"
    assert gateway.payments_for("pay_1") == []
    assert pay(gateway, NUMBERS["error_once"]).state == "captured"
    assert len(gateway.payments_for("pay_1")) == 1
    hours.pass_by(0)
    assert inbox.types == ["payment.captured"]


@pytest.mark.parametrize(
    ("card", "seconds", "outcome"), (("refund_fails", 2, "refund.failed"), ("refund_late", 60, "refund.done"))
)
def test_cards_whose_refunds_take_their_time(
    gateway: Gateway, inbox: Inbox, hours: Hours, card: str, seconds: int, outcome: str
) -> None:
    payment = pay(gateway, NUMBERS[card])
    refund = gateway.refund(payment_id=payment.id, money=Money(1000, "CNY"), idempotency_key="rfd_1")
    assert refund.state == "processing"
    hours.pass_by(seconds - 1)
    assert gateway.get_refund(refund.id).state == "processing"
    hours.pass_by(1)
    event = inbox.events[-1]
    assert (event.type, event.refund_id, event.amount) == (outcome, refund.id, 1000)
    assert f"refund.{gateway.get_refund(refund.id).state}" == outcome


def test_a_failed_refund_can_be_asked_for_again(gateway: Gateway, hours: Hours) -> None:
    payment = pay(gateway, NUMBERS["refund_fails"])
    gateway.refund(payment_id=payment.id, money=TEA, idempotency_key="rfd_1")
    assert gateway.get_payment(payment.id).refunded == TEA
    hours.pass_by(2)
    assert gateway.get_payment(payment.id).refunded == Money(0, "CNY")
    again = gateway.refund(payment_id=payment.id, money=TEA, idempotency_key="rfd_2")
    assert again.state == "processing"


def test_numbers_are_card_numbers_with_blanks_and_dashes_allowed() -> None:
    assert [number for number in CARDS if digits_of(number) != number] == []
    assert digits_of("4242 4242-4242 4242") == "4242424242424242"
    assert digits_of("4242424242424241") is None
    assert digits_of("\uff14242424242424242") is None
    assert [late_card(2), late_card(1_000)] == ["4000080000000020", "4000080000010003"]
    assert digits_of(late_card(9_999_999)) == late_card(9_999_999)


def test_every_scenario_is_found_by_its_number_and_by_its_name() -> None:
    assert all(scenario_named(scenario.name) is scenario for scenario in CARDS.values())
    late = scenario_of(late_card(75))
    assert late is not None
    assert (late.name, late.answer_after) == ("captured_late", 75)
    assert scenario_of("5555555555554444") is None


def test_the_documented_table_is_the_code() -> None:
    text = (ROOT / "docs" / "payments.md").read_text()
    documented = re.findall(r"^\| `([0-9 sc]+)` \| ([a-z_]+) \| (.*) \|$", text, flags=re.MULTILINE)
    assert documented == [
        *[_row(number, scenario) for number, scenario in CARDS.items()],
        *[_row(f"{prefix}sssssssc", scenario) for prefix, scenario in LATE_CARDS.items()],
    ]


def _row(number: str, scenario: Scenario) -> tuple[str, str, str]:
    groups = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    return groups, scenario.name, scenario.does
