"""A closed loop of HTTP clients in one thread: each sends its next request when the last one is answered."""

import select
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

READ_BYTES = 64 * 1024
_TO_THE_END = 1 << 62


@dataclass
class Tally:
    """What came back: how often each status, how long each answer took, and how long the whole."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    sample: str = ""


class _Connection:
    """One client: its socket, what it has read of an answer, when it asked."""

    __slots__ = ("asked_at", "body_end", "keep", "read", "sock", "status")

    def __init__(self, address: tuple[str, int]) -> None:
        self.sock = socket.create_connection(address)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = b""
        self.body_end = -1
        self.status = 0
        self.keep = True
        self.asked_at = 0.0

    def ask(self, request: bytes, asked_at: float) -> None:
        """Send a request."""
        self.asked_at = asked_at
        self.read = b""
        self.body_end = -1
        self.sock.sendall(request)

    def take(self) -> bool:
        """Read what has come; return True when the answer is whole."""
        data = self.sock.recv(READ_BYTES)
        self.read += data
        if self.body_end < 0:
            head_end = self.read.find(b"\r\n\r\n")
            if head_end >= 0:
                head = self.read[:head_end].lower()
                self.status = int(head[9:12])
                self.keep = b"connection: close" not in head
                length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
                self.body_end = head_end + 4 + int(length) if length else _TO_THE_END
        if not data:
            self.keep = False
            return True
        return 0 <= self.body_end <= len(self.read)


def closed_loop(
    targets: Sequence[tuple[str, int]],
    requests: Sequence[bytes],
    *,
    connections: int,
    seconds: float,
) -> Tally:
    """Send every request over a number of connections and return what came back.

    Args:
        targets: host and port of each server; the connections are shared among them.
        requests: whole HTTP/1.1 requests, heads and bodies.
        connections: how many clients ask at once.
        seconds: after this time no further request is sent.
    """
    todo = iter(requests)
    tally = Tally()
    epoll = select.epoll()
    by_fd: dict[int, tuple[_Connection, tuple[str, int]]] = {}
    started = time.perf_counter()
    for number in range(connections):
        target = targets[number % len(targets)]
        _start(_Connection(target), target, todo, by_fd, epoll)
    while by_fd:
        for fd, _ in epoll.poll(1.0, 256):
            connection, target = by_fd[fd]
            if not connection.take():
                continue
            now = time.perf_counter()
            tally.statuses[connection.status] += 1
            tally.latencies.append(now - connection.asked_at)
            if connection.status >= 400 and not tally.sample:
                tally.sample = connection.read.decode(errors="replace")[-500:]
            if now - started > seconds:
                todo = iter(())
            if connection.keep:
                request = next(todo, None)
                if request is not None:
                    connection.ask(request, now)
                    continue
            _drop(fd, connection, by_fd, epoll)
            if not connection.keep:
                _start(None, target, todo, by_fd, epoll)
    tally.seconds = time.perf_counter() - started
    epoll.close()
    return tally


def _start(
    connection: _Connection | None,
    target: tuple[str, int],
    todo: Iterator[bytes],
    by_fd: dict[int, tuple[_Connection, tuple[str, int]]],
    epoll: select.epoll,
) -> None:
    """Ask the next question, if there is one left; a new connection's time counts to the answer's."""
    request = next(todo, None)
    if request is None:
        return
    asked_at = time.perf_counter()
    connection = connection or _Connection(target)
    by_fd[connection.sock.fileno()] = (connection, target)
    epoll.register(connection.sock.fileno(), select.EPOLLIN)
    connection.ask(request, asked_at)


def _drop(
    fd: int,
    connection: _Connection,
    by_fd: dict[int, tuple[_Connection, tuple[str, int]]],
    epoll: select.epoll,
) -> None:
    epoll.unregister(fd)
    del by_fd[fd]
    connection.sock.close()


def post(path: str, body: bytes, *, headers: dict[str, str] | None = None) -> bytes:
    """Return a whole POST request with a JSON body."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
