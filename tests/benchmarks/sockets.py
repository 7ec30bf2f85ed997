"""Thousands of WebSocket clients in one thread: an epoll loop, hand-made frames, no needless parsing.

A generator that shares its machine with the server it measures must cost next to nothing. So a frame is known
by its header and, where that is asked for, by a few bytes of its text.
"""

import base64
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

CONNECTING_AT_ONCE = 256
READ_BYTES = 256 * 1024
NARROW_BUFFER = 4 * 1024
NARROW_SEGMENT = 1_200
_READ = select.EPOLLIN | select.EPOLLRDHUP
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA


@dataclass(frozen=True)
class Viewer:
    """Where one client connects, and as whom."""

    path: str
    headers: dict[str, str] = field(default_factory=dict)
    hello: bytes = b""


class Client:
    """One open socket; ``on_text`` is called with each text message, without it they are only counted."""

    __slots__ = ("alive", "close_code", "frames", "frozen", "index", "on_text", "sock", "tail")

    def __init__(self, index: int, sock: socket.socket) -> None:
        self.index = index
        self.sock = sock
        self.tail = b""
        self.frames = 0
        self.on_text: OnText | None = None
        self.close_code: int | None = None
        self.alive = True
        self.frozen = False

    def send(self, data: bytes) -> None:
        """Send a small frame; the kernel's buffer always has room for it."""
        self.sock.send(data)


OnText = Callable[[Client, bytes], None]


