"""When settlement and the payouts to parties have their next work. Only reads."""

from datetime import UTC, datetime

from marketplace.lib import rows
from orders.payments.bank import desk
from orders.settlement.due import DUE
from orders.settlement.payouts import payable
from orders.settlement.periods import PERIOD, next_end

_FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
#: Holds that end by themselves, and runs that were broken off.
_UNDONE = """
SELECT
    (SELECT MIN(release_at) FROM orders_hold WHERE released_at IS NULL AND release_at > %s),
    (SELECT MIN(started_at) FROM orders_settlementrun WHERE stage <> 'done' AND started_at > %s)
"""
#: What no run has settled: sales, refunds of settled ones, fees that moved.
_WAITING = f"""
SELECT
    (SELECT MIN(line.return_by) {DUE}),
    (SELECT MIN(at) FROM orders_settledline WHERE run_id IS NULL),
    (SELECT MIN(at) FROM orders_feemove WHERE run_id IS NULL)
"""  # noqa: S608 - no values
_TRIES = "SELECT MIN(next_attempt_at) FROM orders_payout WHERE state <> 'done' AND next_attempt_at > %s"


def next_settlement(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which a run has lines to settle, or a hold ends by itself."""
    moments = (rows.earliest(_UNDONE, [after, after]), _end_of_period_to_settle())
    return min((at for at in moments if at is not None and at > after), default=None)


def _end_of_period_to_settle() -> datetime | None:
    """Return when the run is due that settles the oldest line, or what moved since the last one."""
    oldest = rows.earliest(_WAITING, [_FOREVER])
    if oldest is None:
        return None
    settled_until = rows.earliest("SELECT MAX(period_end) FROM orders_settlementrun")
    return max(next_end(oldest), settled_until + PERIOD) if settled_until else next_end(oldest)


def next_party_payout(*, after: datetime) -> datetime | None:
    """Return the first moment after another at which a party is paid, or the bank tells or is asked."""
    moments = [rows.earliest(_TRIES, [after]), desk.next_told(after=after)]
    if payable():
        moments.append(rows.earliest("SELECT MAX(done_at) FROM orders_settlementrun"))
    return min((at for at in moments if at is not None and at > after), default=None)
