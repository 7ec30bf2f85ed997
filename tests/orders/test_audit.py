"""Every finding about orders and payments is found on a row that was doctored for it."""

from typing import Any

import pytest
from django.db.models import Model

from marketplace.lib import clock
from marketplace.lib.ids import new_id
from marketplace.models import User
from orders import audit
from orders.models import Order, OrderLine, Payment
from refunds import audit as refund_audit
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, buy, caller, cancel, pay
from tests.orders.times import findings, later

pytestmark = pytest.mark.django_db

#: Beyond what an audit lets a message or money lie.
A_DAY = 86_400


def found() -> set[str]:
    """Return the kinds of what the audits of orders and refunds find."""
    now = clock.now()
    return {str(finding).split()[0] for finding in (*audit.findings(now), *refund_audit.findings(now))}


@pytest.fixture
def traded(shop: Shop, buyer: User, hours: Hours) -> Order:
    """Return a paid order beside an unpaid one and one that was cancelled and refunded."""
    bella, paid = caller(buyer), buy(shop, buyer, quantity=2)
    pay(bella, paid)
    gone = buy(shop, buyer)
    pay(bella, gone)
    cancel(bella, gone)
    later(hours, 60)
    buy(shop, buyer)
    assert findings() == []
    return paid


@pytest.mark.parametrize(
    ("kind", "model", "changes"),
    (
        ("order.stocklevel_miscounted", OrderLine, {"state": "expired"}),
        ("order.slot_miscounted", OrderLine, {"state": "expired"}),
        ("order.wrong_amount", Order, {"amount": 1}),
        ("order.wrong_line_amount", OrderLine, {"unit_price": 1}),
        ("order.line_differs", OrderLine, {"currency": "EUR"}),
        ("order.paid_without_money", Payment, {"state": "failed"}),
        ("payment.order_not_paid", OrderLine, {"state": "pending_payment"}),
        ("payment.wrong_amount", Payment, {"amount": 9_999}),
        ("refund.wrong_amount", Payment, {"refunded": 1}),
        ("refund.wrong_state", Payment, {"state": "partly_refunded"}),
        ("refund.not_what_came_back", OrderLine, {"refunded": 1}),
        *(
            ("order.orphan_line", OrderLine, {column: new_id(prefix)})
            for column, prefix in (
                *(("buyer_id", "usr"), ("session_id", "ses"), ("slot_id", "slt")),
                *(("deal_id", "dl"), ("variant_id", "var"), ("brand_id", "brd")),
            )
        ),
    ),
)
def test_a_doctored_row_is_found(
    traded: Order, kind: str, model: type[Model], changes: dict[str, Any]
) -> None:
    where = {"id": traded.id} if model is Order else {"order_id": traded.id}
    assert model._default_manager.filter(**where).update(**changes) == 1
    assert kind in found()


def test_what_an_orphan_points_at_is_named(traded: Order) -> None:
    nobody = new_id("ses")
    line = OrderLine.objects.get(order_id=traded.id)
    OrderLine.objects.filter(id=line.id).update(session_id=nobody)
    orphans = [str(one) for one in audit.findings(clock.now()) if one.code == "order.orphan_line"]
    assert orphans == [f"order.orphan_line {line.id}: session_id {nobody} does not exist"]


def test_an_order_without_lines_is_found(traded: Order) -> None:
    traded.pk = traded.id = new_id("ord")
    traded.key = "another"
    traded.save(force_insert=True)
    assert {"order.without_lines"} <= found()


def test_late_money_that_stays_is_found(traded: Order, hours: Hours) -> None:
    Payment.objects.filter(order_id=traded.id).update(state="captured_late")
    assert "refund.late_money_kept" not in found()
    hours.move(A_DAY)
    assert "refund.late_money_kept" in found()
