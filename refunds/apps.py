"""What happens once when Django has loaded the models."""

from django.apps import AppConfig


class RefundsConfig(AppConfig):
    """Refunds listen for messages of the gateway."""

    name = "refunds"

    def ready(self) -> None:
        from orders.bells import webhook_arrived
        from refunds.tasks import sweep_refund_webhooks

        if sweep_refund_webhooks.delay not in webhook_arrived:
            webhook_arrived.append(sweep_refund_webhooks.delay)
