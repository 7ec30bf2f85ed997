"""What happens once when Django has loaded the models."""

from django.apps import AppConfig


class StreamsConfig(AppConfig):
    """Sessions listen for units that move in the catalogue."""

    name = "streams"

    def ready(self) -> None:
        from marketplace.bells import stock_moved
        from streams.tasks import ring_stock_moved

        if ring_stock_moved not in stock_moved:
            stock_moved.append(ring_stock_moved)
