"""Run benches, print a table, write var/bench.json: ``python -m tests.benchmarks [--only a,b]``."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import (
    fan_out,
    flash_sale,
    flash_sale_http,
    ledger,
    reconnect,
    rush,
    settlement,
    slow_viewers,
    statements,
)
from tests.benchmarks.measure import machine
from tests.benchmarks.report import Figures, print_table, write_json
from tests.benchmarks.stack import Stack, stack
from tests.servers import ROOT

BENCHES: dict[str, Callable[[Stack, int], Figures]] = {
    "flash_sale": flash_sale.scaled,
    "flash_sale_http": flash_sale_http.run,
    "flash_sale_embedded": flash_sale.embedded,
    "rush": rush.run,
    "fan_out": fan_out.run,
    "slow_viewers": slow_viewers.run,
    "reconnect": reconnect.run,
    "ledger": ledger.run,
    "settlement": settlement.run,
    "statements": statements.run,
}
RESULTS = ROOT / "var" / "bench.json"


def main(arguments: list[str]) -> int:
    """Run what was asked for; return 2 for a name that does not exist."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help=f"comma-separated: {', '.join(BENCHES)}")
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured")
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the results go")
    given = parser.parse_args(arguments)
    names = [name.strip() for name in given.only.split(",") if name.strip()] or list(BENCHES)
    if unknown := sorted(set(names) - set(BENCHES)):
        parser.error(f"no such bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    print(machine())
    results = []
    with stack() as shared:
        for name in names:
            started = time.monotonic()
            results.append(BENCHES[name](shared, given.runs))
            print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
    print_table(results)
    write_json(results, machine=machine(), path=given.json)
    print(f"\nWritten to {given.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
