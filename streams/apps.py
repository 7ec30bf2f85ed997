"""What happens once when Django has loaded the models."""

from django.apps import AppConfig


class StreamsConfig(AppConfig):
    """Sessions listen for units that move in the catalogue, rooms for people who have signed out."""

    name = "streams"

    def ready(self) -> None:
        from marketplace.bells import access_ended, stock_moved
        from streams.hub import dismiss
        from streams.tasks import ring_stock_moved

        if ring_stock_moved not in stock_moved:
            stock_moved.append(ring_stock_moved)
        if dismiss not in access_ended:
            access_ended.append(dismiss)
