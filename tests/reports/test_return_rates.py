"""Return rates by cohort: who counts as old enough, what came back in time, what is not known yet."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.lib import clock
from marketplace.models import User
from marketplace.reports import memory
from marketplace.reports.queries.cohorts import DAYS, return_rates
from marketplace.reports.queries.lines import Whose
from orders.models import OrderLine
from tests.marketplace.rest_callers import Caller
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, caller, cancel
from tests.refunds.claims import DAY, PART, asked, bought, delivered, done

pytestmark = [pytest.mark.django_db]


def cohorts(whose: Whose, id_: str) -> list[tuple[int, int, int, int | None]]:
    """Return days, units, units back and rate of each cohort, freshly counted over the API by nobody."""
    memory.forget()
    answer = Caller().get(f"/api/v1/{whose}s/{id_}/return-rates")
    assert answer.status_code == 200, answer.content
    return [(each["days"], each["units"], each["back"], each["rate_bp"]) for each in answer.json()["cohorts"]]


@pytest.mark.usefixtures("audited")
def test_a_unit_counts_where_it_is_old_enough_and_came_back_in_time(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours
) -> None:
    """Three units bought now come back in part after four days; two more are bought and cancelled then."""
    line = delivered(shop, buyer, hours, quantity=3)
    age = clock.now() - line.created_at
    hours.move((timedelta(days=4) - age).total_seconds())
    done(brand_owner, asked(buyer, line, type="refund_only", reason="not_received"), "approve", {})
    part = asked(buyer, line, reason="damaged")
    done(brand_owner, part, "offer", PART)
    done(buyer, part, "accept-offer")
    late = bought(shop, buyer, quantity=2)
    hours.move(0.5 * DAY)
    assert cancel(caller(buyer), late).status_code == 200
    assert cohorts(Whose.SESSION, shop.session.id) == [
        (0, 3, 0, 0),
        (3, 3, 0, 0),
        (7, 0, 0, None),
        (15, 0, 0, None),
        (30, 0, 0, None),
    ]
    hours.move(4 * DAY)
    for whose, id_ in (
        (Whose.SESSION, shop.session.id),
        (Whose.PRODUCT, line.product_id),
        (Whose.STREAMER, line.streamer_id),
        (Whose.BRAND, line.brand_id),
    ):
        assert cohorts(whose, id_) == [
            (0, 5, 2, 4_000),
            (3, 5, 2, 4_000),
            (7, 3, 1, 3_333),
            (15, 0, 0, None),
            (30, 0, 0, None),
        ], whose
    hours.move(30 * DAY)
    assert cohorts(Whose.PRODUCT, line.product_id)[2:] == [(days, 5, 3, 6_000) for days in (7, 15, 30)]


def test_what_is_not_known_yet_says_when_it_will_be(shop: Shop, line: OrderLine, buyer: User) -> None:
    shown = Caller().get(f"/api/v1/products/{line.product_id}/return-rates").json()
    week = clock.to_wire(line.created_at + timedelta(days=7))
    assert shown["cohorts"][2] == {"days": 7, "units": 0, "back": 0, "rate_bp": None, "known_at": week}
    assert {name: shown[name] for name in ("object", "of", "units_sold", "units_back", "rate_bp")} == {
        "object": "return_rates",
        "of": line.product_id,
        "units_sold": 3,
        "units_back": 0,
        "rate_bp": 0,
    }


def test_nothing_sold_has_no_rates(shop: Shop) -> None:
    shown = Caller().get(f"/api/v1/sessions/{shop.session.id}/return-rates").json()
    assert (shown["units_sold"], shown["rate_bp"]) == (0, None)
    assert [(each["rate_bp"], each["known_at"]) for each in shown["cohorts"]] == [(None, None)] * len(DAYS)


def test_counting_costs_three_queries_and_looking_again_none_(
    shop: Shop, line: OrderLine, buyer: User
) -> None:
    bought(shop, buyer, quantity=2)

    def cost(whose: Whose, id_: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert return_rates(whose, id_, now=clock.now()).so_far.paid == 5
        return len(queries)

    assert [cost(Whose.STREAMER, line.streamer_id) for _ in range(2)] == [3, 0]
    assert [cost(Whose.BRAND, line.brand_id) for _ in range(2)] == [3, 0]
