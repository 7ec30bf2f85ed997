"""A pen: shapes in a box of 100 by 100 that stands anywhere on a canvas, in any size, turned by any angle."""

from collections.abc import Sequence
from itertools import pairwise
from math import atan2, cos, pi, sin

from marketplace.demo.art.canvas import Canvas, Point, colour

_ROUND = 48
_CORNER = 8
_BETWEEN = 8


class Pen:
    """Draws in a box whose left upper corner is (0, 0) and right lower corner (100, 100).

    A colour is ``#rrggbb``; two make a gradient from top to bottom.
    """

    def __init__(self, canvas: Canvas, *, x: float, y: float, size: float, turn: float = 0.0) -> None:
        """Put the box on a canvas.

        Args:
            canvas: what is drawn on.
            x: its left edge in pixels.
            y: its upper edge in pixels.
            size: its width and height in pixels.
            turn: degrees clockwise around its middle.
        """
        self._canvas = canvas
        self._scale = size / 100
        self._middle = (x + size / 2, y + size / 2)
        self._cos, self._sin = cos(turn * pi / 180), sin(turn * pi / 180)

    def shape(self, points: Sequence[Point], fill: str, to: str = "", alpha: float = 1.0) -> None:
        """Fill a polygon."""
        self.shapes([points], fill, to, alpha)

    def shapes(
        self, contours: Sequence[Sequence[Point]], fill: str, to: str = "", alpha: float = 1.0
    ) -> None:
        """Fill polygons at once; where two overlap is a hole."""
        placed = [[self._place(point) for point in contour] for contour in contours]
        self._canvas.fill(placed, colour(fill), colour(to or fill), alpha)

    def smooth(self, points: Sequence[Point], fill: str, to: str = "", alpha: float = 1.0) -> None:
        """Fill a closed curve that goes through the points."""
        self.shape(curve(points), fill, to, alpha)

    def lathe(self, half: Sequence[Point], fill: str, to: str = "", middle: float = 50.0) -> None:
        """Fill a turned body: the right half of its outline from top to bottom, x counted from the middle."""
        right = open_curve([(middle + x, y) for x, y in half])
        self.shape([*right, *[(2 * middle - x, y) for x, y in reversed(right)]], fill, to)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float = 0.0, *, fill: str, to: str = "", alpha: float = 1.0
    ) -> None:
        """Fill an ellipse around a middle; with one radius, a circle."""
        self.shape(ellipse(x, y, rx, ry or rx), fill, to, alpha)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str,
        to: str = "",
        radius: float = 0.0,
        alpha: float = 1.0,
    ) -> None:
        """Fill a rectangle with round corners."""
        self.shape(rounded(x, y, width, height, radius), fill, to, alpha)

    def line(self, points: Sequence[Point], width: float, fill: str) -> None:
        """Draw a line with round ends through the points; it bends softly and does not cross itself."""
        self.shape(outline(points, width / 2), fill)

    def stroke(self, points: Sequence[Point], width: float, fill: str) -> None:
        """Draw a curved line through the points."""
        self.line(open_curve(points), width, fill)

    def leaf(self, x: float, y: float, length: float, turn: float, fill: str, vein: str = "") -> None:
        """Draw a leaf from its stalk at (x, y), ``turn`` degrees clockwise from upright."""
        along, across = sin(turn * pi / 180), -cos(turn * pi / 180)

        def at(part: float, side: float) -> Point:
            return (
                x + along * length * part - across * length * side,
                y + across * length * part + along * length * side,
            )

        sides = [(0, 0), (0.25, 0.17), (0.55, 0.2), (0.85, 0.1), (1, 0)]
        right = open_curve([at(part, side) for part, side in sides])
        left = open_curve([at(part, -side) for part, side in sides])
        self.shape([*right, *reversed(left)], fill)
        if vein:
            self.line([at(0, 0), at(0.85, 0)], max(0.6, length * 0.03), vein)

    def shadow(self, x: float, y: float, rx: float, ry: float, strength: float = 0.16) -> None:
        """Lay a soft shadow on the floor."""
        for part in (1.0, 0.86, 0.7):
            self.ellipse(x, y, rx * part, ry * part, fill="#2b1d12", alpha=strength / 3)

    def _place(self, point: Point) -> Point:
        x, y = (point[0] - 50) * self._scale, (point[1] - 50) * self._scale
        return (
            self._middle[0] + x * self._cos - y * self._sin,
            self._middle[1] + x * self._sin + y * self._cos,
        )


def ellipse(x: float, y: float, rx: float, ry: float) -> list[Point]:
    """Return the corners of an ellipse."""
    angles = [2 * pi * number / _ROUND for number in range(_ROUND)]
    return [(x + rx * cos(angle), y + ry * sin(angle)) for angle in angles]


def outline(points: Sequence[Point], reach: float) -> list[Point]:
    """Return the corners around a line that reaches so far to both sides and beyond its ends."""
    ahead = [atan2(y1 - y0, x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    left, right = [], []
    for (x, y), before, after in zip(points, [ahead[0], *ahead], [*ahead, ahead[-1]], strict=True):
        bend = (after - before + pi) % (2 * pi) - pi
        across, far = before + bend / 2 + pi / 2, reach / cos(bend / 2)
        left.append((x + far * cos(across), y + far * sin(across)))
        right.append((x - far * cos(across), y - far * sin(across)))
    return [
        *left,
        *_cap(points[-1], reach, ahead[-1]),
        *reversed(right),
        *_cap(points[0], reach, ahead[0] + pi),
    ]


def _cap(end: Point, reach: float, ahead: float) -> list[Point]:
    """Return the corners of the half circle at a line's end."""
    angles = (ahead + pi / 2 - 2 * pi * step / _ROUND for step in range(1, _ROUND // 2))
    return [(end[0] + reach * cos(angle), end[1] + reach * sin(angle)) for angle in angles]


def rounded(x: float, y: float, width: float, height: float, radius: float) -> list[Point]:
    """Return the corners of a rectangle whose own corners are round."""
    radius = min(radius, width / 2, height / 2)
    if not radius:
        return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    corners = (
        (x + width - radius, y + radius, -pi / 2),
        (x + width - radius, y + height - radius, 0.0),
        (x + radius, y + height - radius, pi / 2),
        (x + radius, y + radius, pi),
    )
    return [
        (cx + radius * cos(start + angle), cy + radius * sin(start + angle))
        for cx, cy, start in corners
        for angle in (pi / 2 * step / _CORNER for step in range(_CORNER + 1))
    ]


def curve(points: Sequence[Point]) -> list[Point]:
    """Return a closed smooth curve through points (Catmull-Rom)."""
    count = len(points)
    return [
        _spline([points[(number + step) % count] for step in (-1, 0, 1, 2)], part / _BETWEEN)
        for number in range(count)
        for part in range(_BETWEEN)
    ]


def open_curve(points: Sequence[Point]) -> list[Point]:
    """Return a smooth curve from the first to the last of the points."""
    padded = [points[0], *points, points[-1]]
    inner = [
        _spline(padded[number : number + 4], part / _BETWEEN)
        for number in range(len(points) - 1)
        for part in range(_BETWEEN)
    ]
    return [*inner, points[-1]]


def _spline(four: Sequence[Point], part: float) -> Point:
    x, y = (_blend([point[axis] for point in four], part) for axis in (0, 1))
    return (x, y)


def _blend(four: Sequence[float], t: float) -> float:
    a, b, c, d = four
    return b + (c - a) / 2 * t + (a - 2.5 * b + 2 * c - d / 2) * t**2 + (1.5 * (b - c) + (d - a) / 2) * t**3
