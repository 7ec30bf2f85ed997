"""What runs by the clock: one literal table, so that nobody has to look into a database for it.

Every sweep is idempotent and two at once are harmless, so a second beat or a late one costs nothing but work.
"""

from datetime import timedelta
from typing import Any

from celery.schedules import schedule

from marketplace.lib import clock

SECOND, MINUTE, HOUR = 1, 60, 3600

#: Task and period in seconds.
SWEEPS: dict[str, int] = {
    "streams.tasks.sweep_due_deals": SECOND,
    "streams.tasks.sweep_stale_rooms": SECOND,
    "streams.tasks.sweep_untold_rooms": 10 * SECOND,
    "streams.tasks.sweep_tickets": 10 * MINUTE,
    "orders.tasks.sweep_expired_orders": SECOND,
    "orders.tasks.sweep_payment_company": SECOND,
    "orders.tasks.sweep_webhooks": 2 * SECOND,
    "orders.tasks.sweep_undecided_payments": 15 * SECOND,
    "orders.tasks.sweep_gateway_payouts": 10 * MINUTE,
    "orders.tasks.sweep_parcels": 10 * SECOND,
    "orders.tasks.sweep_completed_lines": 30 * SECOND,
    "orders.tasks.sweep_slot_fees": 10 * SECOND,
    "orders.tasks.sweep_settlement": 10 * MINUTE,
    "orders.tasks.sweep_payouts": 10 * MINUTE,
    "refunds.tasks.sweep_refund_webhooks": 2 * SECOND,
    "refunds.tasks.sweep_late_captures": 5 * SECOND,
    "refunds.tasks.sweep_refunds": 5 * SECOND,
    "refunds.tasks.sweep_due_returns": 10 * SECOND,
    "refunds.tasks.sweep_unused_evidence": HOUR,
    "marketplace.tasks.sweep_idempotency_records": HOUR,
    "marketplace.tasks.sweep_orphan_pictures": HOUR,
    "streams.tasks.sweep_orphan_covers": HOUR,
}


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Return Celery's form of the table; a run that did not start within its period is dropped."""
    return {
        task: {
            "task": task,
            # by a clock that is UTC already: Celery's own makes it so anew several times a second
            "schedule": schedule(timedelta(seconds=period), nowfun=clock.machine_now),
            "options": {"expires": period},
        }
        for task, period in SWEEPS.items()
    }
