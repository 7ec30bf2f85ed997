"""Orders on a running marketplace: worker, schedule and payment company do their part by themselves."""

from typing import Any

import httpx
import pytest

from marketplace.actions.tokens import create_token
from marketplace.lib import clock
from marketplace.models import Brand, User
from orders.payments.simulator.cards import late_card
from tests.orders.shop import ADDRESS, APPROVE, buy, open_show
from tests.servers import Web, wait_until


@pytest.fixture
def bella(web: Web, background: None, buyer: User) -> httpx.Client:
    """Return Bella's client of the running marketplace."""
    _, secret = create_token(
        user=buyer, name="live", scopes=["orders:write"], expires_at=None, now=clock.now()
    )
    return httpx.Client(
        base_url=f"{web.url}/api/v1", headers={"Authorization": f"Bearer {secret}"}, timeout=15
    )


def test_a_paid_order_is_cancelled_and_refunded_without_anybody_waiting(
    bella: httpx.Client, brand: Brand, brand_owner: User, host: User, admin: User, buyer: User
) -> None:
    shop = open_show(brand, brand_owner, host, admin)
    slow, quick = buy(shop, buyer), buy(shop, buyer)

    def post(path: str, body: Any) -> dict[str, Any]:
        answer = bella.post(path, json=body, headers={"Idempotency-Key": path.replace("/", "-")})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def state_of(order_id: str) -> str:
        return str(bella.get(f"/orders/{order_id}").json()["state"])

    with bella:
        paying = post(f"/orders/{slow.id}/pay", {"card": late_card(2), "address": ADDRESS})
        assert paying["state"] == "processing"
        assert post(f"/orders/{quick.id}/pay", {"card": APPROVE, "address": ADDRESS})["state"] == "captured"
        assert post(f"/orders/{quick.id}/cancel", {})["state"] == "cancelled"
        wait_until(lambda: state_of(slow.id) == "paid", seconds=30, what="the late capture")

        def refunded() -> bool:
            refunds = bella.get(f"/refunds?order={quick.id}").json()["data"]
            return [refund["state"] for refund in refunds] == ["done"]

        wait_until(refunded, seconds=30, what="the refund")
    assert shop.level() == (10, 1)
