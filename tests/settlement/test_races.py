"""Settlement, payouts and refunds at the same moment; each guard is taken away once, to see what it is for.

More of them: two settlement workers and refunds beside a run in ``test_resuming.py``, two refunds of one
line in ``tests/refunds/test_return_races.py``, a capture told twice in ``tests/ledger/test_races.py``.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import F, QuerySet

from marketplace.actions.brands import create_brand
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.models import User
from orders.actions import pay_out as paying
from orders.actions import settle as settling
from orders.actions.settle import settle
from orders.ledger import accounts
from orders.ledger.accounts import AccountKey, Balance, account_id
from orders.ledger.errors import InsufficientBalance
from orders.ledger.post import post
from orders.models import (
    Account,
    Hold,
    Payout,
    SettledLine,
    SettlementRun,
    SimulatedBankTransfer,
    Statement,
    Transfer,
)
from orders.payments.bank import desk
from orders.settlement import due, gate, payouts
from orders.settlement.claw_back import claw_back
from orders.settlement.due import due_brands, settle_brands
from orders.settlement.holds import hold_line, release_line
from orders.settlement.periods import next_end
from orders.tasks import sweep_completed_lines, sweep_payouts
from tests.ledger.books import balance
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop
from tests.orders.test_expiry import at_once
from tests.orders.times import findings
from tests.orders.times import settle as settle_all
from tests.settlement import sales
from tests.settlement.sales import DAY, back_for, deliver, end_period, give_back, sell

pytestmark = [pytest.mark.django_db(transaction=True)]

SECONDS = 1.0


class Meanwhile:
    """Somebody else's work, begun in the middle of ours and given a second."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.error: Exception | None = None
        self.was_in_time: bool | None = None
        self._thread = threading.Thread(target=self._run, args=(work,))

    def after(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return a step after which the work is begun, the first time."""

        def stepping(*given: Any, **named: Any) -> Any:
            answer = step(*given, **named)
            if self.was_in_time is None:
                self.was_in_time = False
                self._thread.start()
                self._thread.join(SECONDS)
                self.was_in_time = not self._thread.is_alive()
            return answer

        return stepping

    def end(self) -> None:
        """Wait until the work is done."""
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - a loser's refusal is a result
            self.error = error
        finally:
            connection.close()


def final(shop: Shop, buyer: User, hours: Hours) -> Any:
    """Return an order that is final, at the end of its period."""
    order = sell(shop, buyer)
    deliver(shop, order, hours=hours, days=9)
    hours.move((next_end(clock.now()) - clock.now()).total_seconds())
    sweep_completed_lines()
    return order


def unlocked(keys: Iterable[AccountKey]) -> dict[str, Balance]:
    """Return accounts without locking them."""
    rows = Account.objects.filter(id__in=[account_id(key) for key in keys])
    return {row.id: Balance(row.id, row.balance, row.version, row.may_go_negative) for row in rows}


@pytest.mark.only_in("scaled")  # SQLite lets in one writer at a time, with or without the gate
@pytest.mark.parametrize("guarded", (True, False))
def test_a_run_does_not_settle_a_line_under_a_refund_that_is_not_committed_yet(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    order = final(shop, buyer, hours)
    other = Meanwhile(partial(settle, now=clock.now()))
    if not guarded:
        monkeypatch.setattr(gate, "pass_through", lambda: None)
    monkeypatch.setattr(sales, "claw_back", other.after(claw_back))
    give_back(order, 1_000)
    other.end()
    assert (other.error, other.was_in_time) == (None, not guarded)
    assert SettledLine.objects.get().refunded == (1_000 if guarded else 0)
    if guarded:
        settle_all()
        assert (balance("escrow"), findings()) == (0, [])
        return
    assert "ledger.escrow_differs" in {finding.split()[0] for finding in findings()}
    with pytest.raises(InsufficientBalance):  # and nobody has the money that is to go back
        settle_all()


@pytest.mark.only_in("scaled")
@pytest.mark.parametrize("guarded", (True, False))
def test_of_two_runs_at_once_one_waits_or_breaks_at_the_unique_index(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    final(shop, buyer, hours)
    other = Meanwhile(partial(settle, now=clock.now()))
    if not guarded:
        monkeypatch.setattr(gate, "close", lambda: None)
    monkeypatch.setattr(settling, "settle_brands", other.after(settle_brands))
    settle(now=clock.now())
    other.end()
    assert (type(other.error), other.was_in_time) == (type(None) if guarded else IntegrityError, False)
    assert (SettledLine.objects.count(), balance("escrow"), findings()) == (1, 0, [])


@pytest.mark.parametrize("guarded", (True, False))
def test_a_line_that_becomes_due_beside_a_run_is_settled_by_the_next_one(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    late, *_ = orders = [sell(shop, buyer) for _ in range(2)]
    deliver(shop, *orders, hours=hours, days=9)
    brand = create_brand(actor=brand_owner, name="Late", country="CN", now=clock.now())
    late.lines.update(brand=brand)
    hours.move((next_end(clock.now()) - clock.now()).total_seconds())
    sweep_completed_lines()

    def come_to_the_end() -> None:
        """Settle, as another worker, while something holds the line."""
        with action():
            hold_line(late.lines.get(), reason="review", subject="usr_1", now=clock.now())
        settle(now=clock.now())
        with action():
            release_line(late.lines.get(), subject="usr_1", now=clock.now())

    other = Meanwhile(come_to_the_end)
    if not guarded:
        monkeypatch.setattr(due, "_takes_lines", lambda _run: True)
    monkeypatch.setattr(settling, "due_brands", other.after(due_brands))
    settle(now=clock.now())
    assert (other.error, other.was_in_time) == (None, True)
    if not guarded:  # settled into a run whose statements are closed
        assert {finding.split()[0] for finding in findings()} == {"settlement.statement_differs"}
        return
    assert (balance("brand_payable", owner=brand.id), findings()) == (0, [])
    end_period(hours)
    assert Statement.objects.get(owner=brand.id).run == SettlementRun.objects.latest("period_start")
    assert (balance("brand_payable", owner=brand.id), findings()) == (2_993, [])


@pytest.mark.only_in("scaled")
@pytest.mark.parametrize("guarded", (True, False))
def test_a_payout_is_of_what_is_owed_when_a_claw_back_comes_at_the_same_moment(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    order = sell(shop, buyer)
    deliver(shop, order, hours=hours)
    end_period(hours)
    paying.make_payouts(now=clock.now())
    payout = Payout.objects.get(party="brand")
    other = Meanwhile(partial(give_back, order, 3_990))
    owed: list[int] = []

    def written(*given: Any, **named: Any) -> None:
        """See, as the payout is taken, what the ledger says that the party is owed."""
        owed.append(balance("brand_payable", owner=shop.brand.id))

    if not guarded:
        monkeypatch.setattr(accounts, "lock", unlocked)
    monkeypatch.setattr(payouts, "_reserved", other.after(payouts._reserved))
    monkeypatch.setattr(payouts, "_record", written)
    with action():
        assert payouts.take(payout, now=clock.now())
    other.end()
    monkeypatch.undo()
    assert (other.error, other.was_in_time) == (None, not guarded)
    assert (payout.amount, owed) == (
        2_993,
        [2_993 if guarded else 0],
    )  # without: paid after it was taken back
    Payout.objects.filter(state="sent").update(next_attempt_at=clock.now())
    sweep_payouts()
    settle_all()
    assert (balance("brand_payable", owner=shop.brand.id), findings()) == (-2_993, [])


@pytest.mark.only_in("scaled")
@pytest.mark.parametrize("guarded", (True, False))
def test_a_payout_waits_for_a_run_that_begins_before_its_account_is_locked(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    deliver(shop, sell(shop, buyer), hours=hours)
    end_period(hours)
    paying.make_payouts(now=clock.now())
    payout = Payout.objects.get(party="brand")
    final(shop, buyer, hours)

    def die(_run: SettlementRun) -> None:
        raise ConnectionError

    monkeypatch.setattr(settling, "attach_claw_backs", die)
    other = Meanwhile(partial(settle, now=clock.now()))
    looked = other.after(payouts._settles if guarded else lambda: False)
    monkeypatch.setattr(payouts, "_settles", looked)
    with action():
        taken = payouts.take(payout, now=clock.now())
    assert (type(other.error), other.was_in_time) == (ConnectionError, True)
    monkeypatch.undo()
    if not guarded:  # it pays what stands in no statement yet
        [statement] = Statement.objects.filter(owner=shop.brand.id)
        assert (taken, payout.amount, statement.net) == (True, 2 * 2_993, 2_993)
        return
    assert (taken, payout.state) == (False, "pending")
    settle_all()
    sweep_payouts()
    payout.refresh_from_db()
    assert (payout.state, payout.amount) == ("done", 2 * 2_993)
    states = Statement.objects.filter(owner=shop.brand.id).values_list("state", flat=True)
    assert (list(states), findings()) == (["paid", "paid"], [])


def paid_late(shop: Shop, buyer: User, hours: Hours) -> desk.Answer:
    """Return the bank's word that a payout, which it took a day for, has been paid."""
    order = sell(shop, buyer)
    give_back(order, back_for(desk.LATE))
    deliver(shop, order, hours=hours)
    end_period(hours)
    Hold.objects.update(released_at=clock.now())
    sweep_payouts()
    payout = Payout.objects.get(party="brand")
    hours.move(DAY)
    answer = desk.ask(payout.bank_key, now=clock.now())
    assert (payout.state, answer and answer.state) == ("sent", "done")
    assert answer is not None
    return answer


def test_an_outcome_that_the_bank_tells_many_times_at_once_counts_once(
    shop: Shop, buyer: User, hours: Hours
) -> None:
    answer = paid_late(shop, buyer, hours)
    hears = partial(paying._apply, answer, now=clock.now())
    results = at_once(*[hears] * 3, partial(paying.hear_bank, now=clock.now()), sweep_payouts)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert Transfer.objects.filter(kind="payout", subject=answer.key.partition(".")[0]).count() == 1
    assert SimulatedBankTransfer.objects.filter(key=answer.key).count() == 1
    assert (balance("brand_payable", owner=shop.brand.id), findings()) == (0, [])


@pytest.mark.parametrize("guarded", (True, False))
def test_what_the_bank_tells_goes_to_one_of_two_who_listen(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    answer, heard = paid_late(shop, buyer, hours), []
    listen = partial(desk.tell, now=clock.now(), limit=9)
    other = Meanwhile(lambda: heard.extend(listen()))
    if not guarded:
        monkeypatch.setattr(desk, "transaction", SimpleNamespace(atomic=nullcontext))
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    monkeypatch.setattr(desk, "F", other.after(F))
    if guarded:
        heard += listen()
    else:
        with pytest.raises(IntegrityError, match="messages"):  # one message, told twice
            listen()
    other.end()
    assert (heard, other.error) == ([answer], None)


def test_without_state_and_key_the_same_outcome_is_posted_twice(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: neither the state that it has nor the key of its transfer stops the second."""
    answer, honest, numbers = paid_late(shop, buyer, hours), post, iter(range(9))
    monkeypatch.setattr(
        payouts, "post", lambda *, key, **given: honest(key=f"{key}:{next(numbers)}", **given)
    )
    for _ in range(2):
        Payout.objects.filter(id=answer.key.partition(".")[0]).update(state="sent")
        paying._apply(answer, now=clock.now())
    assert balance("brand_payable", owner=shop.brand.id) < 0
    assert {finding.split()[0] for finding in findings()} == {"settlement.payable_differs"}
