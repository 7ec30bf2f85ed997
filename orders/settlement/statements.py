"""The steps that make the statements of a run, one for each party and currency, and keep back what is due."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, Sum, When
from django.db.models.aggregates import Count

from marketplace.lib.atomic import require_transaction
from marketplace.lib.money import Money
from orders.models import FeeMove, Hold, OrderLine, Party, ReserveTier, SettledLine, SettlementRun, Statement
from orders.settlement import gate

#: Sales by which a party's return rate is measured.
RATE_DAYS = 90

#: Column of a settled line that holds a party's part.
PART = {Party.BRAND: "brand_part", Party.STREAMER: "streamer_part", Party.AGENCY: "agency_part"}
OWNER = {Party.BRAND: "brand_id", Party.STREAMER: "streamer_id", Party.AGENCY: "agency_id"}

#: What a statement sums.
_SUMS = (
    "lines", "gross_sum", "discount_sum", "refunded_sum", "platform_funded_sum", "streamer_funded_sum",
    "commission_sum", "fee_sum", "net_sum",
)  # fmt: skip


def attach_claw_backs(run: SettlementRun) -> int:
    """Put what was taken back and what slot fees moved by the end of the run's period into its statements.

    Returns how many rows.
    """
    require_transaction()
    gate.close()
    waiting = {"run": None, "at__lt": run.period_end}
    return sum(rows.objects.filter(**waiting).update(run=run) for rows in (SettledLine, FeeMove))


def open_statements(run: SettlementRun, *, now: datetime) -> None:
    """Make the run's statements from its lines; those that exist stay as they are."""
    require_transaction()
    if not any(rows.objects.filter(run=run).exists() for rows in (SettledLine, FeeMove)):
        return
    for party in Party:
        owner, lines = OWNER[party], SettledLine.objects.filter(run=run).exclude(**{OWNER[party]: None})
        sums = lines.order_by().values(owner, "currency").annotate(
            lines=Count("id"),
            gross_sum=Sum("gross"),
            discount_sum=Sum("discount"),
            refunded_sum=Sum("refunded"),
            platform_funded_sum=Sum("platform_funded"),
            streamer_funded_sum=Sum("streamer_funded"),
            commission_sum=Sum(F("streamer_part") + F("streamer_funded") + F("agency_part")),
            fee_sum=Sum("platform_part"),
            net_sum=Sum(PART[party]),
        )  # fmt: skip
        rows = {(row[owner], row["currency"]): row for row in sums.order_by(owner, "currency")}
        for key, fees in _fees(run, party).items():
            row = rows.setdefault(key, dict.fromkeys(_SUMS, 0) | {owner: key[0], "currency": key[1]})
            row["lines"] += fees["moves"]
            row["slot_fees_sum"] = fees["sum"]
            row["net_sum"] += fees["sum"]
        Statement.objects.bulk_create(
            (_statement(run, party, row[owner], row, now=now) for row in rows.values()), ignore_conflicts=True
        )


def _fees(run: SettlementRun, party: Party) -> dict[tuple[str, str], dict[str, int]]:
    """Return how many slot fees moved for each party of a kind, and to what sum, by owner and currency."""
    owner, part = OWNER[party], PART[party]
    moves = FeeMove.objects.filter(run=run).exclude(**{part: 0}).order_by()
    sums = moves.values(owner, "currency").annotate(moves=Count("id"), sum=Sum(part))
    return {(row[owner], row["currency"]): {"moves": row["moves"], "sum": row["sum"]} for row in sums}


def close_statements(run: SettlementRun, *, now: datetime) -> None:
    """Keep back what the reserve tiers say and close the run's statements."""
    require_transaction()
    statements = list(Statement.objects.filter(run=run, state=Statement.State.OPEN))
    if not statements:
        return
    Hold.objects.bulk_create(_reserves(statements, run, now=now), ignore_conflicts=True)
    Statement.objects.filter(run=run, state=Statement.State.OPEN).update(
        state=Statement.State.CLOSED, closed_at=now
    )


def _statement(
    run: SettlementRun, party: Party, owner: str, row: dict[str, Any], *, now: datetime
) -> Statement:
    return Statement(
        run=run,
        party=party,
        owner=owner,
        currency=row["currency"],
        lines=row["lines"],
        gross=row["gross_sum"],
        discount=row["discount_sum"],
        refunded=row["refunded_sum"],
        platform_funded=row["platform_funded_sum"],
        streamer_funded=row["streamer_funded_sum"],
        commission=row["commission_sum"],
        fee=row["fee_sum"],
        slot_fees=row.get("slot_fees_sum", 0),
        net=row["net_sum"],
        created_at=now,
    )


def _reserves(statements: Iterable[Statement], run: SettlementRun, *, now: datetime) -> list[Hold]:
    tiers = list(ReserveTier.objects.order_by("-from_rate_bp"))
    rates = {party: _rates(party, run) for party in Party} if tiers else {}
    reserves = []
    for statement in statements:
        rate = rates.get(Party(statement.party), {}).get((statement.owner, statement.currency), 0)
        tier = next((tier for tier in tiers if rate >= tier.from_rate_bp), None)
        if tier is None or statement.net <= 0:
            continue
        kept = Money(statement.net, statement.currency).share(tier.share_bp)
        if kept.amount:
            reserves.append(
                Hold(
                    statement=statement,
                    reason=Hold.Reason.RESERVE,
                    subject=statement.id,
                    amount=kept.amount,
                    currency=kept.currency,
                    release_at=now + timedelta(days=tier.days),
                    created_at=now,
                )
            )
    return reserves


def _rates(party: Party, run: SettlementRun) -> dict[tuple[str, str], int]:
    """Return which part of each party's paid sales came back lately, in 10,000, by owner and currency."""
    owner, since = OWNER[party], run.period_end - timedelta(days=RATE_DAYS)
    delivered = (OrderLine.State.DELIVERED, OrderLine.State.COMPLETED, OrderLine.State.REFUNDED)
    lines = OrderLine.objects.filter(created_at__gte=since, state__in=delivered).exclude(**{owner: None})
    back = Sum(Case(When(state=OrderLine.State.REFUNDED, then="amount"), default="refunded"))
    sums = lines.order_by().values(owner, "currency").annotate(sold=Sum("amount"), back=back)
    return {(row[owner], row["currency"]): row["back"] * 10_000 // row["sold"] for row in sums if row["sold"]}
