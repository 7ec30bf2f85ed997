"""Minutes as lines: points of a small chart, drawn the same with and without JavaScript."""

from collections.abc import Sequence

WIDTH, HEIGHT = 300, 60
#: Room above the highest point, so that its line is not cut.
HEADROOM = 4


def points(values: Sequence[int]) -> str:
    """Return the ``points`` of a polyline through these values, the first at the left, zero at the bottom.

    A single value is drawn as a level line; no values give none.
    """
    if not values:
        return ""
    if len(values) == 1:
        values = [values[0], values[0]]
    step = WIDTH / (len(values) - 1)
    scale = (HEIGHT - HEADROOM) / max(1, *values)
    return " ".join(
        f"{place * step:.1f},{HEIGHT - max(0, value) * scale:.1f}" for place, value in enumerate(values)
    )
