"""The cover of a simulated show: an empty stage with its curtain, in a colour that follows from the title."""

import colorsys
import math
import struct
import zlib

WIDTH, HEIGHT = 320, 200
#: Where the floor begins, and the colour of its wood.
FLOOR, WOOD = 152, (0.42, 0.31, 0.22)
#: Where the light falls, how far it reaches to the sides, up the curtain and over the floor.
LIGHT_X, LIGHT_Y, ASIDE, UP, OVER = 160, 158, 126, 80, 30
FOLDS = [0.82 + 0.18 * math.cos(x * 17 * math.tau / WIDTH) for x in range(WIDTH)]
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def cover(title: str) -> bytes:
    """Return a PNG picture, the same one for the same title."""
    curtain = colorsys.hls_to_rgb(zlib.crc32(title.encode()) / 2**32, 0.36, 0.55)
    lines = b"".join(b"\0" + _line(y, curtain) for y in range(HEIGHT))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, body) for kind, body in chunks)


def _line(y: int, curtain: tuple[float, float, float]) -> bytes:
    """Return the pixels of one line, from the left: red, green and blue of each."""
    hangs = y < FLOOR
    colour = curtain if hangs else WOOD
    shade, height = 0.55 + 0.35 * y / HEIGHT, (y - LIGHT_Y) / (UP if hangs else OVER)
    pixels = bytearray()
    for x, fold in enumerate(FOLDS):
        away = math.hypot((x - LIGHT_X) / ASIDE, height)
        light = shade * (fold if hangs else 1.0) + 0.55 * max(0.0, 1 - away)
        pixels += bytes([min(255, int(255 * part * light)) for part in colour])
    return bytes(pixels)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
