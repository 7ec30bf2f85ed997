"""Which sweep has its next work when: what the sandbox's clock stops for on its way.

Every sweep of ``marketplace.schedule`` stands in one of the three tables; a test holds them to it.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from marketplace import tasks as marketplace_tasks
from marketplace.lib.clock import LONG_AGO
from orders import inbox
from orders import tasks as orders_tasks
from orders.payments.simulator.deliveries import next_due as next_of_payment_company
from orders.queries.due import next_completion, next_expiry, next_fee, next_question, next_scan
from orders.settlement.next_work import next_party_payout, next_settlement
from refunds import tasks as refunds_tasks
from refunds.queries import next_deadline, next_late_capture, next_refund
from streams import tasks as streams_tasks
from streams.queries.due import next_closing

#: Returns the first moment after ``after`` at which a sweep has work.
Next = Callable[..., datetime | None]

#: What becomes due, in the order in which the sweeps run at one moment: money that arrives comes before the
#: end of the time to pay.
STOPS: tuple[tuple[Any, Next], ...] = (
    (orders_tasks.sweep_payment_company, next_of_payment_company),
    (orders_tasks.sweep_webhooks, partial(inbox.next_message, about_refunds=False)),
    (refunds_tasks.sweep_refund_webhooks, partial(inbox.next_message, about_refunds=True)),
    (orders_tasks.sweep_undecided_payments, next_question),
    (orders_tasks.sweep_expired_orders, next_expiry),
    (streams_tasks.sweep_due_deals, next_closing),
    (refunds_tasks.sweep_late_captures, next_late_capture),
    (refunds_tasks.sweep_due_returns, next_deadline),
    (refunds_tasks.sweep_refunds, next_refund),
    (orders_tasks.sweep_parcels, next_scan),
    (orders_tasks.sweep_completed_lines, next_completion),
    (orders_tasks.sweep_slot_fees, next_fee),
    (orders_tasks.sweep_settlement, next_settlement),
    (orders_tasks.sweep_payouts, next_party_payout),
)
#: What tidies up, finds messages that were lost and tells rooms: once, at the end of the way.
AT_THE_END: tuple[Any, ...] = (
    streams_tasks.sweep_stale_rooms,
    streams_tasks.sweep_untold_rooms,
    streams_tasks.sweep_tickets,
    orders_tasks.sweep_gateway_payouts,
    refunds_tasks.sweep_unused_evidence,
    marketplace_tasks.sweep_idempotency_records,
)
#: What goes by the machine's clock, since files do.
NEVER: tuple[Any, ...] = (marketplace_tasks.sweep_orphan_pictures, streams_tasks.sweep_orphan_covers)


def coming() -> list[tuple[Any, datetime]]:
    """Return the sweeps that have something to do, and since or from when, in the order in which they run."""
    firsts = [(sweep, first(after=LONG_AGO)) for sweep, first in STOPS]
    return [(sweep, at) for sweep, at in firsts if at is not None]


def next_stop(now: datetime) -> datetime | None:
    """Return the first moment after ``now`` at which a sweep has something to do."""
    return min((at for _, first in STOPS if (at := first(after=now)) is not None), default=None)
