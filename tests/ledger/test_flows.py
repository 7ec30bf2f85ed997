"""What buying, paying, cancelling and the gateway's payouts post, and the tripwire behind them."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import User
from orders import books
from orders.ledger.errors import NotPosted
from orders.models import OrderLine, Payment, ReceivedPayout, Transfer
from orders.payments.simulator.cards import late_card
from orders.states import advance_lines, advance_payment
from refunds.actions.cancel_paid_lines import cancel_paid_lines
from refunds.models import Refund
from refunds.tasks import sweep_refunds
from tests.ledger.books import balance, entries_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, cancel, pay, states_of
from tests.orders.times import findings, later

pytestmark = pytest.mark.django_db

FEE_OF_ONE = 24  # 0.6 % of 39.90 yuan
DAYS = 86_400


def kinds() -> list[str]:
    return list(Transfer.objects.order_by("id").values_list("kind", flat=True))


def test_a_capture_puts_the_total_into_escrow(shop: Shop, buyer: User) -> None:
    order = buy(shop, buyer, quantity=2)
    assert Transfer.objects.count() == 0
    pay(caller(buyer), order)
    transfer = Transfer.objects.get()
    payment = Payment.objects.get()
    assert (transfer.kind, transfer.subject, transfer.key) == ("capture", order.id, f"capture:{payment.id}")
    assert entries_of(transfer) == [("gateway_clearing", -7980, -7980, 1), ("escrow", 7980, 7980, 1)]
    assert findings() == []


def test_what_is_declined_or_undecided_posts_nothing(shop: Shop, buyer: User) -> None:
    order = buy(shop, buyer)
    pay(caller(buyer), order, "4000000000000002")
    pay(caller(buyer), order, "4000010000000019")
    assert (Transfer.objects.count(), findings()) == (0, [])


def test_late_money_that_is_held_again_stays_in_escrow(shop: Shop, buyer: User, hours: Hours) -> None:
    order = buy(shop, buyer)
    pay(caller(buyer), order, late_card(1_200))
    later(hours, 900)
    later(hours, 301)
    assert (states_of(order), kinds(), balance("escrow")) == (["paid"], ["late_capture"], 3990)
    assert findings() == []


def test_late_money_that_goes_back_leaves_escrow(
    shop: Shop, buyer: User, outsider: User, hours: Hours
) -> None:
    order = buy(shop, buyer, quantity=4)
    pay(caller(buyer), order, late_card(1_200))
    later(hours, 900)
    buy(shop, outsider, quantity=7)
    later(hours, 301)
    assert (states_of(order), kinds()) == (["expired"], ["late_capture", "refund"])
    assert (balance("escrow"), balance("gateway_clearing"), findings()) == (0, 0, [])


def test_a_cancelled_line_stays_in_escrow_until_its_money_is_back(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    order, bella = buy(shop, buyer, quantity=2), caller(buyer)
    pay(bella, order, "4000010000000100")  # its refunds take a minute
    cancel(bella, order)
    sweep_refunds()
    assert (Refund.objects.get().state, balance("escrow"), kinds()) == ("sent", 7980, ["capture"])
    assert findings() == []
    later(hours, 61)
    refund = Refund.objects.get()
    transfer = Transfer.objects.get(kind="refund")
    assert (refund.state, transfer.key, transfer.subject) == ("done", f"refund:{refund.id}", order.id)
    assert entries_of(transfer) == [("escrow", -7980, 0, 2), ("gateway_clearing", 7980, 0, 2)]
    assert findings() == []


def test_a_refund_that_fails_posts_nothing(shop: Shop, buyer: User, hours: Hours) -> None:
    order, bella = buy(shop, buyer), caller(buyer)
    pay(bella, order, "4000010000000092")
    cancel(bella, order)
    later(hours, 0)
    later(hours, 2)
    assert (Refund.objects.get().state, balance("escrow"), findings()) == ("failed", 3990, [])


def test_the_gateway_pays_into_the_bank_and_keeps_its_fee(shop: Shop, buyer: User, hours: Hours) -> None:
    bella = caller(buyer)
    for quantity in (1, 2):
        pay(bella, buy(shop, buyer, quantity=quantity))
    gone = buy(shop, buyer)
    pay(bella, gone)
    cancel(bella, gone)
    later(hours, 60)
    assert (balance("gateway_clearing"), balance("bank")) == (-11_970, 0)
    later(hours, 3 * DAYS)
    payout = ReceivedPayout.objects.get()
    fee = FEE_OF_ONE + 48 + FEE_OF_ONE
    assert (payout.amount, payout.fee, payout.currency) == (11_970, fee, "CNY")
    transfer = Transfer.objects.get(kind="gateway_payout")
    assert (transfer.key, transfer.subject) == (f"gateway_payout:{payout.gateway_id}", payout.id)
    assert entries_of(transfer) == [
        ("bank", fee - 11_970, fee - 11_970, 1),
        ("gateway_fees", -fee, -fee, 1),
        ("gateway_clearing", 11_970, 0, 5),
    ]
    assert (balance("escrow"), findings()) == (11_970, [])


def test_money_refunded_after_it_was_paid_out_is_taken_from_the_next_payout(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    bella, first = caller(buyer), buy(shop, buyer, quantity=2)
    pay(bella, first)
    later(hours, 3 * DAYS)
    assert (balance("gateway_clearing"), balance("bank")) == (0, 48 - 7980)
    cancel(bella, first)
    later(hours, 60)
    assert (balance("gateway_clearing"), balance("escrow")) == (7980, 0)
    pay(bella, buy(shop, buyer))
    later(hours, 4 * DAYS)  # refunds are more than what was captured: carried forward
    assert (ReceivedPayout.objects.count(), balance("gateway_clearing")) == (1, 3990)
    pay(bella, buy(shop, buyer, quantity=3))
    later(hours, 60)
    assert ReceivedPayout.objects.count() == 2
    assert (balance("gateway_clearing"), balance("bank")) == (0, 48 + 24 + 72 - 7980 - 7980)
    assert findings() == []


def test_the_trial_balance_is_printed_by_currency(shop: Shop, buyer: User, hours: Hours) -> None:
    def printed() -> str:
        output = StringIO()
        call_command("trial_balance", stdout=output)
        return output.getvalue()

    assert printed() == "Nothing has been posted yet.\n"
    pay(caller(buyer), buy(shop, buyer))
    later(hours, 3 * DAYS)
    rows = [line.split() for line in printed().splitlines() if line]
    assert rows == [
        ["CNY", "accounts", "debit", "credit"],
        ["gateway_clearing", "1", "0.00", "0.00"],
        ["bank", "1", "39.66", "0.00"],
        ["escrow", "1", "0.00", "39.90"],
        ["gateway_fees", "1", "0.24", "0.00"],
        ["total", "39.90", "39.90"],
    ]


def _nothing(*_: Any, **__: Any) -> None:
    """Post nothing."""


def test_the_tripwire_undoes_a_capture_that_posts_nothing(
    shop: Shop, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = buy(shop, buyer)
    monkeypatch.setattr(books, "capture", _nothing)
    with pytest.raises(NotPosted, match=order.id):
        pay(caller(buyer), order)
    assert (states_of(order), Payment.objects.get().state) == (["pending_payment"], "created")


def test_the_tripwire_undoes_a_refund_that_posts_nothing(
    shop: Shop, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, bella = buy(shop, buyer), caller(buyer)
    pay(bella, order)
    cancel(bella, order)
    monkeypatch.setattr(books, "refund", _nothing)
    with pytest.raises(NotPosted, match=order.id):
        sweep_refunds()
    assert (Refund.objects.get().state, Payment.objects.get().state) == ("created", "captured")
    assert balance("escrow") == 3990


def test_lines_do_not_become_paid_without_a_transfer(shop: Shop, buyer: User) -> None:
    order = buy(shop, buyer)
    before = states_of(order)
    lines = list(order.lines.all())
    with pytest.raises(NotPosted, match=order.id), action():
        advance_lines(lines, "paid", actor="somebody", now=clock.now())
    assert states_of(order) == before


def test_payments_do_not_move_to_money_without_a_transfer(shop: Shop, buyer: User) -> None:
    order = buy(shop, buyer)
    pay(caller(buyer), order, "4000010000000019")
    with pytest.raises(NotPosted), action():
        advance_payment(Payment.objects.get(), "captured", now=clock.now())
    assert Payment.objects.get().state == "processing"


def test_a_transfer_about_another_order_does_not_meet_the_tripwire(
    shop: Shop, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, other = buy(shop, buyer), buy(shop, buyer)
    pay(caller(buyer), other)
    payment = Payment.objects.get()
    honest = books.capture
    monkeypatch.setattr(books, "capture", lambda _, late, now: honest(payment, late=late, now=now))
    with pytest.raises(NotPosted, match=order.id):
        pay(caller(buyer), order)


def test_without_the_tripwire_the_audit_finds_what_was_not_posted(
    shop: Shop, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the same faults pass when nobody expects a transfer."""
    monkeypatch.setattr("orders.ledger.tripwire.expect", _nothing)
    monkeypatch.setattr(books, "capture", _nothing)
    order = buy(shop, buyer)
    pay(caller(buyer), order)
    assert states_of(order) == ["paid"]
    assert {finding.split()[0] for finding in findings()} == {
        "ledger.escrow_differs",
        "ledger.clearing_differs",
    }


def test_lines_that_a_brand_takes_back_leave_escrow_with_their_refund(shop: Shop, buyer: User) -> None:
    order, bella = buy(shop, buyer, quantity=2), caller(buyer)
    pay(bella, order)
    line = OrderLine.objects.get(order=order)
    cancel_paid_lines(order_id=order.id, brand_id=line.brand_id, actor=shop.owner.id, now=clock.now())
    assert (balance("escrow"), findings()) == (7980, [])
    sweep_refunds()
    assert (balance("escrow"), findings()) == (0, [])
