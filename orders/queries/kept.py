"""How much of what was paid for came back: of a product, of a streamer. Counted in units, from order lines.

Lines are reached by slot, which is indexed. A line counts once it was paid. Of one that was cancelled after
payment all units came back, of any other those whose whole price went back. Answers are kept in this process
for a minute.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Sum, When

from orders.models import LineHistory, OrderLine
from orders.states import Line
from streams.models import Slot

FRESH = timedelta(seconds=60)
MOST_KEPT = 10_000

_PAID = (Line.PAID, Line.SHIPPED, Line.DELIVERED, Line.COMPLETED, Line.REFUNDED)


@dataclass(frozen=True, slots=True)
class CameBack:
    """So many of so many paid units came back."""

    back: int
    paid: int

    @property
    def percent(self) -> int:
        """Return the refund rate in whole per cent; only for what was sold."""
        return round(100 * self.back / self.paid)


_kept: dict[str, tuple[datetime, CameBack | None]] = {}


def of_products(product_ids: Collection[str], *, now: datetime) -> dict[str, CameBack]:
    """Return the refund rate of each of these products that was sold and paid."""
    return _rates(product_ids, "variant__product_id", "product_id", now)


def of_streamers(streamer_ids: Collection[str], *, now: datetime) -> dict[str, CameBack]:
    """Return the refund rate of each of these streamers who sold something that was paid."""
    return _rates(streamer_ids, "session__streamer_id", "streamer_id", now)


def forget() -> None:
    """Forget what this process has counted."""
    _kept.clear()


def _rates(ids: Collection[str], slots_by: str, lines_by: str, now: datetime) -> dict[str, CameBack]:
    wanted = set(ids)
    missing = {id_ for id_ in wanted if not _is_fresh(id_, now)}
    if missing:
        if len(_kept) > MOST_KEPT:
            forget()
        counted = _count(Slot.objects.filter(**{f"{slots_by}__in": missing}), lines_by)
        _kept.update({id_: (now, counted.get(id_)) for id_ in missing})
    found = {id_: _kept[id_][1] for id_ in wanted if id_ in _kept}
    return {id_: rate for id_, rate in found.items() if rate is not None}


def _is_fresh(id_: str, now: datetime) -> bool:
    counted_at = _kept[id_][0] if id_ in _kept else None
    return counted_at is not None and counted_at <= now < counted_at + FRESH


def _count(slots: QuerySet[Slot], by: str) -> dict[str, CameBack]:
    was_paid = LineHistory.objects.filter(line=OuterRef("pk"), from_state=Line.PAID)
    paid = Q(state__in=_PAID) | (Q(state=Line.CANCELLED) & Exists(was_paid))
    lines = OrderLine.objects.filter(paid, slot_id__in=slots.order_by().values("id")).order_by()
    back = Sum(Case(When(state=Line.CANCELLED, then="quantity"), default="returned"))
    rows = lines.values(by).annotate(paid=Sum("quantity"), back=back)
    return {row[by]: CameBack(back=row["back"], paid=row["paid"]) for row in rows}
