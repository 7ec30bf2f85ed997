"""A WebSocket after its handshake: one small object on the transport, without task, queue or reader.

It writes framed bytes straight to the kernel, hands whole messages to a receiver by a plain call, and closes
with a code. Whoever writes to thousands of them never waits for one.
"""

import asyncio
import os
from typing import Any, Protocol

from marketplace.lib import frames

MAX_MESSAGE = 64 * 1024
CLOSE_SECONDS = 2.0
STUCK_SECONDS = 1.0
BAD_FRAME, TOO_LARGE, GOING_DOWN = 4400, 4413, 4503


class Receiver(Protocol):
    """What an application hands to ``attach``; its methods are called on the loop and must not block."""

    def on_text(self, payload: bytes) -> None:
        """Take one whole text message; that it is UTF-8 is not yet known."""

    def on_control(self) -> None:
        """Learn that a ping, pong or fragment came in, so that a flood of them can be limited."""

    def on_stalled(self, stalled: bool) -> None:
        """Learn that bytes wait because the peer does not take them, or that none do any more."""

    def on_lost(self) -> None:
        """Learn that the socket is gone; the last call."""


class RoomSocket(asyncio.Protocol):
    """One viewer's open WebSocket on its transport: writes bytes, reads frames, closes with a code."""

    __slots__ = (
        *("_file", "_flowing", "_partial", "_peers", "_receiver", "_tail", "_timer", "_transport"),
        *("closing", "heard", "write"),
    )

    def __init__(self, transport: asyncio.Transport, receiver: Receiver, peers: set[Any]) -> None:
        self._transport = transport
        self._receiver = receiver
        self._peers = peers
        self._tail: bytearray | None = None
        self._partial: bytearray | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.closing = False
        self.heard = True
        self._file: int = transport.get_extra_info("socket").fileno()
        self._flowing = self._write_now if _is_plain(transport) else transport.write
        #: Writes framed bytes without waiting; what the kernel does not take, the transport keeps.
        self.write = self._flowing
        transport.set_write_buffer_limits(high=0)

    def buffered(self) -> int:
        """Return how many bytes wait to be sent."""
        return self._transport.get_write_buffer_size()

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame, say no more, and hang up when the peer does, at the latest after 2 s.

        One second is enough where bytes wait already: that peer hardly reads the frame.
        """
        if not self.closing:
            self._end(frames.close_frame(code, reason))

    def abort(self) -> None:
        """Hang up at once."""
        self._transport.abort()

    def ping(self) -> bool:
        """Send a ping; return False when nothing was heard of the peer since the last one."""
        heard, self.heard = self.heard, False
        self.write(_PING)
        return heard

    def shutdown(self) -> None:
        """Close because the server goes down; uvicorn calls this."""
        self.close(GOING_DOWN, "going down")

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network and hand on every whole frame in them."""
        self.heard = True
        if self.closing:
            return
        tail = self._tail
        if tail is None:
            used = self._read(data)
            if used < len(data):
                self._tail = bytearray(data[used:])
        else:
            tail += data
            del tail[: self._read(tail)]
            self._tail = tail or None

    def eof_received(self) -> None:
        """Let the transport close: the peer says no more."""

    def pause_writing(self) -> None:
        """Append to the transport's buffer from now on, so that bytes stay in order."""
        if not self.closing:
            self.write = self._transport.write
        self._receiver.on_stalled(True)

    def resume_writing(self) -> None:
        """Write to the kernel again: the buffer is empty."""
        if not self.closing:
            self.write = self._flowing
        self._receiver.on_stalled(False)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        """Forget the peer. The file may be another's from here on, so nothing may write to it."""
        self.closing = True
        self.write = self._flowing = _say_nothing
        if self._timer is not None:
            self._timer.cancel()
        self._peers.discard(self)
        self._receiver.on_lost()

    def _write_now(self, data: bytes) -> None:
        """Hand bytes to the kernel while the transport's buffer is empty, past the transport's checks."""
        try:
            sent = os.write(self._file, data)
        except OSError:
            sent = 0
        if sent < len(data):
            self._transport.write(data[sent:])

    def _read(self, data: bytes | bytearray) -> int:
        """Handle every whole frame in ``data`` and return how many bytes they take."""
        used, end = 0, len(data)
        while end - used >= 2:  # noqa: PLR2004 - the first two bytes say how long the header is
            first, second = data[used], data[used + 1]
            size, start = second & 0x7F, used + 2
            if size >= 126:  # noqa: PLR2004 - RFC 6455, section 5.2
                width = 2 if size == 126 else 8  # noqa: PLR2004
                if end < start + width:
                    break
                size = int.from_bytes(data[start : start + width])
                start += width
            if size > MAX_MESSAGE or not second & frames.MASKED:
                self.close(TOO_LARGE if size > MAX_MESSAGE else BAD_FRAME, "over 64 KB, or not masked")
                return end
            stop = start + 4 + size
            if end < stop:
                break
            self._handle(first, frames.unmask(data[start + 4 : stop], data[start : start + 4]))
            if self.closing:
                return end
            used = stop
        return used

    def _handle(self, first: int, payload: bytes) -> None:
        opcode = first & 0x0F
        if first == _WHOLE_TEXT and self._partial is None:
            self._receiver.on_text(payload)
        elif first & 0x70:
            self.close(BAD_FRAME, "reserved bits")
        elif opcode >= frames.CLOSE:
            self._control(opcode, first, payload)
        elif opcode == (frames.TEXT if self._partial is None else frames.CONTINUATION):
            self._join(payload, final=bool(first & frames.FINAL))
        else:
            self.close(BAD_FRAME, "not text")

    def _control(self, opcode: int, first: int, payload: bytes) -> None:
        half_a_code = opcode == frames.CLOSE and len(payload) == 1
        too_long = len(payload) > frames.CONTROL_LIMIT
        if half_a_code or too_long or not first & frames.FINAL or opcode > frames.PONG:
            self.close(BAD_FRAME, "bad control frame")
        elif opcode == frames.CLOSE:
            self._end(frames.frame(frames.CLOSE, payload[:2]))
        else:
            self._receiver.on_control()
            if opcode == frames.PING:
                self.write(frames.frame(frames.PONG, payload))

    def _join(self, payload: bytes, *, final: bool) -> None:
        """Add a fragment to the message it belongs to."""
        partial = bytearray() if self._partial is None else self._partial
        partial += payload
        if len(partial) > MAX_MESSAGE:
            self.close(TOO_LARGE, "over 64 KB")
        elif final:
            self._partial = None
            self._receiver.on_text(bytes(partial))
        else:
            self._partial = partial
            self._receiver.on_control()

    def _end(self, last: bytes) -> None:
        """Write the last frame, then discard what still comes in until the peer hangs up."""
        self.closing = True
        self.write = _say_nothing
        self._tail = self._partial = None
        seconds = STUCK_SECONDS if self.buffered() else CLOSE_SECONDS
        self._timer = asyncio.get_running_loop().call_later(seconds, self._transport.abort)
        self._transport.write(last)
        if not self._transport.can_write_eof():
            self._transport.close()
            return
        try:
            self._transport.write_eof()
        except OSError:
            self._transport.abort()


def _is_plain(transport: asyncio.Transport) -> bool:
    """Tell whether bytes may go straight to the socket: asyncio's own loop, no TLS."""
    on_selector = isinstance(asyncio.get_running_loop(), asyncio.SelectorEventLoop)
    return on_selector and transport.get_extra_info("sslcontext") is None


def _say_nothing(data: bytes) -> None:
    """Stand in for ``write`` once a close frame is out."""


_PING = frames.frame(frames.PING, b"")
_WHOLE_TEXT = frames.FINAL | frames.TEXT
