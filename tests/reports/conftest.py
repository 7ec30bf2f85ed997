"""Fixtures of the reports' tests: those of the orders' and the returns', and nothing remembered."""

from collections.abc import Iterator

import pytest

from marketplace.models import User
from marketplace.reports import memory
from orders.models import OrderLine
from streams.models import Attendance
from tests.orders.gateway_receiver import hours
from tests.orders.shop import Shop, buy, caller, cancel, shop
from tests.refunds.claims import PART, asked, bought, done
from tests.refunds.conftest import audited, evidence_folder, line

__all__ = ["audited", "evidence_folder", "hours", "line", "shop"]


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """Forget what other tests have counted."""
    memory.forget()
    yield
    memory.forget()


@pytest.fixture
def sold(shop: Shop, line: OrderLine, buyer: User, outsider: User, brand_owner: User) -> OrderLine:
    """Bella's three units arrived: one came back, of one a part did. Otto cancelled one of two orders."""
    done(brand_owner, asked(buyer, line, type="refund_only", reason="not_received"), "approve", {})
    part = asked(buyer, line, reason="damaged")
    done(brand_owner, part, "offer", PART)
    done(buyer, part, "accept-offer")
    first, _unpaid = bought(shop, outsider), buy(shop, outsider)
    assert cancel(caller(outsider), first).status_code == 200
    for viewer in (buyer.id, "anonymous"):
        Attendance.objects.create(
            session=shop.session, viewer=viewer, first_at=line.created_at, last_at=line.created_at
        )
    return line
