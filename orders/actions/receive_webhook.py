"""A message of the gateway arrives: it is kept before it is answered, and applied later."""

from datetime import datetime

from marketplace.lib.atomic import action
from orders.models import InboundWebhook


def receive_webhook(*, webhook_id: str, type_: str, body: str, now: datetime) -> None:
    """Keep a verified message; one that came before is kept once."""
    message = InboundWebhook(webhook_id=webhook_id, type=type_, body=body, received_at=now)
    with action():
        InboundWebhook.objects.bulk_create([message], ignore_conflicts=True)
