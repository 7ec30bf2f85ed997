"""A statement with 100,000 lines read from a running server: its pages, and all of it as a file."""

import csv
import json
import statistics
import sys
import time
from typing import Any

import httpx

from tests.benchmarks.measure import Meter
from tests.benchmarks.report import Figures
from tests.benchmarks.stack import Stack, run_command, running

#: One brand sells everything: its statement has all lines, each streamer's a thousand.
SALES = {"lines": 100_000, "brands": 1, "streamers": 100}
PAGES = 25
PAGE = 100
#: Between two looks at the server's memory.
CHUNK = 256 * 1024


def run(stack: Stack, runs: int) -> Figures:
    """Ask for the first page and a deep one, then export; every line must come, and their nets must sum."""
    figures = Figures("statements")
    env = stack.scaled()
    module = (sys.executable, "-m", "tests.benchmarks.sales")
    for asked in (SALES, {"settle": True}):
        run_command(env, *module, json.dumps(asked))
    given = json.loads(run_command(env, *module, json.dumps({"reader": True})).splitlines()[-1])
    web = stack.web(env)
    headers = {"Authorization": f"Bearer {given['token']}"}
    with running(web), httpx.Client(base_url=web.url, headers=headers, timeout=120) as client:
        meter = Meter(web.pid)
        large, small = (f"/api/v1/statements/{given[name]}" for name in ("large", "small"))
        _export(client, small, meter)
        for _ in range(runs):
            before = _export(client, small, meter)
            figures.add(
                first_page_ms=_page_ms(client, f"{large}/lines?limit={PAGE}"),
                deep_page_ms=_page_ms(client, f"{large}/lines?limit={PAGE}&starting_after={given['deep']}"),
                export_rss_mb=_export(client, large, meter) - before,
            )
    figures.note(f"{SALES['lines']:,} lines, {PAGE} on a page, median of {PAGES} requests one after another")
    figures.note("export_rss_mb: what the server's memory is above that of an export of 1,000 lines")
    figures.note(stack.database())
    return figures


def _page_ms(client: httpx.Client, path: str) -> float:
    """Return the median time of a page."""
    times = []
    for _ in range(PAGES):
        started = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - started) * 1000)
        assert (answer.status_code, len(answer.json()["data"])) == (200, PAGE), answer.text
    return statistics.median(times)


def _export(client: httpx.Client, statement: str, meter: Meter) -> float:
    """Take a statement away as CSV, hold it against the statement, and return the server's peak in MB."""
    said: dict[str, Any] = client.get(statement).json()
    peak, pieces = 0, []
    with client.stream("GET", f"{statement}/export") as answer:
        for piece in answer.iter_bytes(CHUNK):
            peak = max(peak, meter.rss_bytes())
            pieces.append(piece)
    rows = csv.DictReader(b"".join(pieces).decode().splitlines())
    nets = [int(row["net"]) for row in rows]
    assert (len(nets), sum(nets)) == (said["lines"], said["net"]["amount"]), statement
    return peak / 1024**2
