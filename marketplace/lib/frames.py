"""WebSocket frames as a server writes and reads them (RFC 6455, section 5).

A server's frame is not masked and so is the same for every viewer: it is built once and written to all.
"""

import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FINAL = 0x80
MASKED = 0x80
CONTROL_LIMIT = 125
_SHORT, _LONG = 126, 127


def frame(opcode: int, payload: bytes) -> bytes:
    """Return one whole, unmasked frame."""
    size = len(payload)
    if size < _SHORT:
        return struct.pack("!BB", FINAL | opcode, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", FINAL | opcode, _SHORT, size) + payload
    return struct.pack("!BBQ", FINAL | opcode, _LONG, size) + payload


def text_frame(payload: bytes) -> bytes:
    """Return a text frame; the payload is UTF-8."""
    return frame(TEXT, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a close frame; a reason that is too long for a control frame is cut."""
    return frame(CLOSE, struct.pack("!H", code) + reason.encode()[: CONTROL_LIMIT - 2])


def unmask(payload: bytes | bytearray, mask: bytes | bytearray) -> bytes:
    """Return what a client's masked payload says."""
    size = len(payload)
    pattern = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(pattern, "little")).to_bytes(size, "little")


def text_payloads(data: bytes) -> list[bytes]:
    """Return the payloads of the text frames in ``data``, which holds whole unmasked frames."""
    payloads, position = [], 0
    while position < len(data):
        opcode, size = data[position] & 0x0F, data[position + 1]
        start = position + 2
        if size >= _SHORT:
            width = 2 if size == _SHORT else 8
            size = int.from_bytes(data[start : start + width])
            start += width
        position = start + size
        if opcode == TEXT:
            payloads.append(data[start:position])
    return payloads
