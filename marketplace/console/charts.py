"""Figures as points, paths and widths of small charts, drawn the same with and without JavaScript."""

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


def bars(values: Sequence[int], *, highest: int, width: int, height: int) -> str:
    """Return the path of one bar for each value, side by side from the left, on the ground.

    Args:
        values: from the left; what is below zero has no bar.
        highest: the value whose bar is as high as the chart.
        width: of the chart.
        height: of the chart.
    """
    step = width / max(1, len(values))
    gap = min(1.0, step / 6)
    scale = height / max(1, highest)
    sides = [(place * step + gap, (place + 1) * step - gap) for place in range(len(values))]
    return " ".join(
        f"M{left:.1f},{height}V{height - value * scale:.1f}H{right:.1f}V{height}Z"
        for (left, right), value in zip(sides, values, strict=True)
        if value > 0
    )


def share(part: int, whole: int) -> float:
    """Return a part as per cent of a whole, for the width of a bar; 0 of nothing."""
    return round(100 * max(0, part) / whole, 2) if whole > 0 else 0.0
