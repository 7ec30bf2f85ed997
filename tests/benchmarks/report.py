"""Figures of a bench: what was measured in each run, what the project promises, how both are shown."""

import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Goal:
    """What a figure must reach and what it should: at least, or at most."""

    must: float
    aim: float | None = None
    at_most: bool = False

    def judge(self, value: float) -> str:
        """Return ``aim``, ``must`` or ``MISSED``."""
        reached: Callable[[float], bool] = (
            (lambda limit: value <= limit) if self.at_most else (lambda limit: value >= limit)
        )
        if self.aim is not None and reached(self.aim):
            return "aim"
        return "must" if reached(self.must) else "MISSED"

    def __str__(self) -> str:
        """Return the goal in words."""
        sign = "<=" if self.at_most else ">="
        return f"{sign} {self.must:g}" + (f" ({sign} {self.aim:g})" if self.aim is not None else "")


GOALS: dict[str, Goal] = {
    "flash_sale.orders_per_s": Goal(5_000, 10_000),
    "flash_sale.ratio": Goal(12, 25),
    "flash_sale_http.ratio": Goal(2),
    "flash_sale_http.orders_per_s": Goal(0, 1_500),
    "flash_sale_http.p99_ms": Goal(250, at_most=True),
    "flash_sale_embedded.orders_per_s": Goal(2_000, 5_000),
    "rush.unanswered": Goal(0, at_most=True),
    "rush.last_answer_ms": Goal(2_000, 1_000, at_most=True),
    "fan_out.deliveries_per_cpu_s": Goal(120_000, 200_000),
    "fan_out.last_ms": Goal(150, 75, at_most=True),
    "fan_out.bytes_per_viewer": Goal(40 * 1024, 20 * 1024, at_most=True),
    "fan_out.ratio_channels": Goal(25, 60),
    "fan_out.ratio_socketio": Goal(1.5, 2.5),
    "slow_viewers.p99_ratio": Goal(1.1, at_most=True),
    "slow_viewers.closed_within_s": Goal(10, at_most=True),
    "reconnect.seconds": Goal(10, 4, at_most=True),
    "reconnect.lost_facts": Goal(0, at_most=True),
    "ledger.single_per_s": Goal(1_000),
    "ledger.batched_per_s": Goal(8_000, 25_000),
    "settlement.seconds": Goal(120, 45, at_most=True),
    "settlement.rss_mb": Goal(1_024, at_most=True),
    "settlement.second_run_inserts": Goal(0, at_most=True),
    "statements.first_page_ms": Goal(200, at_most=True),
    "statements.deep_page_ms": Goal(200, at_most=True),
    "statements.export_rss_mb": Goal(16, at_most=True),
}


@dataclass
class Figures:
    """What one bench has measured: for each key the value of every run."""

    name: str
    runs: dict[str, list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, **values: float) -> None:
        """Add one run's values."""
        for key, value in values.items():
            self.runs.setdefault(key, []).append(float(value))

    def note(self, text: str) -> None:
        """Add a line that explains a figure, once."""
        if text not in self.notes:
            self.notes.append(text)

    def medians(self) -> dict[str, float]:
        """Return the median of each key."""
        return {key: _round(statistics.median(values)) for key, values in self.runs.items()}


def print_table(results: list[Figures]) -> None:
    """Print median, minimum, maximum and goal of every figure."""
    print(f"\n{'figure':38} {'median':>12} {'min':>12} {'max':>12}  {'goal (aim)':22} reached")
    for figures in results:
        for key, values in figures.runs.items():
            name = f"{figures.name}.{key}"
            median = statistics.median(values)
            goal = GOALS.get(name)
            judged = (str(goal), goal.judge(median)) if goal else ("", "")
            shown = [f"{_round(value):>12,g}" for value in (median, min(values), max(values))]
            print(f"{name:38} {' '.join(shown)}  {judged[0]:22} {judged[1]}")
        for note in figures.notes:
            print(f"  {note}")


def write_json(results: list[Figures], *, machine: str, path: Path) -> None:
    """Write the medians: one object per bench with plain numbers, and the machine beside them."""
    document: dict[str, Any] = {"machine": machine}
    document.update({figures.name: figures.medians() for figures in results})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n")


def _round(value: float) -> float:
    """Return a value with as many digits as it deserves."""
    if value == int(value) or abs(value) >= 1_000:
        return round(value)
    return float(f"{value:.4g}")
