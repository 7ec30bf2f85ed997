"""Who need not wait for a sale: whoever writes rows that point at what it has locked. PostgreSQL only."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from marketplace.lib import clock
from marketplace.lib.atomic import action
from streams import factlog, figures
from streams.models import MinuteFigure
from tests.orders.shop import Shop


@pytest.mark.needs("scaled")
def test_a_minutes_figures_are_written_while_a_sale_holds_the_room(
    shop: Shop, transactional_db: None
) -> None:
    """If they waited, a sale that came to the same minute would wait for them in turn: a deadlock."""

    def count_a_visit() -> None:
        try:
            with action():
                figures.add(shop.session.id, now=clock.now(), joins=1)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        factlog.lock(shop.session.id)
        pool.submit(count_a_visit).result(timeout=10)
    assert MinuteFigure.objects.get(session=shop.session).joins == 1
