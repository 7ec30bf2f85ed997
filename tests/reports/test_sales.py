"""One definition of sales: from lines and from counters alike, through every way in which money goes back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.lib import clock
from marketplace.lib.money import Money
from marketplace.models import User
from marketplace.reports.queries.lines import Whose, lines_of
from marketplace.reports.queries.sales import Sales, kept, sales, tallies
from orders.models import OrderLine
from orders.tasks import sweep_expired_orders
from streams.models import MinuteFigure
from streams.queries.figures import minutes
from tests.marketplace.rest_callers import with_token
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, cancel, pay
from tests.orders.times import findings
from tests.refunds.claims import PART, asked, done

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def test_what_is_not_paid_cancelled_or_refunded_is_not_kept(
    shop: Shop, line: OrderLine, buyer: User, brand_owner: User, hours: Hours
) -> None:
    """Three units arrived: one comes back, of one a part is refunded. Of four more none is kept."""
    back, part = (
        asked(buyer, line, type="refund_only", reason="not_received"),
        asked(buyer, line, reason="damaged"),
    )
    done(brand_owner, back, "approve", {})
    done(brand_owner, part, "offer", PART)
    done(buyer, part, "accept-offer")
    unpaid, cancelled, waiting = (buy(shop, buyer, quantity=units) for units in (1, 2, 1))
    assert cancel(caller(buyer), unpaid).status_code == 200
    assert pay(caller(buyer), cancelled).status_code == 200
    assert cancel(caller(buyer), cancelled).status_code == 200
    whole = Sales(
        "CNY",
        orders=4,
        units=7,
        units_sold=5,
        units_back=3,
        gross=27_930,
        given_back=3990 + 1000 + 3990 + 7980,
    )
    scopes = {
        Whose.PRODUCT: line.product_id,
        Whose.STREAMER: line.streamer_id,
        Whose.BRAND: line.brand_id,
        Whose.SESSION: line.session_id,
    }
    now = clock.now()
    for whose, id_ in scopes.items():
        with CaptureQueriesContext(connection) as queries:
            assert sales(lines_of(whose, [id_]), now=now) == [whole], whose
        assert len(queries) == 1
    assert whole.total_kept == Money(27_930 - 16_960, "CNY")
    assert (whole.came_back.percent, whole.came_back.rate_bp) == (60, 6_000)
    tally = tallies([shop.session.id])[shop.session.id]
    assert (tally.orders, tally.total_gross, tally.total_kept) == (4, whole.total_gross, whole.total_kept)
    overdue = sales(lines_of(Whose.SESSION, [shop.session.id]), now=waiting.pay_by)
    assert overdue[0].given_back == whole.given_back + 3990  # before any sweep has come by
    hours.move((waiting.pay_by - now).total_seconds())
    sweep_expired_orders()
    assert tallies([shop.session.id])[shop.session.id].given_back == overdue[0].given_back


def test_what_is_given_back_is_missing_where_it_was_ordered(
    shop: Shop, line: OrderLine, buyer: User, brand_owner: User
) -> None:
    """A refund days later makes the minute of the purchase smaller and adds none of its own."""
    before = minutes(shop.session, now=line.created_at)
    assert [kept(minute) for minute in before] == [11_970]
    done(brand_owner, asked(buyer, line, type="refund_only", reason="not_received"), "approve", {})
    assert clock.now() > line.created_at + timedelta(days=1)
    [minute] = minutes(shop.session, now=line.created_at)
    assert (minute.gross, minute.given_back, kept(minute)) == (11_970, 3990, 7980)


def test_who_earns_by_it_reads_it_over_the_api(line: OrderLine, brand_owner: User) -> None:
    shown = with_token(brand_owner, "money:read").get(f"/api/v1/brands/{line.brand_id}/sales").json()
    assert shown == {
        "object": "sales",
        "of": line.brand_id,
        "currencies": [
            {
                "currency": "CNY", "orders": 1, "units": 3, "units_sold": 3, "units_back": 0,
                "gross": {"amount": 11_970, "currency": "CNY"},
                "given_back": {"amount": 0, "currency": "CNY"},
                "kept": {"amount": 11_970, "currency": "CNY"},
            }
        ],
    }  # fmt: skip


def test_nothing_sold_is_nothing(shop: Shop, buyer: User) -> None:
    assert sales(lines_of(Whose.SESSION, [shop.session.id]), now=clock.now()) == []
    assert tallies([shop.session.id]) == {}


def test_the_audit_holds_the_counters_against_the_lines(shop: Shop, line: OrderLine) -> None:
    figure = MinuteFigure.objects.get(session=shop.session, gross=11_970)
    MinuteFigure.objects.filter(id=figure.id).update(given_back=1)
    [found] = findings()
    assert found.startswith(f"reports.counters_differ {shop.session.id}: ")
    MinuteFigure.objects.filter(id=figure.id).update(given_back=0)
