"""Time that passes: the gateway's messages arrive and every sweep of orders and refunds runs."""

from marketplace.audits import AUDITS
from marketplace.lib import clock
from orders import tasks
from orders.payments.simulator.deliveries import deliver_due
from refunds import tasks as refund_tasks
from tests.orders.gateway_receiver import Hours

SWEEPS = (
    tasks.sweep_webhooks,
    refund_tasks.sweep_refund_webhooks,
    tasks.sweep_expired_orders,
    tasks.sweep_undecided_payments,
    refund_tasks.sweep_late_captures,
    refund_tasks.sweep_due_returns,
    refund_tasks.sweep_refunds,
    tasks.sweep_gateway_payouts,
    tasks.sweep_parcels,
    tasks.sweep_completed_lines,
    tasks.sweep_slot_fees,
    tasks.sweep_settlement,
)


def later(hours: Hours, seconds: float) -> None:
    """Move the clock, deliver what the gateway sends, and run every sweep until all has settled."""
    hours.move(seconds)
    settle()


def settle() -> None:
    """Deliver what the gateway sends and run every sweep, until nothing arrives any more."""
    deliver_due(clock.now())
    _sweep()
    while deliver_due(clock.now()):
        _sweep()


def _sweep() -> None:
    for sweep in SWEEPS:
        sweep()


def findings() -> list[str]:
    """Return what every audit finds."""
    now = clock.now()
    return [str(finding) for audit in AUDITS for finding in audit.findings(now)]
