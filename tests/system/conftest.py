"""A show that sells and the processes that sell it, for proofs with real servers and thousands of buyers."""

from collections.abc import Callable
from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.models import Brand, User
from streams.actions.deals import open_deal
from streams.actions.restock import restock_slot
from tests.orders.shop import DEAL_PRICE, ON_HAND, PRICE, Shop, open_show
from tests.plugin import mode
from tests.servers import Web

Offer = dict[str, Any]
OpenSale = Callable[..., Offer]

#: How many web processes sell at once.
WEB_PROCESSES = (1,) if mode() == "embedded" else (1, 2)


@pytest.fixture
def webs(web: Web, second_web: Web) -> list[Web]:
    """Return as many web processes as the mode has, each on a port of its own; they outlive the test."""
    return [web, second_web][: WEB_PROCESSES[-1]]


@pytest.fixture
def shop(brand: Brand, brand_owner: User, host: User, admin: User) -> Shop:
    """Return Hana's show, live at this very moment: servers of their own look at the same clock."""
    return open_show(brand, brand_owner, host, admin)


@pytest.fixture
def open_sale(shop: Shop) -> OpenSale:
    """Return a function that opens a deal on all there is, and returns what a buyer sends to buy one unit."""

    def open_(units: int, *, per_buyer_limit: int | None = None) -> Offer:
        now = clock.now()
        if units > ON_HAND:
            restock_slot(slot_id=shop.slot.id, quantity=units - ON_HAND, actor=shop.host, now=now)
        shop.deal = open_deal(
            slot_id=shop.slot.id,
            price=DEAL_PRICE,
            quota=units,
            per_buyer_limit=per_buyer_limit,
            seconds=3_600,
            actor=shop.host,
            now=now,
        )
        return {"slot": shop.slot.id, "deal": shop.deal.id, "quantity": 1, "price": DEAL_PRICE.to_wire()}

    return open_


@pytest.fixture
def live_offer(shop: Shop) -> Offer:
    """Return what a buyer sends to buy one unit at the show's own price."""
    return {"slot": shop.slot.id, "quantity": 1, "price": PRICE.to_wire()}
