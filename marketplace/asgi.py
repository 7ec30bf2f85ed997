"""The web application: Django behind the purchase endpoint, and the room's sockets."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - Django's apps must be loaded first
from django.urls import path  # noqa: E402

from marketplace.lifespan import Lifespan  # noqa: E402
from orders.admission import admission  # noqa: E402
from orders.consumers import buy  # noqa: E402
from orders.purchase_endpoint import PurchaseEndpoint  # noqa: E402
from streams.consumers import room_application  # noqa: E402

application = Lifespan(
    ProtocolTypeRouter(
        {
            "http": PurchaseEndpoint(django_application),
            "websocket": URLRouter(
                [path("ws/v1/rooms/<str:session_id>", room_application(commands={"buy": buy}))]
            ),
        }
    )
)
