"""A period's settlement: a million due lines until the last statement is closed, and the same once more."""

import json
import sys

from tests.benchmarks.report import Figures
from tests.benchmarks.rows import count_rows
from tests.benchmarks.stack import Stack, run_command

SALES = {"lines": 1_000_000, "brands": 500, "streamers": 200}


def run(stack: Stack, runs: int) -> Figures:
    """Settle on PostgreSQL with fsync on; a second run must insert nothing, and the books must balance."""
    figures = Figures("settlement")
    sold = stack.scaled()
    module = (sys.executable, "-m", "tests.benchmarks.sales")
    run_command(sold, *module, json.dumps(SALES))
    for _ in range(runs):
        env = stack.copy(sold)
        said = json.loads(run_command(env, *module, json.dumps({"settle": True})).splitlines()[-1])
        assert (said["lines"], said["findings"]) == (SALES["lines"], []), said
        assert count_rows(env)["orders_statement"] == said["statements"]
        figures.add(**{name: said[name] for name in ("seconds", "rss_mb", "second_run_inserts")})
    figures.note(f"{SALES['lines']:,} lines, {SALES['brands']} brands, {SALES['streamers']} streamers")
    figures.note(stack.database())
    return figures
