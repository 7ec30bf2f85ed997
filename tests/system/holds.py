"""Holds up admission, so that what is sent meanwhile gathers in its queue."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from marketplace import stock
from tests.orders.shop import Shop
from tests.servers import wait_until


@contextmanager
def shelf_held(shop: Shop) -> Iterator[None]:
    """Lock the stock levels of a show: every purchase of it waits in the database until the block ends."""
    with transaction.atomic():  # on SQLite this is the lock already
        stock.lock(slot.variant_id for slot in shop.slots)
        yield


def wait_until_somebody_waits() -> None:
    """Wait until another connection waits for a lock; on SQLite nobody says so, and nothing is waited for."""
    if connection.vendor == "postgresql":
        wait_until(_somebody_waits, seconds=10, what="somebody waits for a lock")


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone() is not None
