"""What was counted of shows while they sold, held against their lines. Only reads."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet, Sum

from marketplace.lib.findings import Finding
from marketplace.lib.prepared import prepared_values
from marketplace.reports.queries.sales import summed
from orders.models import OrderLine
from streams.models import MinuteFigure

#: Counters learn that a line's time to pay is over from the sweep, so here no unpaid line is overdue.
NOT_OVERDUE = datetime.min.replace(tzinfo=UTC)

_SUMS = ("units", "gross", "given_back")


def findings(_now: datetime) -> Iterator[Finding]:
    """Yield the shows whose minutes do not sum to their lines; one statement, which sees one moment."""
    rows: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for session_id, *sums in _counted_and_sold():
        rows[session_id].append(tuple(map(int, sums)))
    for session_id, found in sorted(rows.items()):
        some = [sums for sums in found if any(sums)]
        if some and (len(some) == 1 or some[0] != some[1]):
            detail = " and ".join(str(dict(zip(_SUMS, sums, strict=True))) for sums in found)
            yield Finding("reports.counters_differ", session_id, detail)


@prepared_values
def _counted_and_sold() -> QuerySet[Any, tuple[Any, ...]]:
    """Return each show's sums, from its minutes and from its lines."""
    counted = (
        MinuteFigure.objects.order_by().values("session_id").annotate(**{name: Sum(name) for name in _SUMS})
    )
    lines = summed(OrderLine.objects.all(), "session_id", now=NOT_OVERDUE)
    return counted.values_list("session_id", *_SUMS).union(lines.values_list("session_id", *_SUMS), all=True)
