"""The gateway's list names a payout."""

from datetime import datetime

from marketplace.lib.atomic import action
from orders import payouts
from orders.payments.port import GatewayPayout


def receive_payout(*, payout: GatewayPayout, now: datetime) -> str:
    """Record and post a payout that the gateway's list names, unless a message was quicker."""
    with action():
        return payouts.record(payout, listed=True, now=now)
