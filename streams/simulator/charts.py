"""Charts as HTML with inline SVG: shapes stretch with the page, labels do not."""

from collections.abc import Sequence
from html import escape

GRID_LINES = 4
MOST_TICKS = 9
_ROUND = (1, 2, 3, 4, 5, 6, 8, 10)


def nice_top(value: float) -> float:
    """Return a number at or above a value whose quarters are round, to end an axis with."""
    step = max(value / GRID_LINES, 1)
    power = 10.0 ** (len(str(int(step))) - 1)
    return GRID_LINES * next(round_one * power for round_one in _ROUND if round_one * power >= step)


def area(points: Sequence[tuple[float, float]], *, marks: Sequence[tuple[float, str]], unit: str) -> str:
    """Draw a quantity over script minutes, from the first point to the last; marks are named moments."""
    if not points:
        return "<p>No figures.</p>"
    low, high = points[0][0], max(points[-1][0], points[0][0] + 0.001)
    top = nice_top(max(value for _, value in points))

    def x(moment: float) -> float:
        return (moment - low) / (high - low) * 100

    line = " ".join(f"{x(at):.2f},{100 - value / top * 100:.2f}" for at, value in points)
    shapes = (
        f'<polygon class="fill" points="0,100 {line} 100,100"/>'
        f'<polyline class="line" points="{line}" vector-effect="non-scaling-stroke"/>'
    )
    shapes += "".join(
        f'<line class="mark" x1="{x(at):.2f}" x2="{x(at):.2f}" y1="0" y2="100"'
        f' vector-effect="non-scaling-stroke"><title>{escape(name)}</title></line>'
        for at, name in marks
        if low <= at <= high
    )
    return _plot(shapes, top, [(x(at), f"{at:g}") for at in _ticks(low, high)], unit)


def columns(rows: Sequence[tuple[str, float, float]], *, unit: str) -> str:
    """Draw a column for each row (label, lower part, upper part), the parts stacked."""
    if not rows:
        return "<p>No figures.</p>"
    top = nice_top(max(lower + upper for _, lower, upper in rows))
    width = 100 / len(rows)
    shapes, labels = "", []
    every = max(1, round(len(rows) / 10))
    for number, (label, lower, upper) in enumerate(rows):
        left = number * width + width * 0.15
        for kind, start, size in (("one", 0.0, lower), ("two", lower, upper)):
            if size:
                y = 100 - (start + size) / top * 100
                shapes += (
                    f'<rect class="{kind}" x="{left:.2f}" y="{y:.2f}" width="{width * 0.7:.2f}"'
                    f' height="{size / top * 100:.2f}"><title>{escape(label)}: {size:g}</title></rect>'
                )
        if number % every == 0:
            labels.append((number * width + width / 2, label))
    return _plot(shapes, top, labels, unit)


def bars(rows: Sequence[tuple[str, float, str]], *, kind: str = "one") -> str:
    """Draw a bar for each row (label, size, what to write beside it), the longest over the whole width."""
    longest = max((size for _, size, _ in rows), default=0) or 1
    return (
        '<div class="bars">'
        + "".join(
            f'<div class="bar"><span class="label">{escape(label)}</span>'
            f'<span class="track"><span class="{kind}" style="width:{size / longest:.1%}"></span></span>'
            f'<span class="value">{escape(words)}</span></div>'
            for label, size, words in rows
        )
        + "</div>"
    )


def _plot(shapes: str, top: float, labels: Sequence[tuple[float, str]], unit: str) -> str:
    grid = "".join(
        f'<line class="grid" x1="0" x2="100" y1="{y}" y2="{y}" vector-effect="non-scaling-stroke"/>'
        for y in (number * 100 / GRID_LINES for number in range(GRID_LINES + 1))
    )
    sides = "".join(
        f'<span style="bottom:{number * 100 / GRID_LINES:g}%">{number * top / GRID_LINES:,.4g}</span>'
        for number in range(GRID_LINES + 1)
    )
    feet = "".join(f'<span style="left:{left:.2f}%">{escape(text)}</span>' for left, text in labels)
    return (
        f'<div class="plot"><div class="side" aria-hidden="true">{sides}</div>'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="{escape(unit)}">'
        f'{grid}{shapes}</svg><div class="foot" aria-hidden="true">{feet}</div></div>'
        f'<p class="unit">{escape(unit)}</p>'
    )


def _ticks(low: float, high: float) -> list[float]:
    """Return round moments between two, not more than ten."""
    step = next(
        step
        for step in (0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 240, 1440)
        if (high - low) / step <= MOST_TICKS
    )
    first = int(max(low, 0) / step)
    return [number * step for number in range(first, int(high / step) + 1) if number * step >= low]
