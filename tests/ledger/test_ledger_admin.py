"""The lists of the ledger in the admin: what they show, and that they and the audit stay quick."""

import time
from functools import partial

import pytest
from django.db import connection
from django.test import Client

from marketplace.lib import clock
from marketplace.models import User
from orders.ledger import audit
from orders.models import Account, Entry, Transfer
from tests.ledger.books import pay_in
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, pay
from tests.orders.test_orders_admin import SLOW, listing, page, signed_in, slowest_statement
from tests.orders.times import later

pytestmark = pytest.mark.django_db

SIZE = 100_000
MOMENT = "2026-11-11 20:00:00+00"


@pytest.fixture
def staff(admin: User) -> Client:
    return signed_in(admin)


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def listed(client: Client, path: str) -> list[str]:
    """Return the rows of a list, each as it calls itself."""
    answer = client.get(path)
    assert answer.status_code == 200
    return [str(row) for row in answer.context["cl"].result_list]


def test_accounts_show_debits_and_credits_apart(staff: Client) -> None:
    pay_in("one", 12_345)
    pay_in("two", 678, currency="JPY")
    seen = shown(staff, listing("orders_account"))
    cells = {cell.strip() for cell in seen.replace(">", "<").split("<")}
    assert {"escrow CNY", "123.45 CNY", "gateway_clearing JPY", "678 JPY"} <= cells
    assert listed(staff, listing("orders_account", "?kind=escrow")) == ["escrow CNY", "escrow JPY"]
    assert listed(staff, listing("orders_account", "?kind=escrow&currency=JPY")) == ["escrow JPY"]
    assert listed(staff, listing("orders_account", "?kind=bank")) == []


def test_a_transfer_is_found_by_what_it_is_about_and_shows_its_entries(
    staff: Client, shop: Shop, buyer: User, hours: Hours
) -> None:
    order = buy(shop, buyer)
    pay(caller(buyer), order)
    later(hours, 3 * 86_400)
    transfer, payout = Transfer.objects.order_by("id")
    for term in (transfer.id, order.id, transfer.key, Account.objects.get(kind="escrow").id):
        assert listed(staff, listing("orders_transfer", f"?q={term}")) == [f"capture {order.id}"]
    paid_out = [f"gateway_payout {payout.subject}"]
    assert listed(staff, listing("orders_transfer", "?kind=gateway_payout")) == paid_out
    assert listed(staff, listing("orders_transfer", f"?q={payout.subject}")) == paid_out
    seen = shown(staff, page(transfer))
    assert "39.90 CNY" in seen
    assert "gateway_clearing CNY" in seen
    assert "39.66 CNY" in shown(staff, listing("orders_receivedpayout"))
    assert staff.post(page(transfer), {"kind": "gift"}).status_code == 403
    assert staff.post(page(transfer, "delete")).status_code == 403


def crowd() -> None:
    """Have a hundred thousand brands be paid from the bank, one transfer each, by the database itself."""
    counting = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SIZE})"
    bank = "SELECT id FROM ledger_account WHERE kind = 'bank'"
    postgres = connection.vendor == "postgresql"
    as_id = "lpad(to_hex(i), 32, '{}')::uuid" if postgres else "printf('{}%031x', i)"
    account, transfer = as_id.format("0"), as_id.format("0")
    columns = "id, kind, owner, currency, balance, version, may_go_negative"
    statements = (
        f"INSERT INTO ledger_account ({columns})"
        f" {counting} SELECT {account}, 'brand_payable', 'brd_' || i, 'CNY', 1, 1, true FROM n",
        "INSERT INTO ledger_transfer (id, key, input_hash, kind, subject, at)"
        f" {counting} SELECT {transfer}, 'key-' || i, 'x', 'opening', 'ord_' || i, '{MOMENT}' FROM n",
        "INSERT INTO ledger_entry (transfer_id, account_id, amount, balance_after, account_version)"
        f" {counting} SELECT {transfer}, ({bank}), -1, -i, i FROM n",
        "INSERT INTO ledger_entry (transfer_id, account_id, amount, balance_after, account_version)"
        f" {counting} SELECT {transfer}, {account}, 1, 1, 1 FROM n",
        f"UPDATE ledger_account SET balance = -{SIZE}, version = {SIZE} WHERE kind = 'bank'",
        *(["ANALYZE ledger_account", "ANALYZE ledger_transfer", "ANALYZE ledger_entry"] if postgres else []),
    )
    Account.objects.create(kind="bank", owner="", currency="CNY", may_go_negative=True)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.usefixtures("vacuumed")
def test_lists_and_audit_are_quick_with_a_hundred_thousand_transfers(staff: Client) -> None:
    crowd()
    assert (Transfer.objects.count(), Entry.objects.count()) == (SIZE, 2 * SIZE)
    bank = Account.objects.get(kind="bank")
    paths = [
        listing("orders_account"),
        listing("orders_account", "?kind=bank"),
        listing("orders_account", "?q=brd_777"),
        listing("orders_transfer"),
        listing("orders_transfer", "?kind=refund"),
        listing("orders_transfer", "?q=ord_777"),
        listing("orders_transfer", "?q=key-777"),
        listing("orders_transfer", f"?q={bank.id}"),
        page(Transfer.objects.all()[0]),
    ]
    times = {path: slowest_statement(partial(staff.get, path)) for path in paths}
    assert {path: seconds for path, seconds in times.items() if seconds > SLOW} == {}
    started = time.monotonic()
    assert audit.findings(clock.now()) == []
    assert time.monotonic() - started < 5 * SLOW
