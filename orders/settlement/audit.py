"""What must always hold between settled lines, statements and the ledger, and what does not. Only reads."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from marketplace.lib.findings import Finding
from marketplace.lib.ids import as_id
from marketplace.lib.money import Money
from marketplace.lib.prepared import prepared
from orders.models import Hold, SettlementRun, SlotFee
from orders.policy import COUNT_MINUTES_AFTER

#: A run, or a hold whose day has come, that waits longer than this is stuck.
LONGEST_WAIT = timedelta(hours=2)

_PARTIES = (("brand", "brd"), ("streamer", "str"), ("agency", "agc"))

# What every party has by its lines, beside what the ledger says.
_PAYABLE = """
SELECT owner, currency, SUM(kept), SUM(told) FROM (
    SELECT replace(substr(owner, 5), '-', '') AS owner, currency, balance AS kept, 0 AS told
    FROM ledger_account WHERE kind = '{party}_payable'
    UNION ALL
    SELECT replace(CAST({party}_id AS text), '-', ''), currency, 0, SUM({party}_part)
    FROM orders_settledline WHERE {party}_id IS NOT NULL GROUP BY {party}_id, currency
    UNION ALL
    SELECT replace(CAST({party}_id AS text), '-', ''), currency, 0, SUM({party}_part)
    FROM orders_feemove WHERE {party}_id IS NOT NULL GROUP BY {party}_id, currency
    UNION ALL
    SELECT replace(substr(owner, 5), '-', ''), currency, 0, -SUM(amount)
    FROM orders_payout WHERE party = '{party}' AND state = 'done' GROUP BY owner, currency
) summed
GROUP BY owner, currency HAVING SUM(kept) <> SUM(told) ORDER BY owner, currency
"""

_REVENUE = """
SELECT currency, SUM(kept), SUM(told) FROM (
    SELECT currency, balance AS kept, 0 AS told FROM ledger_account WHERE kind = 'platform_revenue'
    UNION ALL
    SELECT currency, 0, SUM(platform_part) FROM orders_settledline GROUP BY currency
) summed
GROUP BY currency HAVING SUM(kept) <> SUM(told) ORDER BY currency
"""

# What every funder of discounts has paid: the marketplace's part stands open, a streamer has paid theirs.
_FUNDING = """
SELECT owner, currency, SUM(kept), SUM(told) FROM (
    SELECT owner, currency, balance AS kept, 0 AS told FROM ledger_account WHERE kind = 'coupon_funding'
    UNION ALL
    SELECT 'platform', currency, 0, -SUM(platform_funded) FROM orders_settledline GROUP BY currency
) summed
GROUP BY owner, currency HAVING SUM(kept) <> SUM(told) ORDER BY owner, currency
"""

# A settled line's discounts beside the ones that it was sold with.
_DISCOUNTS = """
SELECT line.id, settled.platform, settled.streamer FROM orders_orderline line JOIN (
    SELECT line_id, SUM(discount) AS discount, SUM(platform_funded) AS platform,
        SUM(streamer_funded) AS streamer
    FROM orders_settledline GROUP BY line_id
) settled ON settled.line_id = line.id
WHERE settled.platform <> line.platform_discount * line.quantity - line.platform_unfunded
    OR settled.streamer <> line.streamer_discount * line.quantity - line.streamer_unfunded
    OR settled.discount <>
        (line.platform_discount + line.brand_discount + line.streamer_discount) * line.quantity
ORDER BY line.id
"""

# Sums of a statement, and what each is of a line; slot fees have none of them.
_SUMS = {
    "gross": "gross",
    "discount": "discount",
    "refunded": "refunded",
    "platform_funded": "platform_funded",
    "streamer_funded": "streamer_funded",
    "commission": "streamer_part + streamer_funded + agency_part",
    "fee": "platform_part",
}

# Statements beside their lines, for runs that have made them.
_STATEMENTS = f"""
SELECT owner, currency, SUM(said), SUM(net), SUM(told), SUM(lines) FROM (
    SELECT run_id, replace(substr(owner, 5), '-', '') AS owner, currency, lines AS said, net,
        0 AS told, 0 AS lines, slot_fees, {", ".join(_SUMS)}
    FROM orders_statement WHERE party = '{{party}}'
    UNION ALL
    SELECT run_id, replace(CAST({{party}}_id AS text), '-', ''), line.currency, 0, 0, SUM({{party}}_part),
        COUNT(*), 0, {", ".join(f"-SUM({of_line})" for of_line in _SUMS.values())}
    FROM orders_settledline line JOIN orders_settlementrun run ON run.id = line.run_id
    WHERE {{party}}_id IS NOT NULL AND run.stage IN ('closing', 'done')
    GROUP BY run_id, {{party}}_id, line.currency
    UNION ALL
    SELECT run_id, replace(CAST({{party}}_id AS text), '-', ''), fee.currency, 0, 0, SUM({{party}}_part),
        COUNT(*), -SUM({{party}}_part), {", ".join("0" for _ in _SUMS)}
    FROM orders_feemove fee JOIN orders_settlementrun run ON run.id = fee.run_id
    WHERE {{party}}_part <> 0 AND run.stage IN ('closing', 'done')
    GROUP BY run_id, {{party}}_id, fee.currency
) summed
GROUP BY run_id, owner, currency
HAVING SUM(said) <> SUM(lines) OR SUM(net) <> SUM(told) OR SUM(slot_fees) <> 0
    OR {" OR ".join(f"SUM({name}) <> 0" for name in _SUMS)}
