"""A WebSocket client that can misbehave: sends any bytes, reads when told to, answers nothing by itself."""

import base64
import os
import socket
import struct
from types import TracebackType
from typing import NamedTuple, Self

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
SECONDS = 10.0


class Frame(NamedTuple):
    """A frame that the server sent."""

    opcode: int
    payload: bytes

    @property
    def close_code(self) -> int:
        """Return the code in a close frame."""
        assert self.opcode == CLOSE, self
        return int.from_bytes(self.payload[:2])


def client_frame(payload: bytes, *, opcode: int = TEXT, final: bool = True, masked: bool = True) -> bytes:
    """Return a frame as a client sends it, or one without the mask, which no server may take."""
    size = len(payload)
    bit = 0x80 if masked else 0
    first = (0x80 if final else 0) | opcode
    if size < 126:
        head = struct.pack("!BB", first, bit | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, bit | 127, size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    over_all = (mask * (size // 4 + 1))[:size]
    masked_payload = int.from_bytes(payload) ^ int.from_bytes(over_all)
    return head + mask + masked_payload.to_bytes(size)


class RawSocket:
    """One connection after its handshake; ``status`` and ``headers`` are what the server answered."""

    def __init__(
        self, port: int, path: str, *, headers: dict[str, str] | None = None, receive_buffer: int = 0
    ) -> None:
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(SECONDS)
        self._socket.connect(("127.0.0.1", port))
        self._buffer = b""
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        self.send("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._receive()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(data)

    def frame(self) -> Frame | None:
        """Return the server's next frame, None when it has hung up."""
        head = self._exactly(2)
        if head is None:
            return None
        size = head[1] & 0x7F
        if size >= 126:
            size = int.from_bytes(self._exactly(2 if size == 126 else 8) or b"")
        payload = self._exactly(size)
        return None if payload is None else Frame(head[0] & 0x0F, payload)

    def frame_of(self, *opcodes: int) -> Frame:
        """Return the next frame of one of these kinds, passing over others."""
        while (frame := self.frame()) is not None:
            if frame.opcode in opcodes:
                return frame
        raise AssertionError(f"the server hung up without a frame of {opcodes}")

    def _exactly(self, size: int) -> bytes | None:
        while len(self._buffer) < size:
            data = self._receive()
            if not data:
                return None
            self._buffer += data
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except ConnectionResetError:
            return b""
