"""What a simulation says on the way: a picture that moves on a terminal, plain lines elsewhere."""

import time
from pathlib import Path
from typing import Any, Protocol, Self, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from streams.simulator.money import shown
from streams.simulator.show import Progress

PLAIN_SECONDS = 5.0
SHOWN = (
    ("present", "watching"),
    ("orders", "orders"),
    ("payments", "paid"),
    ("chats", "messages"),
    ("likes", "likes"),
    ("reconnects", "reconnects"),
)


class Terminal(Protocol):
    """Where a simulation speaks."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def show(self, progress: Progress) -> None:
        """Show where the show is."""

    def say(self, text: str) -> None:
        """Say something at once."""

    def conclude(self, report: dict[str, Any], page: Path) -> None:
        """Sum a finished show up."""


def terminal(out: TextIO) -> Terminal:
    """Return the right one for a stream."""
    return Moving(Console(file=out)) if out.isatty() else Plain(out)


class Plain:
    """Lines, one for each phase and every five seconds."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._phase = ""
        self._next = 0.0

    def __enter__(self) -> Self:
        """Begin a show."""
        self._phase, self._next = "", 0.0
        return self

    def __exit__(self, *error: object) -> None:
        """Leave nothing behind."""

    def show(self, progress: Progress) -> None:
        """Write a line when the phase has changed, or the last is old."""
        now = time.monotonic()
        if progress.phase == self._phase and now < self._next:
            return
        self._phase, self._next = progress.phase, now + PLAIN_SECONDS
        figures = progress.figures
        self.say(
            f"{_clock(progress.script_second)} {progress.phase}: {figures['present']} watching,"
            f" {figures['orders']} orders, {figures['payments']} paid, {figures['chats']} messages"
        )

    def say(self, text: str) -> None:
        """Write a line."""
        self._out.write(text + "\n")
        self._out.flush()

    def conclude(self, report: dict[str, Any], page: Path) -> None:
        """Write what came of the show, a line for each rule that broke, and where the report is."""
        for line in conclusion(report, page):
            self.say(line)


class Moving:
    """A bar, the figures and what the host says, drawn in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live = Live(console=self._console, refresh_per_second=8, transient=True)
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Wipe the drawing away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, progress: Progress) -> None:
        """Draw where the show is."""
        if self._live is None:
            return
        figures = progress.figures
        grid = Table.grid(padding=(0, 2))
        grid.add_row(*(Text.assemble((f"{figures[name]:,} ", "bold"), (what, "dim")) for name, what in SHOWN))
        bar = ProgressBar(total=progress.length, completed=max(0.0, progress.script_second), width=60)
        head = Text(f"{_clock(progress.script_second)} of {_clock(progress.length)}  {progress.phase}")
        self._live.update(Group(head, bar, grid, Text(progress.said, style="italic")))

    def say(self, text: str) -> None:
        """Print a line above the drawing."""
        self._console.print(text, highlight=False)

    def conclude(self, report: dict[str, Any], page: Path) -> None:
        """Print what came of the show."""
        for line in conclusion(report, page):
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)


def conclusion(report: dict[str, Any], page: Path) -> list[str]:
    """Return what came of a show in a few lines."""
    sales, buy, fact = report["sales"], report["latencies"]["buy"], report["latencies"]["fact"]
    currency = report["show"]["currency"]
    lines = [
        f"{report['traffic']['visits']} visits, {report['traffic']['peak']} at most at once;"
        f" {sales['orders']} orders, {sales['units']} units,"
        f" {shown(sales['gross'], currency)} {currency}",
        f"buy {_ms(buy['p50_ms'])}, p99 {_ms(buy['p99_ms'])}; fact to viewer {_ms(fact['p50_ms'])},"
        f" p99 {_ms(fact['p99_ms'])}",
    ]
    if after := report["afterwards"]:
        lines.append(
            f"{after['days']} days: {after['returns']} returns, {after['units_refunded']} of {after['units']}"
            f" units refunded, {shown(after['refunded'], currency)} {currency}"
        )
    for check in report["checks"]:
        lines.append(f"{'held  ' if check['held'] else 'BROKEN'} {check['rule']}")
        lines += [f"       {fault}" for fault in check["faults"][:10]]
    return [*lines, f"Report: {page} and {page.with_suffix('.json')}"]


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f} ms"


def _clock(seconds: float) -> str:
    sign, whole = ("-" if seconds < 0 else ""), abs(int(seconds))
    return f"{sign}{whole // 60}:{whole % 60:02d}"
