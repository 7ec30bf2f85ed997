"""A viewer's WebSocket, lean enough for thousands in one process: one protocol object, no task, no queue."""

import asyncio
import base64
import os
import ssl
import struct
from collections.abc import Callable
from urllib.parse import urlsplit

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_FINAL = _MASKED = 0x80
_SHORT, _LONG = 126, 127
HANDSHAKE_SECONDS = 20.0


class HandshakeFailed(ConnectionError):
    """The server did not open the socket."""


class RoomSocket(asyncio.Protocol):
    """One open socket. ``on_text`` is called with each text, ``on_lost`` once with the close code or None."""

    __slots__ = ("_close_code", "_opened", "_tail", "_transport", "on_lost", "on_text")

    def __init__(self, on_text: Callable[[bytes], None], on_lost: Callable[[int | None], None]) -> None:
        self.on_text = on_text
        self.on_lost = on_lost
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tail = b""
        self._close_code: int | None = None
        self._transport: asyncio.Transport | None = None

    def send(self, payload: bytes) -> None:
        """Send a text message, unless the socket is gone."""
        self._write(_TEXT, payload)

    def close(self) -> None:
        """Say goodbye and hang up."""
        self._write(_CLOSE, struct.pack("!H", 1000))
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio's promise for TCP
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Finish the handshake, then hand on every whole message."""
        data = self._tail + data if self._tail else data
        if not self._opened.done():
            head, found, rest = data.partition(b"\r\n\r\n")
            if not found:
                self._tail = data
                return
            status = head.partition(b"\r\n")[0].decode("latin-1")
            if " 101 " not in status + " ":
                self._opened.set_exception(HandshakeFailed(status))
                return
            self._opened.set_result(None)
            data = rest
        self._tail = data[self._read(data) :]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        """Say that the socket is gone."""
        self._transport = None
        if not self._opened.done():
            self._opened.set_exception(HandshakeFailed("hung up during the handshake"))
        else:
            self.on_lost(self._close_code)

    async def opened(self) -> None:
        """Wait for the end of the handshake; raises HandshakeFailed."""
        await self._opened

    def _read(self, data: bytes) -> int:
        """Handle the whole frames in ``data`` and return how many bytes they take."""
        used, end = 0, len(data)
        while end - used >= 2:  # noqa: PLR2004 - the first two bytes say how long the header is
            size, start = data[used + 1] & 0x7F, used + 2
            if size >= _SHORT:
                width = 2 if size == _SHORT else 8
                if end < start + width:
                    break
                size = int.from_bytes(data[start : start + width])
                start += width
            if end < start + size:
                break
            self._handle(data[used] & 0x0F, data[start : start + size])
            used = start + size
        return used

    def _handle(self, opcode: int, payload: bytes) -> None:
        if opcode == _TEXT:
            self.on_text(payload)
        elif opcode == _PING:
            self._write(_PONG, payload)
        elif opcode == _CLOSE:
            self._close_code = int.from_bytes(payload[:2]) if payload else None
            self._write(_CLOSE, payload[:2])
            if self._transport is not None:
                self._transport.close()

    def _write(self, opcode: int, payload: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(masked_frame(opcode, payload))


async def connect(
    url: str, on_text: Callable[[bytes], None], on_lost: Callable[[int | None], None]
) -> RoomSocket:
    """Open a socket; ``url`` begins with ws or wss. Raises OSError, of which HandshakeFailed is one."""
    address = urlsplit(url)
    secure = address.scheme == "wss"
    port = address.port or (443 if secure else 80)
    host = address.hostname or ""
    async with asyncio.timeout(HANDSHAKE_SECONDS):
        transport, room = await asyncio.get_running_loop().create_connection(
            lambda: RoomSocket(on_text, on_lost),
            host,
            port,
            ssl=ssl.create_default_context() if secure else None,
        )
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Protocol: room.v1\r\n\r\n".encode()
        )
        try:
            await room.opened()
        except BaseException:
            transport.abort()
            raise
    return room


def masked_frame(opcode: int, payload: bytes) -> bytes:
    """Return one whole client frame, masked as RFC 6455 demands."""
    size, mask = len(payload), os.urandom(4)
    if size < _SHORT:
        head = struct.pack("!BB", _FINAL | opcode, _MASKED | size)
    else:
        head = struct.pack("!BBH", _FINAL | opcode, _MASKED | _SHORT, size)
    pattern = (mask * (size // 4 + 1))[:size]
    body = (int.from_bytes(payload) ^ int.from_bytes(pattern)).to_bytes(size)
    return head + mask + body
