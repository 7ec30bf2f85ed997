"""A viewer's socket under an ASGI server that does not hand its transports over: the same, but slower."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from marketplace.lib.frames import text_payloads
from marketplace.lib.sockets import BAD_FRAME, MAX_MESSAGE, TOO_LARGE, Receiver

Message = dict[str, Any]


class AsgiSocket:
    """Queues what is written and sends it by the server's ``send``, in one task per viewer."""

    def __init__(self, send: Callable[[Message], Awaitable[None]], receiver: Receiver) -> None:
        self.closing = False
        self._send = send
        self._receiver = receiver
        self._queue: deque[bytes] = deque()
        self._waiting = 0
        self._close: Message | None = None
        self._something = asyncio.Event()
        self._sender = asyncio.get_running_loop().create_task(self._keep_sending())

    def write(self, data: bytes) -> None:
        """Queue whole frames."""
        if self.closing:
            return
        if not self._queue:
            self._receiver.on_stalled(True)
        self._queue.append(data)
        self._waiting += len(data)
        self._something.set()

    def buffered(self) -> int:
        """Return how many bytes wait to be sent."""
        return self._waiting

    def close(self, code: int, reason: str = "") -> None:
        """Close the connection once the queue is sent."""
        if not self.closing:
            self.closing = True
            self._close = {"type": "websocket.close", "code": code, "reason": reason}
            self._something.set()

    def abort(self) -> None:
        """Close the connection without sending the queue."""
        self._queue.clear()
        self.close(1006)

    def ping(self) -> bool:
        """Leave the pings to the server."""
        return True

    async def run(self, receive: Callable[[], Awaitable[Message]]) -> None:
        """Hand incoming messages on until the connection is gone."""
        message = await receive()
        while message["type"] != "websocket.disconnect":
            text = message.get("text")
            payload = text.encode() if text is not None else b""
            if len(payload) > MAX_MESSAGE:
                self.close(TOO_LARGE, "over 64 KB")
            elif text is None:
                self.close(BAD_FRAME, "not text")
            elif not self.closing:
                self._receiver.on_text(payload)
            message = await receive()
        self.closing = True
        self._sender.cancel()
        self._receiver.on_lost()

    async def _keep_sending(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while self._queue:
                for payload in text_payloads(self._queue[0]):
                    await self._send({"type": "websocket.send", "text": payload.decode()})
                self._waiting -= len(self._queue.popleft())
            self._receiver.on_stalled(False)
            if self._close is not None:
                await self._send(self._close)
                return
