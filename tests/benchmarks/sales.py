"""Fill a database with sales that are due: ``python -m tests.benchmarks.sales '{"lines": 1000000}'``.

Asked for are ``lines``, ``brands`` and ``streamers``; or ``settle``: then they are settled, and what it took
is printed; or ``reader``: then a token that may read all statements, the largest and the smallest of them,
and a line deep in the largest. Rows are written by SQL: buying a million times would measure the purchase.
"""

import json
import os
import sys
import time
from datetime import timedelta
from typing import Any

import django
import psutil

#: Of 100 lines, 5 had a part of their money back. A line has the id of its order.
_LINES = """
INSERT INTO orders_orderline (id, order_id, state, pay_by, buyer_id, session_id, slot_id, seq, variant_id,
    product_id, title, sku, quantity, unit_price, amount, currency, brand_id, streamer_id, agency_id, rate_bp,
    agency_share_bp, fee_bp, return_policy, return_by, refunded, created_at)
SELECT orders.id, orders.id, 'completed', %(then)s, orders.buyer_id, orders.session_id,
    orders.id, 1, orders.id, orders.id, 'Longjing', 'LJ-' || number, 1, orders.amount, orders.amount, 'CNY',
    brands.ids[1 + number %% array_length(brands.ids, 1)],
    streamers.ids[1 + number / array_length(brands.ids, 1) %% array_length(streamers.ids, 1)],
    CASE WHEN number / 7 %% 3 = 0 THEN agencies.ids[1 + number / 7 %% array_length(agencies.ids, 1)] END,
    500 + number %% 2500, CASE WHEN number / 7 %% 3 = 0 THEN 1500 ELSE 0 END, 300 + number %% 400,
    'standard', %(due)s, CASE WHEN number %% 20 = 0 THEN orders.amount / 3 ELSE 0 END, %(then)s
FROM (SELECT *, row_number() OVER (ORDER BY id) AS number FROM orders_order) orders,
    (SELECT array_agg(id ORDER BY id) AS ids FROM marketplace_brand) brands,
    (SELECT array_agg(id ORDER BY id) AS ids FROM streams_streamer) streamers,
    (SELECT array_agg(id ORDER BY id) AS ids FROM streams_agency) agencies
"""
#: Ids begin with their time, as those of the marketplace do: ids at random would measure caches.
_ORDERS = """
INSERT INTO orders_order (id, buyer_id, session_id, key, input_hash, amount, currency, pay_by, created_at)
SELECT (lpad(to_hex(%(moment)s + number), 12, '0') || '70008' || lpad(to_hex(number), 15, '0'))::uuid,
    %(buyer)s, %(buyer)s, 'key-' || number, '', 990 + number * 7919 %% 29000,
    'CNY', %(then)s, %(then)s
FROM generate_series(1, %(lines)s::bigint) number
"""


def main(asked: dict[str, Any]) -> dict[str, Any]:
    """Make the sales, or settle them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    django.setup()
    if asked.get("reader"):
        return _reader()
    return _settle() if asked.get("settle") else _fill(asked)


def _fill(asked: dict[str, Any]) -> dict[str, Any]:
    from django.db import connection

    from marketplace.lib import clock
    from marketplace.lib.atomic import action
    from marketplace.lib.money import Money
    from marketplace.models import Brand, User
    from orders.ledger.accounts import credit, debit
    from orders.ledger.post import post
    from orders.models import Order
    from orders.settlement.periods import last_ended
    from streams.models import Agency, Streamer

    now = clock.now()
    due = last_ended(now)[1] - timedelta(days=1)
    buyer = User.objects.create(username="buyer", date_joined=now)
    Brand.objects.bulk_create(
        Brand(name=f"Brand {number}", slug=f"brand-{number}", country="CN", created_at=now)
        for number in range(asked["brands"])
    )
    Agency.objects.bulk_create(
        Agency(name=f"Agency {number}", share_bp=1_500, created_at=now) for number in range(10)
    )
    people = User.objects.bulk_create(
        User(username=f"host-{number}", date_joined=now) for number in range(asked["streamers"])
    )
    Streamer.objects.bulk_create(
        Streamer(user=person, name=person.username, created_at=now) for person in people
    )
    then = due - timedelta(days=9)
    moment = int(then.timestamp() * 1_000)
    given = {
        "buyer": buyer.id[-32:],
        "moment": moment,
        "then": due - timedelta(days=9),
        "due": due,
        "lines": asked["lines"],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, given)
        cursor.execute(_LINES, given)
        cursor.execute("SELECT SUM(amount - refunded) FROM orders_orderline")
        paid = Money(int(cursor.fetchone()[0]), "CNY")
    with action():
        entries = [debit("gateway_clearing", paid), credit("escrow", paid)]
        post(key="bench", kind="capture", subject="bench", entries=entries, at=now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {"lines": Order.objects.count()}


def _settle() -> dict[str, Any]:
    from marketplace.lib import clock
    from orders.actions.settle import settle
    from orders.models import SettledLine, SettlementRun, Statement
    from orders.settlement import audit

    started = time.perf_counter()
    run = settle(now=clock.now())
    seconds = time.perf_counter() - started
    memory = psutil.Process().memory_info().rss
    SettlementRun.objects.filter(id=run.id).update(stage="lines")
    before = SettledLine.objects.count(), Statement.objects.count()
    settle(now=clock.now())
    after = SettledLine.objects.count(), Statement.objects.count()
    return {
        "seconds": seconds,
        "rss_mb": memory / 1024**2,
        "second_run_inserts": sum(after) - sum(before),
        "lines": before[0],
        "statements": Statement.objects.exclude(state="open").count(),
        "findings": [str(finding) for finding in audit.findings(clock.now())],
    }


def _reader() -> dict[str, Any]:
    from marketplace.actions.tokens import create_token
    from marketplace.lib import clock
    from marketplace.models import User
    from marketplace.models.tokens import Scope
    from orders.models import SettledLine, Statement

    now = clock.now()
    staff = User.objects.create(username="accountant", is_staff=True, date_joined=now)
    _, token = create_token(user=staff, name="bench", scopes=[Scope.MONEY_READ], expires_at=None, now=now)
    small, *_, large = Statement.objects.order_by("lines")
    lines = SettledLine.objects.filter(run=large.run, brand=large.owner).order_by("pk")
    deep = lines.values_list("pk", flat=True)[large.lines * 9 // 10]
    return {"token": token, "large": large.id, "small": small.id, "deep": f"sln_{deep:032x}"}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
