"""The audit of settlement finds what is wrong, and says which."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from marketplace.lib import clock
from marketplace.models import User
from orders.models import Hold, SettledLine, SettlementRun, SlotFee, Statement
from streams.models import Session
from tests.ledger.books import doctor
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop
from tests.orders.times import findings
from tests.security.world import undone
from tests.settlement.sales import DAY, deliver, end_period, sell

pytestmark = pytest.mark.django_db

SUMS = (
    "lines", "gross", "discount", "refunded", "platform_funded", "streamer_funded", "commission", "fee",
    "slot_fees", "net",
)  # fmt: skip


def offer(shop: Shop, state: str) -> None:
    """Write a slot fee in a state to which nothing has moved."""
    SlotFee.objects.create(
        slot=shop.slot, session=shop.session, brand=shop.brand, streamer=shop.session.streamer, amount=1_000,
        currency="CNY", minutes=10, offered_at=clock.now(), state=state,
    )  # fmt: skip


def forget_fee(shop: Shop) -> None:
    """Leave a fee in escrow long after its show."""
    offer(shop, "held")
    Session.objects.filter(id=shop.session.id).update(ended_at=clock.now() - timedelta(hours=4))


def forget_hold(_shop: Shop) -> None:
    """Leave a hold after its day."""
    long_ago = clock.now() - timedelta(hours=3)
    Hold.objects.create(
        statement=Statement.objects.all()[0], reason="review", subject="x", amount=1, currency="CNY",
        release_at=long_ago, created_at=long_ago,
    )  # fmt: skip


def overdraw(_shop: Shop) -> None:
    """Have somebody give back more than they had."""
    row = SettledLine.objects.get()
    taken = row.brand_part + 1
    SettledLine.objects.filter(pk=row.pk).update(brand_part=-1, platform_part=row.platform_part + taken)


def earn(_shop: Shop) -> None:
    """Have the marketplace earn a cent more than lines say."""
    doctor("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'platform_revenue'")


def stop(_shop: Shop) -> None:
    """Have a run stop on its way."""
    SettlementRun.objects.update(stage="closing")


DAMAGE: dict[str, Callable[[Shop], None]] = {
    "settlement.fee_differs": lambda shop: offer(shop, "held"),
    "settlement.fee_overdue": forget_fee,
    "settlement.hold_overdue": forget_hold,
    "settlement.line_overdrawn": overdraw,
    "settlement.revenue_differs": earn,
    "settlement.run_unfinished": stop,
}


def test_what_is_wrong_with_settlement_is_found(shop: Shop, buyer: User, hours: Hours) -> None:
    order = sell(shop, buyer)
    deliver(shop, order, hours=hours)
    end_period(hours)
    hours.move(DAY)
    assert findings() == []
    for code, damage in DAMAGE.items():
        with undone():
            damage(shop)
            assert code in {finding.split()[0] for finding in findings()}, code
    for party, owner in (("brand", shop.brand.id), ("streamer", shop.session.streamer_id)):
        for name in SUMS:
            with undone():
                one = Statement.objects.get(party=party)
                Statement.objects.filter(id=one.id).update(**{name: getattr(one, name) + 1})
                [found] = findings()
                assert found.startswith(f"settlement.statement_differs {owner}"), name
    assert findings() == []