def masked_frame(payload: bytes, *, opcode: int = _TEXT) -> bytes:
    """Return one whole client frame, masked as RFC 6455 demands."""
    size = len(payload)
    mask = os.urandom(4)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    else:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    pattern = (mask * (size // 4 + 1))[:size]
    body = (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(size, "big")
    return head + mask + body


def _span(data: bytes, position: int) -> tuple[int, int]:
    """Return where the payload of a server's frame starts and stops, as far as its header is there."""
    size = data[position + 1]
    if size < 126:
        return position + 2, position + 2 + size
    start = position + (4 if size == 126 else 10)
    return start, start + int.from_bytes(data[position + 2 : start])


class Swarm:
    """The clients of one server and the loop that reads them."""

    def __init__(self, host: str, port: int, *, subprotocol: str = "") -> None:
        self.address = (host, port)
        self.subprotocol = subprotocol
        self.clients: list[Client] = []
        self.asked = 0
        self.failures: list[str] = []
        self.frames = 0
        self.bytes = 0
        self.last_frame_at = 0.0
        self.closed = 0
        self._by_fd: dict[int, Client] = {}
        self._epoll = select.epoll()

    def open(
        self,
        viewers: Sequence[Viewer],
        *,
        seconds: float,
        on_text: Callable[[int], OnText] | None = None,
        narrow: bool = False,
    ) -> float:
        """Connect and shake hands with every viewer, at most 256 at a time; return the seconds it took.

        Args:
            viewers: their clients are numbered in this order, after those of earlier calls.
            seconds: how long at most.
            on_text: makes the reader of a client's messages from its number.
            narrow: give these sockets the small buffers and segments of a phone on a mobile network.

        Raises:
            TimeoutError: not all were answered in time.
        """
        started = time.perf_counter()
        waiting: dict[int, tuple[int, Viewer, socket.socket]] = {}
        left = list(enumerate(viewers, start=self.asked))
        left.reverse()
        self.asked += len(viewers)
        while left or waiting:
            if time.perf_counter() - started > seconds:
                raise TimeoutError(f"{len(left) + len(waiting)} of {len(viewers)} handshakes unanswered")
            while left and len(waiting) < CONNECTING_AT_ONCE:
                index, viewer = left.pop()
                sock = self._ask(viewer, narrow)
                waiting[sock.fileno()] = (index, viewer, sock)
                self._epoll.register(sock.fileno(), _READ)
            for fd, _ in self._epoll.poll(0.5, 1024):
                if fd in waiting:
                    index, viewer, sock = waiting.pop(fd)
                    self._welcome(index, viewer, sock, on_text)
                else:
                    self._read(self._by_fd[fd])
        return time.perf_counter() - started

    def _ask(self, viewer: Viewer, narrow: bool) -> socket.socket:
        sock = socket.socket()
        if narrow:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BUFFER)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, NARROW_SEGMENT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect(self.address)
        lines = [
            f"GET {viewer.path} HTTP/1.1",
            f"Host: {self.address[0]}:{self.address[1]}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            *(f"{name}: {value}" for name, value in viewer.headers.items()),
        ]
        if self.subprotocol:
            lines.append(f"Sec-WebSocket-Protocol: {self.subprotocol}")
        sock.send("\r\n".join([*lines, "", ""]).encode())
        return sock

    def _welcome(
        self,
        index: int,
        viewer: Viewer,
        sock: socket.socket,
        on_text: Callable[[int], OnText] | None,
    ) -> None:
        try:
            answer = sock.recv(READ_BYTES)
        except OSError as error:
            answer = str(error).encode()
        head, found, rest = answer.partition(b"\r\n\r\n")
        if not found or not head.startswith(b"HTTP/1.1 101"):
            self.failures.append(head[:200].decode(errors="replace"))
            self._epoll.unregister(sock.fileno())
            sock.close()
            return
        sock.setblocking(False)
        client = Client(index, sock)
        if on_text is not None:
            client.on_text = on_text(index)
        self.clients.append(client)
        self._by_fd[sock.fileno()] = client
        if viewer.hello:
            client.send(masked_frame(viewer.hello))
        if rest:
            self._take(client, rest)

    def run(self, done: Callable[[], bool], *, seconds: float) -> bool:
        """Read until ``done()``, asked after every round of the loop, or until the time is up; tell which."""
        deadline = time.perf_counter() + seconds
        while not done():
            left = deadline - time.perf_counter()
            if left <= 0:
                return False
            self.step(min(left, 0.05))
        return True

    def step(self, wait: float) -> None:
        """Read what has arrived, waiting at most ``wait`` seconds for the first of it."""
        by_fd = self._by_fd
        for fd, _ in self._epoll.poll(wait, 4096):
            client = by_fd.get(fd)
            if client is not None:
                self._read(client)

    def fileno(self) -> int:
        """Return the loop's descriptor, readable when a client is."""
        return self._epoll.fileno()

    def _read(self, client: Client) -> None:
        try:
            data = client.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose(client)
            return
        self._take(client, data)

    def _take(self, client: Client, data: bytes) -> None:
        """Count the frames in ``data`` and hand on the text ones when somebody wants them."""
        if client.tail:
            data = client.tail + data
            client.tail = b""
        position, end, count = 0, len(data), 0
        on_text = client.on_text
        while end - position >= 2:
            start, stop = _span(data, position)
            if stop > end:
                break
            opcode = data[position] & 0x0F
            if opcode == _TEXT:
                count += 1
                if on_text is not None:
                    on_text(client, data[start:stop])
            elif opcode == _PING:
                with suppress(ConnectionError):  # a server that is gone by now is noticed at the next read
                    client.send(masked_frame(data[start:stop], opcode=_PONG))
            elif opcode == _CLOSE:
                client.close_code = int.from_bytes(data[start : start + 2])
            position = stop
        if position < end:
            client.tail = data[position:]
        self.bytes += end
        if count:
            client.frames += count
            self.frames += count
            self.last_frame_at = time.perf_counter()

    def _lose(self, client: Client) -> None:
        if client.alive:
            client.alive = False
            self.closed += 1
            self._by_fd.pop(client.sock.fileno(), None)
            client.sock.close()

    def freeze(self, clients: Sequence[Client]) -> None:
        """Stop reading these clients, as a phone in a tunnel does."""
        for client in clients:
            client.frozen = True
            self._epoll.unregister(client.sock.fileno())

    def alive(self) -> Iterator[Client]:
        """Yield the clients that are still connected."""
        return (client for client in self.clients if client.alive)

    def close(self) -> None:
        """Hang up on the server."""
        for client in self.clients:
            client.sock.close()
        self.clients.clear()
        self._by_fd.clear()
        self._epoll.close()
