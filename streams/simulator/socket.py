"""A viewer's WebSocket, lean enough for thousands in one process: one protocol object, no task, no queue.

It speaks what RFC 6455 asks of a client and offers no extension, so no frame comes compressed.
"""

import asyncio
import base64
import functools
import hashlib
import os
import ssl
import struct
from collections.abc import Callable
from urllib.parse import urlsplit

SUBPROTOCOL = "room.v1"
HANDSHAKE_SECONDS = 20.0
MAX_HEAD = 16 * 1024
MAX_MESSAGE = 8 * 1024 * 1024
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MORE, _TEXT, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x8, 0x9, 0xA
_FINAL = _MASKED = 0x80
_RESERVED = 0x70
_SHORT, _MIDDLE = 126, 65_536
_NORMAL, _PROTOCOL_ERROR, _TOO_BIG = 1000, 1002, 1009

OnText = Callable[[bytes], None]
OnLost = Callable[[int | None], None]


class HandshakeFailed(ConnectionError):
    """The server did not open the socket."""


class RoomSocket(asyncio.Protocol):
    """One socket. ``on_text`` is called with each text, ``on_lost`` once with the close code or None."""

    __slots__ = ("_accept", "_close_code", "_opened", "_parts", "_tail", "_transport", "on_lost", "on_text")

    def __init__(self, on_text: OnText, on_lost: OnLost, *, accept: str) -> None:
        self.on_text = on_text
        self.on_lost = on_lost
        self._accept = accept
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tail = b""
        self._parts: list[bytes] = []
        self._close_code: int | None = None
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether something can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, payload: bytes) -> None:
        """Send a text message, unless the socket is gone."""
        self._write(_TEXT, payload)

    def close(self, code: int = _NORMAL) -> None:
        """Say goodbye and hang up."""
        self._write(_CLOSE, struct.pack("!H", code))
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
            if not found and len(data) < MAX_HEAD:
                self._tail = data
                return
            fault = _fault_of(head.decode("latin-1"), self._accept)
            if fault:
                self._opened.set_exception(HandshakeFailed(fault))
                return
            self._opened.set_result(None)
            data = rest
        self._tail = data[self._read(data) :]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        """Say that the socket is gone."""
        self._transport = None
        if not self._opened.done():
            self._opened.set_exception(HandshakeFailed("hung up during the handshake"))
        elif not self._opened.cancelled() and self._opened.exception() is None:
            self.on_lost(self._close_code)

    async def opened(self) -> None:
        """Wait for the end of the handshake; raises HandshakeFailed."""
        await self._opened

    def _read(self, data: bytes) -> int:
        """Handle the whole frames in ``data`` and return how many bytes they take."""
        used, end = 0, len(data)
        while end - used >= 2 and self.is_open:  # noqa: PLR2004 - two bytes say how long the header is
            first, size, start = data[used], data[used + 1], used + 2
            if first & _RESERVED or size & _MASKED:
                self._fail(_PROTOCOL_ERROR)
                break
            if size >= _SHORT:
                width = 2 if size == _SHORT else 8
                if end < start + width:
                    break
                size = int.from_bytes(data[start : start + width])
                start += width
            if size > MAX_MESSAGE:
                self._fail(_TOO_BIG)
                break
            if end < start + size:
                break
            self._handle(first & 0x0F, data[start : start + size], final=bool(first & _FINAL))
            used = start + size
        return used

    def _handle(self, opcode: int, payload: bytes, *, final: bool) -> None:
        if opcode == _PING:
            self._write(_PONG, payload)
        elif opcode == _CLOSE:
            self._close_code = int.from_bytes(payload[:2]) if payload else None
            self._write(_CLOSE, payload[:2])
            if self._transport is not None:
                self._transport.close()
        elif opcode in (_TEXT, _MORE):
            if (opcode == _MORE) != bool(self._parts):
                self._fail(_PROTOCOL_ERROR)
            elif final and not self._parts:
                self.on_text(payload)
            else:
                self._gather(payload, final=final)

    def _gather(self, payload: bytes, *, final: bool) -> None:
        """Put the fragments of a message together."""
        self._parts.append(payload)
        if sum(map(len, self._parts)) > MAX_MESSAGE:
            self._fail(_TOO_BIG)
        elif final:
            whole, self._parts = b"".join(self._parts), []
            self.on_text(whole)

    def _fail(self, code: int) -> None:
        self._close_code = code
        self.close(code)

    def _write(self, opcode: int, payload: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(masked_frame(opcode, payload))


async def connect(url: str, on_text: OnText, on_lost: OnLost) -> RoomSocket:
    """Open a socket; ``url`` begins with ws or wss. Raises OSError or TimeoutError when it cannot."""
    address = urlsplit(url)
    secure = address.scheme == "wss"
    key = base64.b64encode(os.urandom(16)).decode()
    accept = base64.b64encode(hashlib.sha1(f"{key}{_GUID}".encode()).digest()).decode()  # noqa: S324 - RFC 6455
    async with asyncio.timeout(HANDSHAKE_SECONDS):
        transport, room = await asyncio.get_running_loop().create_connection(
            lambda: RoomSocket(on_text, on_lost, accept=accept),
            address.hostname or "",
            address.port or (443 if secure else 80),
            ssl=_trust() if secure else None,
        )
        target = address.path + (f"?{address.query}" if address.query else "")
        transport.write(
            f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
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
    elif size < _MIDDLE:
        head = struct.pack("!BBH", _FINAL | opcode, _MASKED | _SHORT, size)
    else:
        head = struct.pack("!BBQ", _FINAL | opcode, _MASKED | 127, size)
    pattern = (mask * (size // 4 + 1))[:size]
    body = (int.from_bytes(payload) ^ int.from_bytes(pattern)).to_bytes(size)
    return head + mask + body


@functools.cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _fault_of(head: str, accept: str) -> str:
    """Return what is wrong with the answer to a handshake, empty when the socket is open."""
    status, *lines = head.split("\r\n")
    if status.split(" ")[1:2] != ["101"]:
        return status or "no answer"
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    if headers.get("sec-websocket-accept") != accept:
        return "the answer is not to this handshake"
    if headers.get("sec-websocket-protocol") != SUBPROTOCOL:
        return f"the server does not speak {SUBPROTOCOL}"
    return ""
