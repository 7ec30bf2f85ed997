"""The steps that settle many lines at once: rows by INSERT ... SELECT, postings by the ledger in batches.

The arithmetic is that of ``orders.settlement.split``, in SQL.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from marketplace.lib import rows
from marketplace.lib.atomic import require_transaction
from marketplace.lib.ids import as_id
from marketplace.lib.money import Money
from orders.ledger.accounts import Leg, credit, debit
from orders.ledger.post import NewTransfer, post_many
from orders.models import SettledLine, SettlementRun
from orders.settlement import gate
from orders.settlement.funding import PLATFORM, streamer_pays

#: What is due before a moment.
DUE = """
FROM orders_orderline line
WHERE line.state = 'completed' AND line.return_by < %s AND line.amount > line.refunded
    AND NOT EXISTS (
        SELECT 1 FROM orders_settledline settled WHERE settled.line_id = line.id AND settled.refund = ''
    )
    AND NOT EXISTS (SELECT 1 FROM orders_hold hold WHERE hold.line_id = line.id AND hold.released_at IS NULL)
"""

_COUNTS = f"SELECT line.brand_id, COUNT(*) {DUE} GROUP BY line.brand_id ORDER BY line.brand_id"

# Innermost first: terms; whole parts and remainders; missing units; who gets them; the agency's share.
_SETTLE = f"""
INSERT INTO orders_settledline (run_id, line_id, refund, order_id, brand_id, streamer_id, agency_id,
    currency, gross, discount, refunded, platform_funded, streamer_funded, brand_part, streamer_part,
    agency_part, platform_part, at)
SELECT run_id, id, '', order_id, brand_id, streamer_id, agency_id, currency, amount + discount, discount,
    refunded, platform_funded, streamer_funded, base - commission - platform + streamer_funded,
    commission - agency - streamer_funded, agency, platform, at
FROM (SELECT shared.*, (commission * agency_share_bp + 4999) / 10000 AS agency
FROM (SELECT parts.*,
    whole_c + CASE WHEN missing > CASE WHEN rest_b >= rest_c THEN 1 ELSE 0 END
        + CASE WHEN rest_p > rest_c THEN 1 ELSE 0 END THEN 1 ELSE 0 END AS commission,
    whole_p + CASE WHEN missing > CASE WHEN rest_b >= rest_p THEN 1 ELSE 0 END
        + CASE WHEN rest_c >= rest_p THEN 1 ELSE 0 END THEN 1 ELSE 0 END AS platform
FROM (SELECT shares.*, (rest_b + rest_c + rest_p) / 10000 AS missing
FROM (SELECT terms.*,
    base * rate_bp / 10000 AS whole_c, base * rate_bp %% 10000 AS rest_c,
    base * capped_bp / 10000 AS whole_p, base * capped_bp %% 10000 AS rest_p,
    base * (10000 - rate_bp - capped_bp) %% 10000 AS rest_b
FROM (SELECT {{run}} AS run_id, {{at}} AS at, line.id, line.order_id, line.brand_id, line.streamer_id,
    line.agency_id, line.currency, line.amount, line.refunded, line.rate_bp, line.agency_share_bp,
    (line.platform_discount + line.brand_discount + line.streamer_discount) * line.quantity AS discount,
    line.platform_discount * line.quantity - line.platform_unfunded AS platform_funded,
    line.streamer_discount * line.quantity - line.streamer_unfunded AS streamer_funded,
    line.amount - line.refunded + line.platform_discount * line.quantity - line.platform_unfunded AS base,
    CASE WHEN line.fee_bp > 10000 - line.rate_bp THEN 10000 - line.rate_bp ELSE line.fee_bp END AS capped_bp
{DUE} AND line.brand_id {{brands}}
) terms) shares) parts) shared) done
ORDER BY done.id
"""  # noqa: S608 - constants

_SUMS = """
SELECT brand_id, currency, streamer_id, agency_id, SUM(brand_part), SUM(streamer_part), SUM(agency_part),
    SUM(platform_part), SUM(platform_funded), SUM(streamer_funded)
FROM orders_settledline WHERE run_id = %s AND refund = '' AND brand_id"""
_SUMS_BY = "GROUP BY brand_id, currency, streamer_id, agency_id ORDER BY brand_id, currency"


class Sums(NamedTuple):
    """What the lines of one brand with one streamer (under one agency) come to in one currency."""

    brand_id: str
    currency: str
    streamer_id: str
    agency_id: str | None
    brand: int
    streamer: int
    agency: int
    platform: int
    platform_funded: int
    streamer_funded: int


def due_brands(run: SettlementRun) -> list[tuple[str, int]]:
    """Return the brands that have due lines and that the run has not been at, with how many lines."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [_moment(run.period_end)])
        counted = [(as_id("brd", brand), int(count)) for brand, count in cursor.fetchall()]
    done = _done(run, [brand for brand, _ in counted])
    return [(brand, count) for brand, count in counted if brand not in done]


