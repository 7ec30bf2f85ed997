"""What starts and stops with a web process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from marketplace import embedded

log = structlog.get_logger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]
Step = Callable[[], Awaitable[None]]


class Lifespan:
    """Answers the server's lifespan messages; everything else goes to the application behind it."""

    def __init__(self, behind: Application, *, startup: list[Step], shutdown: list[Step]) -> None:
        """Run ``startup`` in order before the first request and ``shutdown`` in order after the last."""
        self._behind = behind
        self._startup = startup
        self._shutdown = shutdown
        self._background: embedded.Background | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "lifespan":
            return await self._behind(scope, receive, send)
        await receive()
        try:
            for step in self._startup:
                await step()
            self._background = await asyncio.to_thread(embedded.start_if_embedded)
        except Exception as error:
            log.exception("startup_failed")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return None
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for step in self._shutdown:
            await step()
        if self._background is not None:
            await asyncio.to_thread(self._background.stop)
        await send({"type": "lifespan.shutdown.complete"})
        return None
