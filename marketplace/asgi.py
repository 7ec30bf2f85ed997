"""The web application: Django behind the purchase endpoint, and the room's sockets."""

import asyncio
import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
django_application = get_asgi_application()

# Django's apps must be loaded before what follows can be imported.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from marketplace import checks, clock_follower  # noqa: E402
from marketplace.lifespan import Lifespan  # noqa: E402
from marketplace.rest.body_limit import BodyLimit  # noqa: E402
from orders.admission import admission  # noqa: E402
from orders.consumers import buy  # noqa: E402
from orders.purchase_endpoint import PurchaseEndpoint  # noqa: E402
from streams import hub, room_services  # noqa: E402
from streams.consumers import room_application  # noqa: E402


async def _check_settings() -> None:
    checks.refuse_bad_settings()


async def _follow_clock() -> None:
    await asyncio.to_thread(clock_follower.start)


async def _leave_clock() -> None:
    await asyncio.to_thread(clock_follower.stop)


async def _close_admission() -> None:
    await asyncio.to_thread(admission.close)


commands = {"buy": buy, "chat.send": room_services.chat_send, "like": room_services.like}
room: Any = room_application(commands=commands)
rooms = URLRouter([path("ws/v1/rooms/<str:session_id>", room)])

application = Lifespan(
    ProtocolTypeRouter({"http": PurchaseEndpoint(BodyLimit(django_application)), "websocket": rooms}),
    startup=[_check_settings, _follow_clock, hub.start, room_services.start],
    shutdown=[_close_admission, room_services.stop, hub.stop, _leave_clock],
)
