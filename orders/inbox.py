"""Steps on the inbox of gateway messages: take one that waits, and close it with what came of it.

Only these, and the action that keeps a message, write the inbox.
"""

from collections.abc import Callable
from datetime import datetime

from marketplace.lib import rows
from marketplace.lib.atomic import require_transaction
from orders.models import InboundWebhook
from orders.payments.verify import GatewayEvent, PayoutEvent, WebhookRejected, parse

Event = GatewayEvent | PayoutEvent

#: Messages of this kind are for ``refunds``; everything else is for ``orders``.
ABOUT_REFUNDS = "refund."
_LONGEST_OUTCOME = 200


def is_about_refunds(type_: str) -> bool:
    """Tell whether a message of this type is for ``refunds``."""
    return type_.startswith(ABOUT_REFUNDS)


def waiting(*, about_refunds: bool, limit: int = 100) -> list[str]:
    """Return the ids of messages that are not applied yet, in order of arrival."""
    statement = f"SELECT id {_unapplied(about_refunds=about_refunds)} ORDER BY received_at, id LIMIT %s"
    return rows.ids("iwh", statement, [f"{ABOUT_REFUNDS}%", limit])


def next_message(*, about_refunds: bool, after: datetime) -> datetime | None:
    """Return when, after a moment, a message came that is not applied yet."""
    statement = f"SELECT MIN(received_at) {_unapplied(about_refunds=about_refunds)} AND received_at > %s"
    return rows.earliest(statement, [f"{ABOUT_REFUNDS}%", after])


def lock_unapplied(inbox_id: str) -> InboundWebhook | None:
    """Lock a message that is not applied yet; None when it is, or when somebody else is applying it."""
    require_transaction()
    locked = rows.lock(InboundWebhook, [inbox_id], skip_locked=True)
    return next((message for message in locked if message.applied_at is None), None)


def apply(inbox_id: str, take: Callable[[Event], str], *, now: datetime) -> str:
    """Have ``take`` act on a message that is not applied yet, and close it with what came of it.

    Return that; empty when somebody else has the message, or it is applied.
    """
    message = lock_unapplied(inbox_id)
    if message is None:
        return ""
    try:
        event = parse(webhook_id=message.webhook_id, raw=message.body.encode())
    except WebhookRejected as error:
        return close(message, f"unused: {error.code}", now=now)
    return close(message, take(event), now=now)


def close(message: InboundWebhook, outcome: str, *, now: datetime) -> str:
    """Note that a locked message is applied and what came of it, and return that."""
    require_transaction()
    outcome = outcome[:_LONGEST_OUTCOME]
    rows.update(InboundWebhook, message.id, {"applied_at": now, "outcome": outcome})
    return outcome


def _unapplied(*, about_refunds: bool) -> str:
    kind = "LIKE" if about_refunds else "NOT LIKE"
    return f"FROM orders_inboundwebhook WHERE applied_at IS NULL AND type {kind} %s"
