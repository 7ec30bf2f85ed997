"""Posting: balanced, once per key, in order, never edited."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from marketplace.lib import clock
from marketplace.lib.atomic import OutsideTransaction, action
from marketplace.lib.money import Money
from orders.ledger import accounts
from orders.ledger.accounts import AccountKey, Leg, credit, debit
from orders.ledger.errors import (
    AlreadyReversed,
    AppendOnly,
    InsufficientBalance,
    KeyReused,
    Unbalanced,
)
from orders.ledger.post import NewTransfer, post, post_many, reverse
from orders.models import Account, Entry, Transfer
from tests.ledger.books import balance, entries_of, found, pay_in

pytestmark = pytest.mark.django_db

BRAND = "brd_019ab3c4d5e67f8091a2b3c4d5e6f708"


def yuan(amount: int) -> Money:
    return Money(amount, "CNY")


def post_now(key: str, *entries: Leg) -> Transfer:
    with action():
        return post(key=key, kind="capture", subject="ord_1", entries=entries, at=clock.now())


def test_a_transfer_moves_what_it_says() -> None:
    first, second = pay_in("one", 300), pay_in("two", 200)
    assert entries_of(first) == [("gateway_clearing", -300, -300, 1), ("escrow", 300, 300, 1)]
    assert entries_of(second) == [("gateway_clearing", -200, -500, 2), ("escrow", 200, 500, 2)]
    assert (balance("gateway_clearing"), balance("escrow")) == (-500, 500)
    kept = Transfer.objects.get(id=first.id)
    assert (kept.key, kept.kind, kept.subject, kept.input_hash) == (
        "one",
        "capture",
        "ord_1",
        first.input_hash,
    )
    assert found() == set()


@pytest.mark.parametrize("currency", ("JPY", "CNY", "KWD"))
def test_currencies_have_accounts_of_their_own(currency: str) -> None:
    pay_in("yuan", 7)
    pay_in("other", 12_345, currency=currency)
    assert balance("escrow", currency=currency) == 12_345 + (7 if currency == "CNY" else 0)
    assert found() == set()


def test_what_does_not_sum_to_zero_in_each_currency_is_refused() -> None:
    yen = Money(300, "JPY")
    for entries in (
        (),
        (credit("escrow", yuan(300)),),
        (debit("gateway_clearing", yuan(300)), credit("escrow", yuan(299))),
        (debit("gateway_clearing", yuan(300)), credit("escrow", yen)),
        (debit("gateway_clearing", yuan(0)), credit("escrow", yuan(0))),
    ):
        with pytest.raises(Unbalanced):
            post_now("one", *entries)
    assert (Transfer.objects.count(), Account.objects.count()) == (0, 0)


def test_an_owner_belongs_to_payables_only() -> None:
    with pytest.raises(ValueError, match="escrow has no owner"):
        credit("escrow", yuan(1), owner=BRAND)
    with pytest.raises(ValueError, match="brand_payable has an owner"):
        credit("brand_payable", yuan(1))


def test_the_same_key_posts_once() -> None:
    first = pay_in("one", 300)
    assert pay_in("one", 300) == first
    assert (Transfer.objects.count(), balance("escrow")) == (1, 300)
    for changed in ({"amount": 301}, {"amount": 300, "subject": "ord_2"}, {"amount": 300, "currency": "EUR"}):
        with pytest.raises(KeyReused):
            pay_in("one", **changed)
    assert (Transfer.objects.count(), balance("escrow"), found()) == (1, 300, set())


def test_nobody_takes_more_than_there_is() -> None:
    pay_in("one", 300)
    with pytest.raises(InsufficientBalance, match="escrow CNY lacks 1 for two"):
        post_now("two", debit("escrow", yuan(301)), credit("gateway_clearing", yuan(301)))
    assert (balance("escrow"), Transfer.objects.count()) == (300, 1)
    post_now("two", debit("brand_payable", yuan(5), owner=BRAND), credit("bank", yuan(5)))
    assert balance("brand_payable", owner=BRAND) == -5
    assert found() == set()


def test_the_database_refuses_an_overdrawn_account() -> None:
    pay_in("one", 300)
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(kind="escrow").update(balance=-1)


def test_a_step_needs_an_action() -> None:
    with pytest.raises(OutsideTransaction):
        post(
            key="one",
            kind="capture",
            subject="ord_1",
            entries=[debit("gateway_clearing", yuan(1)), credit("escrow", yuan(1))],
            at=clock.now(),
        )
    assert Transfer.objects.count() == 0


def test_a_reversal_is_the_mirror_and_happens_once() -> None:
    transfer = pay_in("one", 300)
    with action():
        mirror = reverse(transfer, key="undo", at=clock.now() + timedelta(days=1))
    assert (mirror.kind, mirror.subject, mirror.reverses_id) == ("reversal", "ord_1", transfer.id)
    assert entries_of(mirror) == [("gateway_clearing", 300, 0, 2), ("escrow", -300, 0, 2)]
    with action():
        assert reverse(transfer, key="undo", at=clock.now()) == mirror
    for again in (transfer, mirror):
        with pytest.raises(AlreadyReversed), action():
            reverse(again, key="undo again", at=clock.now())
    assert (Transfer.objects.count(), balance("escrow"), found()) == (2, 0, set())


def test_a_reversal_needs_the_money_to_be_there() -> None:
    transfer = pay_in("one", 300)
    post_now("spend", debit("escrow", yuan(1)), credit("platform_revenue", yuan(1)))
    with pytest.raises(InsufficientBalance), action():
        reverse(transfer, key="undo", at=clock.now())
    assert (Transfer.objects.count(), balance("escrow")) == (2, 299)


def test_thousands_are_posted_in_a_few_statements(django_assert_max_num_queries: Any) -> None:
    def settle(number: int) -> NewTransfer:
        owner = f"brd_{number % 70:032x}"
        entries = [debit("escrow", yuan(10)), credit("brand_payable", yuan(10), owner=owner)]
        return NewTransfer(f"settle:{number}", "settlement", f"ord_{number}", entries)

    pay_in("in", 20_000)
    with django_assert_max_num_queries(12), action():
        posted = post_many([settle(number) for number in range(2_000)], at=clock.now())
    assert [row.repeated for row in posted] == [False] * 2_000
    assert list(
        Transfer.objects.filter(id__in=[row.id for row in posted]).order_by("id").values_list("key")
    ) == [(f"settle:{number}",) for number in range(2_000)]
    escrow = Entry.objects.filter(account__kind="escrow", amount=-10).order_by("account_version")
    assert list(escrow.values_list("account_version", "balance_after")) == [
        (2 + number, 19_990 - 10 * number) for number in range(2_000)
    ]
    assert (balance("escrow"), balance("brand_payable", owner=f"brd_{0:032x}")) == (0, 290)
    with action():
        assert post_many([], at=clock.now()) == []
        again = post_many([settle(number) for number in range(1_990, 2_010)][:10], at=clock.now())
    assert [(row.id, row.repeated) for row in again] == [(row.id, True) for row in posted[-10:]]
    assert found() == set()


def test_a_batch_is_posted_whole_or_not_at_all() -> None:
    pay_in("in", 25)
    spend = [debit("escrow", yuan(10)), credit("platform_revenue", yuan(10))]
    with pytest.raises(InsufficientBalance, match="for spend:2"), action():
        post_many([NewTransfer(f"spend:{n}", "settlement", "ord_1", spend) for n in range(3)], at=clock.now())
    assert (Transfer.objects.count(), balance("escrow")) == (1, 25)


def test_a_key_twice_in_one_batch_is_posted_once() -> None:
    pay_in("in", 100)
    ten = NewTransfer("spend", "settlement", "ord_1", [debit("escrow", yuan(10)), credit("bank", yuan(10))])
    with action():
        first, second = post_many([ten, ten], at=clock.now())
    assert (second.id, second.repeated) == (first.id, True)
    other = ten._replace(subject="ord_2", key="other")
    with pytest.raises(KeyReused), action():
        post_many([other, other._replace(subject="ord_3")], at=clock.now())
    assert balance("escrow") == 90


def test_what_is_written_stays() -> None:
    transfer = pay_in("one", 300)
    entry = Entry.objects.filter(transfer=transfer)[0]
    refused = (
        lambda: Transfer.objects.filter(id=transfer.id).update(kind="gift"),
        lambda: Transfer.objects.all().delete(),
        lambda: Entry.objects.bulk_update([entry], ["amount"]),
        entry.delete,
        entry.save,
        lambda: transfer.save(update_fields=["kind"]),
    )
    for change in refused:
        with pytest.raises(AppendOnly):
            change()
    for table in ("ledger_transfer", "ledger_entry", "ledger_account"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
            if statement.startswith("UPDATE") and table == "ledger_account":
                continue
            with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
                connection.cursor().execute(statement)
    assert (Transfer.objects.count(), Entry.objects.count(), found()) == (1, 2, set())


def test_ids_of_accounts_never_change() -> None:
    escrow = accounts.account_id(AccountKey("escrow", "", "CNY"))
    brand = accounts.account_id(AccountKey("brand_payable", BRAND, "CNY"))
    assert (escrow, brand) == ("acc_fb560e10ae9c87858d205c78df99ff2d", "acc_000a9808065e81a1816e7374a6f12ef2")
    assert brand < escrow
