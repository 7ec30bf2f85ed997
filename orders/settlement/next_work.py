"""When settlement and the payouts to parties have their next work. Only reads."""

from datetime import datetime

from django.db.models import Exists, F, Max, Min, OuterRef

from orders.models import FeeMove, Hold, OrderLine, Payout, SettledLine, SettlementRun
from orders.payments.bank import desk
from orders.settlement.payouts import payable
from orders.settlement.periods import PERIOD, next_end
from orders.states import Line


def next_settlement(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which a run has lines to settle, or a hold ends by itself."""
    holds = Hold.objects.filter(release_at__gt=after, released_at=None)
    unfinished = SettlementRun.objects.exclude(stage=SettlementRun.Stage.DONE)
    moments = [
        holds.aggregate(at=Min("release_at"))["at"],
        unfinished.aggregate(at=Min("started_at"))["at"],
        _end_of_period_to_settle(),
    ]
    return min((at for at in moments if at is not None and at > after), default=None)


def _end_of_period_to_settle() -> datetime | None:
    """Return when the run is due that settles the oldest line, or what moved since the last one."""
    settled = SettledLine.objects.filter(line=OuterRef("id"), refund="")
    held = Hold.objects.filter(line=OuterRef("id"), released_at=None)
    lines = OrderLine.objects.filter(state=Line.COMPLETED, amount__gt=F("refunded"))
    waiting = [
        lines.exclude(Exists(settled)).exclude(Exists(held)).aggregate(at=Min("return_by"))["at"],
        SettledLine.objects.filter(run=None).aggregate(at=Min("at"))["at"],
        FeeMove.objects.filter(run=None).aggregate(at=Min("at"))["at"],
    ]
    oldest = min((at for at in waiting if at is not None), default=None)
    if oldest is None:
        return None
    settled_until = SettlementRun.objects.aggregate(at=Max("period_end"))["at"]
    return max(next_end(oldest), settled_until + PERIOD) if settled_until else next_end(oldest)


def next_party_payout(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which a party is paid, or the bank tells or is asked."""
    tries = Payout.objects.filter(next_attempt_at__gt=after).exclude(state=Payout.State.DONE)
    moments = [tries.aggregate(at=Min("next_attempt_at"))["at"], desk.next_told(after=after)]
    if payable():
        moments.append(SettlementRun.objects.aggregate(at=Max("done_at"))["at"])
    return min((at for at in moments if at is not None and at > after), default=None)
