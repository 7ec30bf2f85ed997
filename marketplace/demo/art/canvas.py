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

#: Lines that each row of pixels is sampled on.
_SUB = 3
_LEVELS = 64
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
        for row in range(first, last + 1):
            shade = top if top == bottom else between(top, bottom, (row - first) / max(1, last - first))
            self._paint(row, self._coverage(crossings, row), shade, alpha)

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

    def _coverage(self, crossings: dict[int, list[float]], row: int) -> dict[int, float]:
        """Return by how much coverage changes at which pixel of a row, from left to right."""
        changes: dict[int, float] = defaultdict(float)
        for line in range(row * _SUB, (row + 1) * _SUB):
            sign = 1 / _SUB
            for x in sorted(crossings.get(line, ())):
                at = min(max(x, 0.0), self.width)
                pixel = int(at)
                part = at - pixel
                changes[pixel] += sign * (1 - part)
                changes[pixel + 1] += sign * part
                sign = -sign
        return changes

    def _paint(self, row: int, changes: dict[int, float], shade: Colour, alpha: float) -> None:
        start, covered = row * self.width, 0.0
        pixels = sorted(changes)
        for here, there in zip(pixels, [*pixels[1:], self.width], strict=True):
            covered += changes[here]
            until = min(there, self.width)
            if covered > _UNSEEN and until > here:
                self._blend(start + here, start + until, shade, covered * alpha)

    def _blend(self, begin: int, end: int, shade: Colour, alpha: float) -> None:
        for plane, value in zip(self._planes, shade, strict=True):
            if alpha >= _OPAQUE:
                plane[begin:end] = bytes((value,)) * (end - begin)
            elif end - begin == 1:
                plane[begin] = round(plane[begin] + (value - plane[begin]) * alpha)
            else:
                plane[begin:end] = plane[begin:end].translate(_table(value, round(alpha * _LEVELS)))


@lru_cache(maxsize=20_000)
def _table(value: int, level: int) -> bytes:
    """Return what each channel value becomes under another of this strength."""
    return bytes(round(old + (value - old) * level / _LEVELS) for old in range(256))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
