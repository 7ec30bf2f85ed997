"""What the sweeps cost while nothing is due, which is nearly always."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.models import User
from marketplace.sandbox.due import STOPS
from orders.tasks import sweep_payouts
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, pay, ship
from tests.orders.times import later

#: The bank, what is owed, and payouts on their way.
MOST_QUESTIONS = 3


@pytest.mark.django_db
def test_a_sweep_with_nothing_to_do_only_asks(
    shop: Shop, hours: Hours, buyer: User, brand_staff: User
) -> None:
    shipped, paid, _ = (buy(shop, buyer) for _ in range(3))
    for order in (shipped, paid):
        assert pay(caller(buyer), order).status_code == 200
    assert ship(caller(brand_staff), shipped).status_code == 201
    later(hours, 60)
    sweep_payouts()
    asked = {}
    for sweep, _ in STOPS:
        with CaptureQueriesContext(connection) as captured:
            sweep()
        asked[sweep.name] = [query["sql"].split()[0] for query in captured]
    dear = {
        name: words
        for name, words in asked.items()
        if set(words) != {"SELECT"} or len(words) > MOST_QUESTIONS
    }
    assert dear == {}
