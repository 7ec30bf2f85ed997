"""Posting at the same moment, on real databases, and what happens when a guard is switched off."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection

from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from marketplace.models import User
from orders import outcomes
from orders.actions import settle_payment as settling
from orders.actions.apply_webhook import apply_webhook
from orders.actions.settle_payment import settle_payment
from orders.ledger import accounts, audit, single
from orders.ledger import post as posting
from orders.ledger.accounts import Balance, Leg, credit, debit
from orders.ledger.errors import KeyReused
from orders.ledger.post import NewTransfer, Posted, post, post_many
from orders.models import Account, InboundWebhook, Order, OrderLine, Payment, Transfer
from orders.outcomes import Word
from tests.ledger.books import balance, pay_in
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy
from tests.orders.test_expiry import at_once, begun
from tests.orders.test_webhook_inbox import about, send
from tests.orders.times import findings
from tests.system.holds import wait_until_somebody_waits

pytestmark = [pytest.mark.django_db(transaction=True)]

TIMES = 12


def move(key: str, *entries: Leg) -> Transfer:
    with action():
        return post(key=key, kind="capture", subject="ord_1", entries=entries, at=clock.now())


def move_slowly(key: str, *entries: Leg) -> Posted:
    """Post as many transfers together are posted: what is read in one exchange is written in the next."""
    with action():
        return post_many([NewTransfer(key, "capture", "ord_1", entries)], at=clock.now())[0]


def ledger_findings() -> list[str]:
    return [str(finding) for finding in audit.findings(clock.now())]


def test_two_accounts_in_opposite_order_wait_for_each_other_and_do_not_lock_up() -> None:
    yuan = Money(10, "CNY")
    pay_in("in", 1_000)
    there = [debit("escrow", yuan), credit("bank", yuan)]
    back = [debit("bank", yuan), credit("escrow", yuan)]

    def many(name: str, entries: list[Leg]) -> int:
        return len([move(f"{name}-{number}", *entries) for number in range(TIMES)])

    results = at_once(
        *(partial(many, f"{n}", entries) for n, entries in enumerate((there, back, there, back)))
    )
    assert results == [TIMES] * 4
    assert (balance("escrow"), balance("bank"), ledger_findings()) == (1_000, 0, [])
    assert Account.objects.get(kind="escrow").version == 1 + 4 * TIMES


def test_without_the_lock_the_numbers_of_entries_refuse_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: two who saw the same balance cannot both go on from it."""
    pay_in("in", 1_000)
    monkeypatch.setattr(accounts, "balances", lambda _: _as_before())
    yuan = Money(10, "CNY")
    move_slowly("first", debit("escrow", yuan), credit("gateway_clearing", yuan))
    with pytest.raises(IntegrityError):
        move_slowly("second", debit("escrow", yuan), credit("gateway_clearing", yuan))
    assert (balance("escrow"), ledger_findings()) == (990, [])


def _as_before() -> dict[str, Balance]:
    """Return accounts as somebody saw them who read before either of the two had posted."""
    return {
        account.id: Balance(account.id, 1_000 if account.kind == "escrow" else -1_000, 1, True)
        for account in Account.objects.all()
    }


