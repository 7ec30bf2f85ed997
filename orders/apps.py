"""What happens once when Django has loaded the models."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders listen for messages of the gateway."""

    name = "orders"

    def ready(self) -> None:
        from orders.bells import webhook_arrived
        from orders.tasks import ring_webhook_arrived

        if ring_webhook_arrived not in webhook_arrived:
            webhook_arrived.append(ring_webhook_arrived)
