"""The stock room. ``POST /publish`` sends the body to every viewer."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
ROOM = "room"


class ViewerConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One viewer."""

    async def connect(self) -> None:
        """Join the room."""
        await self.channel_layer.group_add(ROOM, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Leave the room."""
        await self.channel_layer.group_discard(ROOM, self.channel_name)

    async def room_event(self, event: dict[str, str]) -> None:
        """Pass an event on."""
        await self.send(text_data=event["text"])


async def publish(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Send the body of a POST to the room; answer any other request, so that readiness can be seen."""
    if scope["method"] == "POST":
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        await get_channel_layer().group_send(ROOM, {"type": "room.event", "text": body.decode()})
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


application = ProtocolTypeRouter(
    {"http": publish, "websocket": URLRouter([path("ws", ViewerConsumer.as_asgi())])}
)
