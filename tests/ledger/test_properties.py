"""Random sequences: whatever is posted, balances are what they should be.

What people do with orders at random is in ``tests/settlement/test_lives.py``.
"""

from collections import Counter
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from orders.ledger.accounts import KINDS, credit, debit
from orders.ledger.errors import AlreadyReversed, InsufficientBalance
from orders.ledger.post import NewTransfer, post_many, reverse
from orders.models import Account, Transfer
from tests.ledger.books import found
from tests.security.world import undone

pytestmark = pytest.mark.django_db

CURRENCIES = ("JPY", "CNY", "KWD")
PLATFORM = sorted(kind for kind, about in KINDS.items() if not about.owned)
_numbers = count()

postings = st.tuples(
    st.just("post"), st.sampled_from(PLATFORM), st.sampled_from(PLATFORM), st.integers(1, 500),
    st.sampled_from(CURRENCIES), st.integers(1, 3),
)  # fmt: skip
reversals = st.tuples(st.just("reverse"), st.integers(0, 30))
repeats = st.tuples(st.just("repeat"), st.integers(0, 30))


class Model:
    """What balances should be, kept beside the ledger."""

    def __init__(self) -> None:
        self.balances = Counter[tuple[str, str]]()
        self.sent: list[NewTransfer] = []
        self.reversed: set[str] = set()

    def post(self, taken: str, given_to: str, amount: int, currency: str, times: int) -> None:
        """Post some equal transfers in one batch, or none of them."""
        money = Money(amount, currency)
        entries = [debit(taken, money), credit(given_to, money)]
        batch = [NewTransfer(f"key-{next(_numbers)}", "test", "ord_1", entries) for _ in range(times)]
        enough = KINDS[taken].may_go_negative or self.balances[taken, currency] >= amount * (
            times if taken != given_to else 1
        )
        try:
            with action():
                post_many(batch, at=clock.now())
        except InsufficientBalance:
            assert not enough
            return
        assert enough
        self.balances[taken, currency] -= amount * times
        self.balances[given_to, currency] += amount * times
        self.sent += batch

    def repeat(self, number: int) -> None:
        """Post again what was posted: nothing moves."""
        if self.sent:
            with action():
                [posted] = post_many([self.sent[number % len(self.sent)]], at=clock.now())
            assert posted.repeated

    def reverse(self, number: int) -> None:
        """Take a transfer back, unless it was, or its money is gone."""
        if not self.sent:
            return
        sent = self.sent[number % len(self.sent)]
        (kind, _, currency), given = sent.entries[1]
        key = (kind, currency)
        try:
            with action():
                reverse(Transfer.objects.get(key=sent.key), key=f"undo-{next(_numbers)}", at=clock.now())
        except AlreadyReversed:
            assert sent.key in self.reversed
            return
        except InsufficientBalance:
            assert self.balances[key] < given
            return
        assert sent.key not in self.reversed
        self.reversed.add(sent.key)
        for leg in sent.entries:
            self.balances[leg.account.kind, leg.account.currency] -= leg.amount


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(st.one_of(postings, postings, reversals, repeats), min_size=1, max_size=15))
def test_balances_are_what_was_posted(deeds: list[tuple[Any, ...]]) -> None:
    with undone():
        model = Model()
        for name, *given_ in deeds:
            getattr(model, name)(*given_)
        kept = Account.objects.values_list("kind", "currency", "balance")
        assert {(kind, currency): balance for kind, currency, balance in kept if balance} == {
            key: balance for key, balance in model.balances.items() if balance
        }
        assert found() == set()
