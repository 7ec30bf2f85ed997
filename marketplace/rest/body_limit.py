"""The largest body that gets past the door.

Django writes a request's whole body to a temporary file before any view may refuse it, so whoever sends
without end fills the disk. This stands in front of Django and counts: a body over the limit is answered 413
before or while it arrives. What a route takes is smaller: 1 MiB of JSON, or what its upload says.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from marketplace.errors import TooLarge
from marketplace.rest.problems import problem
from marketplace.rest.request_ids import HEADER, clean_request_id

MAX_REQUEST_BYTES = 32 * 1024 * 1024

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]


class BodyLimit:
    """ASGI application that passes requests with bodies up to ``limit`` bytes on to another."""

    def __init__(self, behind: Application, *, limit: int = MAX_REQUEST_BYTES) -> None:
        self._behind = behind
        self._limit = limit

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] != "http":
            await self._behind(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        said = headers.get(b"content-length", "0")
        if said.isdigit() and int(said) > self._limit:
            await self._refuse(headers, send)
            return
        seen = 0
        refused = False

        async def counted() -> Message:
            nonlocal seen, refused
            message = await receive()
            seen += len(message.get("body", b""))
            if seen <= self._limit:
                return message
            refused = True
            return {"type": "http.disconnect"}

        async def unless_refused(message: Message) -> None:
            if not refused:
                await send(message)

        await self._behind(scope, counted, unless_refused)
        if refused:
            await self._refuse(headers, send)

    async def _refuse(self, headers: dict[bytes, str], send: Send) -> None:
        request_id = clean_request_id(headers.get(b"x-request-id"))
        made = problem(TooLarge(data={"limit": self._limit}), request_id)
        fields = {
            **made.headers,
            HEADER: request_id,
            "Content-Length": str(len(made.body)),
            "Connection": "close",
        }
        raw = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
        await send({"type": "http.response.start", "status": made.status, "headers": raw})
        await send({"type": "http.response.body", "body": made.body})