@pytest.mark.only_in("scaled")
def test_a_single_transfer_waits_for_the_balance_it_goes_on_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its negative control: a statement that locks nothing goes on from what was, and is refused."""
    pay_in("in", 1_000)
    yuan = Money(10, "CNY")
    both = [debit("escrow", yuan), credit("gateway_clearing", yuan)]

    def behind_another(name: str) -> object:
        with ThreadPoolExecutor(1) as pool:
            with action():
                post(key=f"{name}-1", kind="capture", subject="ord_1", entries=both, at=clock.now())
                second = pool.submit(_moved, f"{name}-2", both)
                wait_until_somebody_waits()
            return second.exception() or second.result()

    assert isinstance(behind_another("locked"), Transfer)
    assert (balance("escrow"), ledger_findings()) == (980, [])
    monkeypatch.setattr(single, "_WRITE", single._WRITE.replace("FOR NO KEY UPDATE", ""))
    assert isinstance(behind_another("unlocked"), IntegrityError)
    assert (balance("escrow"), ledger_findings()) == (970, [])


def _moved(key: str, entries: list[Leg]) -> Transfer:
    try:
        return move(key, *entries)
    finally:
        connection.close()


def test_one_account_opened_by_many_at_once_is_opened_once() -> None:
    results = at_once(*(partial(pay_in, f"key-{number}", 100) for number in range(6)))
    assert all(isinstance(result, Transfer) for result in results), results
    assert (Account.objects.count(), balance("escrow"), ledger_findings()) == (2, 600, [])


def test_the_same_key_twice_at_once_posts_once() -> None:
    results = at_once(*(partial(pay_in, "key", 100) for _ in range(6)))
    assert len({getattr(result, "id", result) for result in results}) == 1, results
    assert (Transfer.objects.count(), balance("escrow"), ledger_findings()) == (1, 100, [])


def test_the_same_key_at_once_with_other_inputs_is_refused() -> None:
    runs = [partial(pay_in, "key", 100, currency=currency) for currency in ("CNY", "EUR", "JPY")]
    results = at_once(*runs)
    assert sorted(type(result).__name__ for result in results) == ["KeyReused", "KeyReused", "Transfer"]
    assert (Transfer.objects.count(), ledger_findings()) == (1, [])


def test_without_looking_keys_up_the_database_refuses_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: who does not see that a key is taken is stopped by its unique index."""
    pay_in("key", 100)
    honest = posting._lock_and_look_up
    monkeypatch.setattr(posting, "_lock_and_look_up", lambda *given: (honest(*given)[0], {}))
    yuan = Money(100, "CNY")
    with pytest.raises(KeyReused):
        move_slowly("key", debit("gateway_clearing", yuan), credit("escrow", yuan))
    assert (Transfer.objects.count(), balance("escrow"), ledger_findings()) == (1, 100, [])


@pytest.fixture
def order(hours: Hours, shop: Shop, buyer: User) -> Order:
    return buy(shop, buyer)


def _told_twice(order: Order) -> list[Any]:
    """Have the gateway's answer and its message about one capture arrive at the same moment."""
    payment = begun(order)
    Payment.objects.filter(id=payment.id).update(gateway_id="gwp_1")
    payment.refresh_from_db()
    assert send(about(payment)).status_code == 200
    word = Word(gateway_id="gwp_1", state="captured", money=payment.total)
    now = clock.now()
    return at_once(
        partial(settle_payment, payment_id=payment.id, word=word, actor="buyer", now=now),
        partial(apply_webhook, inbox_id=InboundWebhook.objects.get().id, now=now),
    )


def test_a_capture_told_by_answer_and_message_at_once_is_posted_once(order: Order) -> None:
    results = _told_twice(order)
    assert not [result for result in results if isinstance(result, Exception)], results
    assert (Transfer.objects.count(), balance("escrow"), findings()) == (1, 3990, [])


def test_without_its_guards_the_same_capture_is_posted_twice(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: neither lock nor state nor key stops the second."""
    keys = iter(range(100))
    honest = post
    monkeypatch.setattr(
        "orders.books.post", lambda *, key, **given: honest(key=f"{key}:{next(keys)}", **given)
    )
    payment = begun(order)
    word = Word(gateway_id="gwp_1", state="captured", money=payment.total)
    lines = list(OrderLine.objects.filter(order=order))
    monkeypatch.setattr(outcomes, "advance_payment", lambda *_, **__: None)
    monkeypatch.setattr(outcomes, "advance_lines", lambda *_, **__: None)
    monkeypatch.setattr(settling, "lock_order", lambda _: (order, lines))
    for _ in range(2):
        settle_payment(payment_id=payment.id, word=word, actor="buyer", now=clock.now())
    assert (Transfer.objects.count(), balance("escrow")) == (2, 7980)
    assert {finding.split()[0] for finding in findings()} == {
        "ledger.escrow_differs",
        "ledger.clearing_differs",
    }
