"""Settle the periods that are over: stage by stage, each resumable, the same period once."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import structlog
from django.db.models import Min, Q, QuerySet

from marketplace import outbox
from marketplace.lib.atomic import action
from marketplace.lib.prepared import prepared
from orders.models import OrderLine, SettlementRun
from orders.settlement import gate
from orders.settlement.due import due_brands, settle_brands
from orders.settlement.holds import first_release, release_due
from orders.settlement.periods import ended, last_ended
from orders.settlement.statements import attach_claw_backs, close_statements, open_statements

logger = structlog.get_logger(__name__)

Stage = SettlementRun.Stage

#: Lines that are settled in one transaction: refunds and holds wait that long at most.
CHUNK = 50_000


def settle(*, now: datetime) -> SettlementRun:
    """Bring the runs that are unfinished, then those of all periods that are over, to their ends, in order.

    Return the last one. Where nobody has settled for weeks, each of them has a run and statements of its own.
    Killed at any point, the next call goes on where this one was. Two at once share the work.
    """
    first = first_release()
    if first is not None and first <= now:
        with action():
            release_due(now=now)
    start, _ = last_ended(now)
    known = _unfinished_and_of(start)
    if [run.stage for run in known] == [Stage.DONE]:  # as nearly always
        return known[0]
    while run := SettlementRun.objects.exclude(stage=Stage.DONE).order_by("period_start").first():
        _finish(run, now=now)
    runs = [_settle(*period, now=now) for period in ended(since=_settled_since(now), now=now)]
    return runs[-1]


@prepared
def _unfinished_and_of(period_start: datetime) -> QuerySet[SettlementRun]:
    return SettlementRun.objects.filter(~Q(stage=Stage.DONE) | Q(period_start=period_start))


def _settled_since(now: datetime) -> datetime:
    """Return when the last run's period began; before there is one, when the first line became final."""
    start, _ = last_ended(now)
    last = SettlementRun.objects.order_by("period_start").last()
    if last is not None:
        return min(start, last.period_start)
    final = OrderLine.objects.filter(state=OrderLine.State.COMPLETED)
    first: datetime | None = final.aggregate(at=Min("return_by"))["at"]
    return min(start, first or start)


def _settle(start: datetime, end: datetime, *, now: datetime) -> SettlementRun:
    """Bring a period's run to its end and return it."""
    with action():
        run = SettlementRun(period_start=start, period_end=end, started_at=now)
        SettlementRun.objects.bulk_create([run], ignore_conflicts=True)
        run = SettlementRun.objects.get(period_start=start)
    if run.stage != Stage.DONE:
        _finish(run, now=now)
    return run


def _finish(run: SettlementRun, *, now: datetime) -> None:
    """Do what is left of a run."""
    for brand_ids in _chunks(due_brands(run)) if run.stage == Stage.LINES else ():
        with action():
            settled = settle_brands(run, brand_ids, now=now)
        logger.info("lines_settled", run=run.id, brands=len(brand_ids), lines=settled)
    for stage in (Stage.LINES, Stage.STATEMENTS, Stage.CLOSING):
        with action():
            gate.close()
            run.refresh_from_db()
            if run.stage == stage:
                _end_stage(run, now=now)


def _end_stage(run: SettlementRun, *, now: datetime) -> None:
    if run.stage == Stage.LINES:
        attach_claw_backs(run)
        run.stage = Stage.STATEMENTS
    elif run.stage == Stage.STATEMENTS:
        open_statements(run, now=now)
        run.stage = Stage.CLOSING
    else:
        close_statements(run, now=now)
        run.stage, run.done_at = Stage.DONE, now
        payload = {"run": run.id, "period": str(run), "statements": run.statements.count()}
        outbox.append("settlement.done", subject=run.id, payload=payload, now=now)
    SettlementRun.objects.filter(id=run.id).update(stage=run.stage, done_at=run.done_at)


def _chunks(brands: Sequence[tuple[str, int]]) -> Iterator[list[str]]:
    """Yield brands in groups that have some ten thousand lines together; a large one stands alone."""
    group: list[str] = []
    lines = 0
    for brand_id, count in brands:
        if group and lines + count > CHUNK:
            yield group
            group, lines = [], 0
        group.append(brand_id)
        lines += count
    if group:
        yield group
