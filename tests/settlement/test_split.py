"""Parts always sum to the whole, in Python and in SQL alike, and come back to zero refund by refund."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.lib import clock, ids
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from marketplace.models import User
from orders.claims import share_back
from orders.models import OrderLine, SettledLine, SettlementRun
from orders.settlement.due import settle_brands
from orders.settlement.split import Funded, Parts, part_back, settle_sale, split
from tests.ledger.books import pay_in
from tests.orders.shop import Shop, buy
from tests.security.world import undone

CURRENCIES = st.sampled_from(("JPY", "CNY", "KWD"))
TERMS = st.fixed_dictionaries(
    {
        "rate_bp": st.integers(0, 10_000),
        "agency_share_bp": st.integers(0, 10_000),
        "fee_bp": st.integers(0, 10_000),
    }
)
AMOUNTS = st.one_of(st.integers(1, 60), st.integers(1, 10**12))
#: Off each unit, by funder: platform, brand, streamer.
DISCOUNTS = st.tuples(*[st.one_of(st.just(0), st.integers(0, 60), st.integers(0, 10**9))] * 3)


@given(amount=AMOUNTS, currency=CURRENCIES, terms=TERMS)
def test_parts_sum_to_the_whole_and_are_at_most_one_unit_off(
    amount: int, currency: str, terms: dict[str, int]
) -> None:
    base = Money(amount, currency)
    parts = split(base, **terms)
    assert sum(parts, Money(0, currency)) == base
    assert min(part.amount for part in parts) >= 0
    commission = parts.streamer + parts.agency
    assert abs(commission.amount * 10_000 - amount * terms["rate_bp"]) < 10_000
    assert abs(parts.agency.amount * 10_000 - commission.amount * terms["agency_share_bp"]) < 10_000


@given(amount=AMOUNTS, currency=CURRENCIES, terms=TERMS, cuts=st.lists(st.integers(1, 9_999), max_size=6))
def test_refunds_bring_every_part_back_to_zero(
    amount: int, currency: str, terms: dict[str, int], cuts: list[int]
) -> None:
    left = split(Money(amount, currency), **terms)
    for cut in [*cuts, 10_000]:  # the last one takes what is left
        whole = sum(left, Money(0, currency))
        refund = Money(max(1, whole.amount * cut // 10_000), currency)
        if not whole.amount:
            break
        back = part_back(left, refund)
        assert sum(back, Money(0, currency)) == refund
        left = Parts(*(part - gone for part, gone in zip(left, back, strict=True)))
        assert min(part.amount for part in left) >= 0
    assert {part.amount for part in left} == {0}


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sales=st.lists(
        st.tuples(AMOUNTS, TERMS, CURRENCIES, st.integers(0, 99), DISCOUNTS, st.integers(1, 5)),
        min_size=1,
        max_size=40,
    )
)
def test_the_database_splits_as_the_function_does(
    shop: Shop, buyer: User, sales: list[tuple[int, dict[str, int], str, int, tuple[int, int, int], int]]
) -> None:
    with undone():
        now = clock.now()
        lines = []
        first = OrderLine.objects.get(order=buy(shop, buyer))
        for amount, terms, currency, back, discounts, quantity in sales:
            pay_in(ids.new_id("x"), amount, currency=currency)
            first.pk = ids.new_id("oln")
            first._state.adding = True
            first.amount, first.refunded, first.currency = amount, amount * back // 100, currency
            first.quantity, first.platform_unfunded, first.streamer_unfunded = quantity, 0, 0
            first.platform_discount, first.brand_discount, first.streamer_discount = discounts
            for funder in ("platform", "streamer"):
                whole = getattr(first, f"{funder}_funding").amount
                unfunded = share_back(whole, of=amount, back=first.refunded)
                setattr(first, f"{funder}_unfunded", unfunded)
            first.state, first.return_by = "completed", now - timedelta(days=1)
            agency = ids.new_id("agc") if terms["agency_share_bp"] else None
            for name, value in {**terms, "agency_id": agency}.items():
                setattr(first, name, value)
            first.save(force_insert=True)
            funded = Funded(first.platform_funding, first.streamer_funding)
            lines.append((first.pk, Money(amount - first.refunded, currency), funded, terms))
        run = SettlementRun.objects.create(period_start=now, period_end=now, started_at=now)
        with action():
            assert settle_brands(run, [shop.brand.id], now=now) == len(sales)
        for line_id, paid, funded, terms in lines:
            row = SettledLine.objects.get(line_id=line_id)
            kept = row.brand_part, row.streamer_part, row.agency_part, row.platform_part
            assert kept == tuple(part.amount for part in settle_sale(paid, funded, **terms))
            assert (row.platform_funded, row.streamer_funded) == tuple(money.amount for money in funded)
            assert row.gross - row.discount - row.refunded == paid.amount
