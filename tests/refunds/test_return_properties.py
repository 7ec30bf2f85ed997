"""Whatever buyers, sellers and staff do, and however long they wait, no return leaves a finding."""

import random

import pytest

from marketplace.lib import clock
from marketplace.models import User
from orders.models import OrderLine, Payment
from orders.payments.simulator.models import SimulatedRefund
from refunds import audit
from refunds.models import Refund, Return
from refunds.return_states import TERMINAL
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop
from tests.orders.times import findings, later
from tests.plugin import dealt
from tests.refunds.claims import DAY, bought, delivered
from tests.refunds.market import Market

STEPS_TAKEN = 50


@pytest.mark.django_db
@pytest.mark.parametrize("seed", dealt(range(3)))
def test_random_lives_of_returns_leave_no_finding(shop: Shop, admin: User, hours: Hours, seed: int) -> None:
    market = Market(shop, admin, hours, random.Random(seed))
    for person in market.people:
        bought(shop, person, quantity=2)
        delivered(shop, person, hours, quantity=2)
    told = []
    for _ in range(STEPS_TAKEN):
        told.append(market.step())
        assert audit.findings(clock.now()) == [], told
    assert findings() == [], told
    for _ in range(4):
        later(hours, 8 * DAY)
        assert findings() == [], told
    assert set(Return.objects.values_list("state", flat=True)) <= TERMINAL
    refunded = sum(Refund.objects.values_list("amount", flat=True))
    assert sum(SimulatedRefund.objects.filter(state="done").values_list("amount", flat=True)) == refunded
    assert sum(Payment.objects.values_list("refunded", flat=True)) == refunded
    gone = sum(OrderLine.objects.exclude(state__in=["paid", "cancelled"]).values_list("quantity", flat=True))
    back = sum(Return.objects.filter(restocked=True).values_list("units", flat=True))
    assert shop.level()[0] == 10 - gone + back
