"""Deadlines that pass when some of them cannot be acted on."""

import pytest
from django.db.models import F

from marketplace.lib import clock
from marketplace.models import User
from orders.models import OrderLine
from refunds import tasks
from refunds.models import Return
from refunds.tasks import sweep_due_returns
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop
from tests.orders.times import findings
from tests.refunds.claims import DAY, asked, delivered

pytestmark = pytest.mark.django_db


def states() -> list[str]:
    """Return the states of all returns, in the order in which they were asked for."""
    return list(Return.objects.order_by("id").values_list("state", flat=True))


@pytest.mark.parametrize("batch", (1, 2, 3))
@pytest.mark.parametrize("at_once", (True, False))
def test_returns_that_cannot_be_expired_do_not_keep_others_waiting(
    shop: Shop, buyer: User, hours: Hours, monkeypatch: pytest.MonkeyPatch, batch: int, at_once: bool
) -> None:
    monkeypatch.setattr(tasks, "BATCH", batch)
    lines = []
    for _ in range(4):
        lines.append(delivered(shop, buyer, hours))
        asked(buyer, lines[-1], type="refund_only", reason="not_received")
    if at_once:
        Return.objects.update(deadline=clock.now())
    broken = OrderLine.objects.filter(id__in=[line.id for line in lines[:3]])
    broken.update(refunded=F("amount"))
    hours.move(2 * DAY)
    sweep_due_returns()
    assert states() == ["requested", "requested", "requested", "refunded"]
    broken.update(refunded=0)
    sweep_due_returns()
    assert states() == ["refunded"] * 4
    assert findings() == []