ORDER BY owner, currency
"""  # noqa: S608 - constants

# Slot fees whose moves do not say what their state does.
_FEES = """
SELECT fee.id, fee.state, COALESCE(SUM(move.amount), 0) FROM orders_slotfee fee
LEFT JOIN orders_feemove move ON move.fee_id = fee.id
GROUP BY fee.id, fee.state, fee.amount, fee.paid
HAVING COALESCE(SUM(move.amount), 0) <> CASE fee.state WHEN 'held' THEN -fee.amount ELSE 0 END
    OR COALESCE(SUM(move.streamer_part + move.agency_part), 0) <> fee.paid
ORDER BY fee.id
"""

# A payout that the bank has made more than once.
_PAID_TWICE = """
SELECT reference, COUNT(*) FROM payments_sim_bank_transfer WHERE state <> 'failed'
GROUP BY reference HAVING COUNT(*) > 1 ORDER BY reference
"""

_OVERDRAWN = """
SELECT line_id, SUM(gross - discount - refunded) FROM orders_settledline
GROUP BY line_id HAVING SUM(gross - discount - refunded) < 0 OR SUM(brand_part - streamer_funded) < 0
    OR SUM(streamer_part + streamer_funded) < 0 OR SUM(agency_part) < 0 OR SUM(platform_part) < 0
    OR SUM(platform_funded) < 0 OR SUM(streamer_funded) < 0
ORDER BY line_id
"""


def findings(now: datetime) -> list[Finding]:
    """Return every broken invariant of settlement."""
    return [*_payables(), *_funding(), *_statements(), *_lines(), *_fees(now), *_stuck(now)]


def _payables() -> Iterator[Finding]:
    """Balances of the parties are what their lines say, less what they were paid."""
    for party, prefix in _PARTIES:
        for owner, currency, kept, told in _rows(_PAYABLE.format(party=party)):
            said = f"lines and payouts say {Money(int(told), currency)}"
            detail = f"{Money(int(kept), currency)} in the ledger, {said}"
            yield Finding("settlement.payable_differs", as_id(prefix, owner), detail)
    for currency, kept, told in _rows(_REVENUE):
        yield Finding(
            "settlement.revenue_differs",
            currency,
            f"{Money(int(kept), currency)} in the ledger, lines say {Money(int(told), currency)}",
        )


def _funding() -> Iterator[Finding]:
    """What funders have paid of discounts is what settled lines say, and those say what was sold."""
    for owner, currency, kept, told in _rows(_FUNDING):
        detail = f"{Money(int(kept), currency)} in the ledger, lines say {Money(int(told), currency)}"
        yield Finding("settlement.funding_differs", owner, detail)
    for line, platform, streamer in _rows(_DISCOUNTS):
        detail = f"{platform} paid by the marketplace, {streamer} by the streamer: sold with others"
        yield Finding("settlement.discount_differs", as_id("oln", line), detail)


def _statements() -> Iterator[Finding]:
    """A statement is the sum of its lines."""
    for party, prefix in _PARTIES:
        for owner, currency, said, net, told, lines in _rows(_STATEMENTS.format(party=party)):
            detail = f"{said} lines with {Money(int(net), currency)}, there are {lines} with {told}"
            yield Finding("settlement.statement_differs", as_id(prefix, owner), detail)


def _lines() -> Iterator[Finding]:
    """Nobody gave more of a line back than they had of it."""
    for line, left in _rows(_OVERDRAWN):
        yield Finding("settlement.line_overdrawn", as_id("oln", line), f"{left} is left of it")


def _fees(now: datetime) -> Iterator[Finding]:
    """Slot fees moved as their states say, and none stays held after its show."""
    for fee, state, moved in _rows(_FEES):
        yield Finding("settlement.fee_differs", as_id("fee", fee), f"{state}, and {moved} has moved")
    for late in _held_fees_of_shows_over(now - COUNT_MINUTES_AFTER - LONGEST_WAIT):
        yield Finding("settlement.fee_overdue", late.id, f"{late} is held, and the show is over")


@prepared
def _held_fees_of_shows_over(since: datetime) -> QuerySet[SlotFee]:
    return SlotFee.objects.filter(state=SlotFee.State.HELD, session__ended_at__lt=since)


def _stuck(now: datetime) -> Iterator[Finding]:
    """Runs come to their end, holds are let go on their day, and nothing is paid twice."""
    late = now - LONGEST_WAIT
    for run in _unfinished_runs(late):
        yield Finding("settlement.run_unfinished", run.id, f"at {run.stage} since {run.started_at}")
    for payout, times in _rows(_PAID_TWICE):
        yield Finding("settlement.paid_twice", payout, f"{times} orders to the bank")
    for hold in _overdue_holds(late):
        yield Finding("settlement.hold_overdue", hold.id, f"{hold} should have ended on {hold.release_at}")


@prepared
def _unfinished_runs(since: datetime) -> QuerySet[SettlementRun]:
    return SettlementRun.objects.exclude(stage="done").filter(started_at__lt=since)


@prepared
def _overdue_holds(since: datetime) -> QuerySet[Hold]:
    return Hold.objects.filter(released_at=None, release_at__lt=since)


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
