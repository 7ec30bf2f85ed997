"""Holds up admission, so that what is sent meanwhile gathers in its queue."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from marketplace import stock
from tests.orders.shop import Shop


@contextmanager
def shelf_held(shop: Shop) -> Iterator[None]:
    """Lock the stock levels of a show: every purchase of it waits in the database until the block ends."""
    with transaction.atomic():  # on SQLite this is the lock already
        stock.lock(slot.variant_id for slot in shop.slots)
        yield
