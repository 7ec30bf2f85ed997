"""Every finding of the ledger is found on a row that was doctored for it, and on nothing else."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.lib import clock
from marketplace.models import User
from orders.models import Order, ReceivedPayout
from tests.ledger.books import doctor, found, pay_in
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, cancel, pay
from tests.orders.times import findings, later

pytestmark = pytest.mark.django_db

ESCROW = "(SELECT id FROM ledger_account WHERE kind = 'escrow')"

DOCTORED = {
    "UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'escrow'": {
        "ledger.wrong_balance",
        "ledger.trial_balance",
    },
    "UPDATE ledger_account SET version = version + 1 WHERE kind = 'escrow'": {"ledger.wrong_version"},
    f"UPDATE ledger_entry SET amount = amount + 1 WHERE account_version = 2 AND account_id = {ESCROW}": {
        "ledger.unbalanced_transfer",
        "ledger.wrong_balance",
        "ledger.broken_chain",
    },
    f"UPDATE ledger_entry SET balance_after = 5 WHERE account_version = 1 AND account_id = {ESCROW}": {
        "ledger.broken_chain",
    },
    f"UPDATE ledger_entry SET account_version = 7 WHERE account_version = 3 AND account_id = {ESCROW}": {
        "ledger.broken_chain",
        "ledger.wrong_version",
    },
    "DELETE FROM ledger_entry WHERE account_version = 3": {
        "ledger.transfer_without_entries",
        "ledger.wrong_balance",
        "ledger.wrong_version",
    },
    "DELETE FROM ledger_transfer WHERE key = 'two'": {"ledger.orphan_entry"},
    "DELETE FROM ledger_account WHERE kind = 'escrow'": {
        "ledger.orphan_entry",
        "ledger.unbalanced_transfer",
        "ledger.trial_balance",
    },
}


@pytest.mark.parametrize("statement", DOCTORED)
def test_a_doctored_row_is_found(statement: str) -> None:
    for key, amount in (("one", 300), ("two", 200), ("three", 100)):
        pay_in(key, amount)
    assert found() == set()
    doctor(statement)
    assert found() == DOCTORED[statement]


def test_a_missing_trigger_is_found() -> None:
    on = " ON ledger_entry" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER ledger_entry_no_update{on}")
    assert found() == {"ledger.not_append_only"}


@pytest.fixture
def traded(shop: Shop, buyer: User, hours: Hours) -> Order:
    """Return a paid order beside a refunded one and a payout."""
    bella, order = caller(buyer), buy(shop, buyer, quantity=2)
    pay(bella, order)
    gone = buy(shop, buyer)
    pay(bella, gone)
    cancel(bella, gone)
    later(hours, 3 * 86_400)
    assert findings() == []
    return order


def codes() -> list[str]:
    return [" ".join(finding.split()[:2]) for finding in findings() if finding.startswith("ledger.")]


def test_money_that_no_line_stands_for_is_found(traded: Order) -> None:
    traded.lines.update(state="expired")
    assert codes() == [f"ledger.escrow_differs {traded.id}:"]


def test_a_line_whose_money_is_not_there_is_found(traded: Order) -> None:
    doctor("UPDATE ledger_transfer SET subject = 'ord_1' WHERE kind = 'capture' AND subject = %s", traded.id)
    assert f"ledger.escrow_differs {traded.id}:" in codes()
    assert len(codes()) == 2


def test_a_payment_that_was_not_posted_is_found(traded: Order) -> None:
    traded.payments.update(amount=8_000)
    assert codes() == ["ledger.clearing_differs CNY:"]


def test_a_payout_that_was_not_posted_is_found(traded: Order) -> None:
    lost = ReceivedPayout.objects.create(
        gateway_id="gwo_lost", amount=10, fee=1, currency="CNY", paid_at=clock.now(), recorded_at=clock.now()
    )
    assert codes() == ["ledger.clearing_differs CNY:", f"ledger.payout_not_posted {lost.id}:"]


def test_the_audit_asks_as_much_of_one_transfer_as_of_many(django_assert_num_queries: Any) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert found() == set()
    for number in range(5):
        pay_in(f"key-{number}", 100)
    with django_assert_num_queries(len(asked)):
        assert found() == set()
