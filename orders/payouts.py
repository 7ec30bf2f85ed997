"""The step that writes down what the gateway says of a payout, and posts it, once.

The gateway may say it twice, late or out of order, in a message and in its list.
"""

from datetime import datetime

import structlog

from marketplace.lib.atomic import require_transaction
from orders import books
from orders.models import ReceivedPayout
from orders.payments.port import GatewayPayout

logger = structlog.get_logger(__name__)


def record(said: GatewayPayout, *, listed: bool, now: datetime) -> str:
    """Write down a payout and return, in a few words, what came of it; ``listed``: the list names it."""
    require_transaction()
    payout = ReceivedPayout(
        gateway_id=said.id,
        amount=said.total.amount,
        fee=said.fee.amount,
        currency=said.total.currency,
        paid_at=said.paid_at,
        recorded_at=now,
    )
    ReceivedPayout.objects.bulk_create([payout], ignore_conflicts=True)
    kept = ReceivedPayout.objects.get(gateway_id=said.id)
    if (kept.total, kept.total_fee) != (said.total, said.fee):
        logger.error("gateway_contradicts", payout=kept.id, said=str(said.total), fee=str(said.fee))
        return "refused: it was of another amount"
    if listed:
        ReceivedPayout.objects.filter(id=kept.id).update(listed=True)
    if kept.id != payout.id:
        return "repeated: the payout is recorded"
    books.gateway_payout(kept, now=now)
    return "recorded"