def settle_brands(run: SettlementRun, brand_ids: Collection[str], *, now: datetime) -> int:
    """Settle the due lines of some brands and post them; return how many.

    A brand whose lines the run has settled is left alone, and so are all of them once the run is past its
    lines: what has become due since waits for the next run.
    """
    require_transaction()
    gate.close()
    if not _takes_lines(run):
        return 0
    condition, parameters = rows.any_of(set(brand_ids) - _done(run, brand_ids))
    typed = connection.vendor == "postgresql"
    statement = _SETTLE.format(
        run="%s::uuid" if typed else "%s", at="%s::timestamptz" if typed else "%s", brands=condition
    )
    run_id = _uuid(run.id)
    with connection.cursor() as cursor:
        if typed:  # what the planner knows of a table that fills now is out of date
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(statement, [run_id, _moment(now), _moment(run.period_end), *parameters])
        settled = int(cursor.rowcount)
        if typed:
            cursor.execute("SET LOCAL enable_seqscan = on")
        if not settled:
            return 0
        cursor.execute(f"{_SUMS} {condition} {_SUMS_BY}", [run_id, *parameters])
        sums = [
            Sums(
                as_id("brd", row[0]),
                row[1],
                as_id("str", row[2]),
                row[3] and as_id("agc", row[3]),
                *map(int, row[4:]),
            )
            for row in cursor.fetchall()
        ]
    post_many(list(_transfers(run, sums)), at=now)
    return settled


def _takes_lines(run: SettlementRun) -> bool:
    """Tell whether the run's statements are still to be made, as it stands behind the gate."""
    return SettlementRun.objects.filter(id=run.id, stage=SettlementRun.Stage.LINES).exists()


def _done(run: SettlementRun, brand_ids: Collection[str]) -> set[str]:
    """Return the brands whose lines the run has settled."""
    settled = SettledLine.objects.filter(run=run, refund="")
    return {brand for brand in brand_ids if settled.filter(brand_id=brand).exists()}


def _transfers(run: SettlementRun, sums: list[Sums]) -> Iterator[NewTransfer]:
    """Yield one transfer for each brand and currency: out of escrow, to everybody who has a part.

    A second one where streamers pay for discounts.
    """
    by_brand: dict[tuple[str, str], list[Sums]] = defaultdict(list)
    for each in sums:
        by_brand[each.brand_id, each.currency].append(each)
    for (brand_id, currency), group in by_brand.items():
        yield NewTransfer(
            key=f"settled:{run.id[-32:]}:{brand_id[-32:]}:{currency}",
            kind="settlement",
            subject=run.id,
            entries=_legs(brand_id, currency, group),
        )
        if paid := _paid_by_streamers(currency, group):
            yield NewTransfer(
                key=f"funded:{run.id[-32:]}:{brand_id[-32:]}:{currency}",
                kind="funding",
                subject=run.id,
                entries=paid,
            )


def _legs(brand_id: str, currency: str, group: list[Sums]) -> list[Leg]:
    owed: dict[tuple[str, str], int] = defaultdict(int)
    for each in group:
        owed["brand_payable", brand_id] += each.brand
        owed["streamer_payable", each.streamer_id] += each.streamer + each.streamer_funded
        owed["coupon_funding", each.streamer_id] -= each.streamer_funded
        owed["coupon_funding", PLATFORM] -= each.platform_funded
        if each.agency_id:
            owed["agency_payable", each.agency_id] += each.agency
        owed["platform_revenue", ""] += each.platform
    out = debit("escrow", Money(sum(owed.values()), currency))
    parts = [
        credit(kind, Money(amount, currency), owner=owner) for (kind, owner), amount in owed.items() if amount
    ]
    return [out, *parts]


def _paid_by_streamers(currency: str, group: list[Sums]) -> list[Leg]:
    """Return what streamers pay for the discounts at their cost."""
    funded: dict[str, int] = defaultdict(int)
    for each in group:
        funded[each.streamer_id] += each.streamer_funded
    return [
        leg
        for streamer_id, amount in funded.items()
        if amount
        for leg in streamer_pays(streamer_id, Money(amount, currency))
    ]


def _moment(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _uuid(public_id: str) -> str:
    return public_id[-32:]
