"""A canvas of pixels: anti-aliased polygons in plain or graded colour, written as PNG.

The three channels lie in planes of their own, so that a run of pixels is one slice, and blending it one
``bytes.translate``.
"""

import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

Point = tuple[float, float]
Colour = tuple[int, int, int]
#: A run of pixels of a row: its first, the one behind its last, and how much of what was there it covers.
Span = tuple[int, int, float]

#: Lines that each row of pixels is sampled on.
_SUB = 3
_LEVELS = 64
#: A single pixel is mixed in whole numbers, parts of 65,536.
_BITS = 16
_ONE, _HALF = 1 << _BITS, 1 << _BITS - 1
_RUNS = [bytes((value,)) for value in range(256)]
_OPAQUE = 0.996
_UNSEEN = 0.004


def colour(text: str) -> Colour:
    """Return the colour that ``#rrggbb`` names."""
    return (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))


def between(first: Colour, second: Colour, part: float) -> Colour:
    """Return the colour that lies between two, ``part`` 0 to 1 of the way."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return (red, green, blue)


class Canvas:
    """Pixels to draw on, black at first."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._planes = [bytearray(width * height) for _ in range(3)]

    def fill(
        self, contours: Iterable[Sequence[Point]], top: Colour, bottom: Colour, alpha: float = 1.0
    ) -> None:
        """Fill closed contours of pixel coordinates; where two overlap is a hole.

        Args:
            contours: corners, in any direction.
            top: the colour of the highest row.
            bottom: the colour of the lowest row; between them it changes evenly.
            alpha: 1 covers, 0 does nothing.
        """
        crossings = self._crossings(contours)
        if not crossings:
            return
        first, last = min(crossings) // _SUB, max(crossings) // _SUB
        above, spans = None, []
        for row in range(first, last + 1):
            lines = [crossings.get(line, ()) for line in range(row * _SUB, (row + 1) * _SUB)]
            if lines != above:
                spans, above = self._spans(lines, alpha), lines
            shade = top if top == bottom else between(top, bottom, (row - first) / max(1, last - first))
            self._paint(row * self.width, spans, shade)

    def png(self) -> bytes:
        """Return the picture as a PNG file."""
        row = self.width * 3
        pixels = bytearray(row * self.height)
        for channel, plane in enumerate(self._planes):
            pixels[channel::3] = plane
        lines = b"".join(b"\0" + pixels[start : start + row] for start in range(0, len(pixels), row))
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)

    def _crossings(self, contours: Iterable[Sequence[Point]]) -> dict[int, list[float]]:
        """Return where the contours cross each sampling line, by the line's number."""
        crossings: dict[int, list[float]] = defaultdict(list)
        lines = self.height * _SUB
        for contour in contours:
            for (x0, y0), (x1, y1) in zip(contour, [*contour[1:], contour[0]], strict=True):
                if y0 > y1:
                    x0, y0, x1, y1 = x1, y1, x0, y0  # noqa: PLW2901 - edges run downwards
                begin = max(0, -int(-(y0 * _SUB - 0.5) // 1))
                end = min(lines, -int(-(y1 * _SUB - 0.5) // 1))
                if begin >= end:
                    continue
                slope = (x1 - x0) / (y1 - y0)
                x = x0 + ((begin + 0.5) / _SUB - y0) * slope
                step = slope / _SUB
                for line in range(begin, end):
                    crossings[line].append(x)
                    x += step
        return crossings

    def _spans(self, lines: Sequence[Sequence[float]], alpha: float) -> list[Span]:
        """Return the runs of pixels of a row that lie between the crossings of its lines."""
        changes: dict[int, float] = {}
        get, width = changes.get, self.width
        for line in lines:
            sign = alpha / _SUB
            for x in sorted(line):
                at = 0.0 if x < 0 else min(x, width)
                pixel = int(at)
                part = sign * (at - pixel)
                changes[pixel] = get(pixel, 0.0) + sign - part
                changes[pixel + 1] = get(pixel + 1, 0.0) + part
                sign = -sign
        spans, here, strength = [], 0, 0.0
        for there in sorted(changes):
            if strength > _UNSEEN and here < width:
                spans.append((here, min(there, width), strength))
            strength += changes[there]
            here = there
        return spans

    def _paint(self, start: int, spans: Sequence[Span], shade: Colour) -> None:
        """Lay a colour on the runs of the row that starts at a pixel."""
        red, green, blue = self._planes
        r, g, b = shade
        for here, there, strength in spans:
            at, size = start + here, there - here
            if strength >= _OPAQUE:
                end = at + size
                red[at:end] = _RUNS[r] * size
                green[at:end] = _RUNS[g] * size
                blue[at:end] = _RUNS[b] * size
            elif size == 1:
                new = int(strength * _ONE)
                old = _ONE - new
                red[at] = (red[at] * old + r * new + _HALF) >> _BITS
                green[at] = (green[at] * old + g * new + _HALF) >> _BITS
                blue[at] = (blue[at] * old + b * new + _HALF) >> _BITS
            else:
                end, level = at + size, round(strength * _LEVELS)
                for plane, value in zip(self._planes, shade, strict=True):
                    plane[at:end] = plane[at:end].translate(_table(value, level))


@lru_cache(maxsize=20_000)
def _table(value: int, level: int) -> bytes:
    """Return what each channel value becomes under another of this strength."""
    return bytes(round(old + (value - old) * level / _LEVELS) for old in range(256))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
