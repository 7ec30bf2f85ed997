"""A database from before the ledger: what it holds of its buyers' money is posted when it is migrated."""

from importlib import import_module

import pytest
from django.apps import apps

from marketplace.models import User
from orders.models import Transfer
from tests.ledger.books import balance, doctor, entries_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, cancel, pay
from tests.orders.times import findings, later

pytestmark = pytest.mark.django_db

migration = import_module("orders.migrations.0004_opening_balances")


def forget_the_ledger() -> None:
    for table in ("ledger_entry", "ledger_transfer", "ledger_account"):
        doctor(f"DELETE FROM {table}")


def test_paid_orders_begin_with_an_opening_transfer_each(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    bella = caller(buyer)
    paid, shipped, unpaid, gone, going = (buy(shop, buyer, quantity=number) for number in (1, 2, 1, 1, 3))
    for order in (paid, shipped, gone):
        pay(bella, order)
    pay(bella, unpaid, "4000010000000019")
    pay(bella, going, "4000010000000100")
    cancel(bella, gone)
    cancel(bella, going)
    later(hours, 0)
    forget_the_ledger()
    assert {finding.split()[0] for finding in findings()} == {
        "ledger.clearing_differs",
        "ledger.escrow_differs",
    }
    monkeypatch.setattr(migration, "BATCH", 2)
    for _ in range(2):
        migration.post_opening(apps, None)
        assert findings() == []
    opened = Transfer.objects.order_by("key")
    assert {transfer.kind for transfer in opened} == {"opening"}
    assert {transfer.subject for transfer in opened} == {paid.id, shipped.id, going.id}
    assert entries_of(opened[0]) == [("gateway_clearing", -3990, -3990, 1), ("escrow", 3990, 3990, 1)]
    assert balance("escrow") == 6 * 3990


def test_life_goes_on_after_the_opening(shop: Shop, buyer: User, hours: Hours) -> None:
    bella, order = caller(buyer), buy(shop, buyer)
    pay(bella, order)
    forget_the_ledger()
    migration.post_opening(apps, None)
    cancel(bella, order)
    pay(bella, buy(shop, buyer, quantity=2))
    later(hours, 60)
    assert (balance("escrow"), balance("gateway_clearing"), findings()) == (7980, -7980, [])
    later(hours, 3 * 86_400)
    assert (balance("gateway_clearing"), findings()) == (0, [])


def test_an_empty_database_opens_nothing() -> None:
    migration.post_opening(apps, None)
    assert Transfer.objects.count() == 0
