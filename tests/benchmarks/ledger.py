"""Transfers per second, all of them through one account of the marketplace."""

import json
import os
import subprocess
import sys
from typing import Any

from tests.benchmarks.report import Figures
from tests.benchmarks.rows import added, count_rows
from tests.benchmarks.stack import Stack
from tests.servers import ROOT

SECONDS = 5
#: A transaction each, over as many connections as a small machine has cores: one waits for the other's row.
SINGLE = {"processes": 2, "threads": 1, "batch": 1}
#: A thousand in a transaction, as settlement posts: one process writes while the other prepares.
BATCHED = {"processes": 2, "threads": 1, "batch": 1_000}


def run(stack: Stack, runs: int) -> Figures:
    """Post one by one and in batches on PostgreSQL with fsync on; the books must balance after."""
    figures = Figures("ledger")
    env = stack.scaled()
    _rate(env, "warm-up", seconds=1, **BATCHED)
    for number in range(runs):
        single = _rate(env, f"single-{number}", seconds=SECONDS, **SINGLE)
        batched = _rate(env, f"batched-{number}", seconds=SECONDS, **BATCHED)
        figures.add(single_per_s=single, batched_per_s=batched)
    said, errors = _start(env).communicate(timeout=300)
    assert json.loads(said) == [], said + errors
    figures.note(f"batches of {BATCHED['batch']:,} transfers with 2 entries each")
    figures.note(stack.database())
    return figures


def _rate(env: dict[str, str], name: str, *, processes: int, threads: int, batch: int, seconds: int) -> float:
    """Return how many transfers a second were committed, by all processes together."""
    before = count_rows(env)
    asked = {"threads": threads, "batch": batch, "seconds": seconds}
    started = [_start(env, {"name": f"{name}-{number}", **asked}) for number in range(processes)]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    answers = [process.communicate(timeout=60) for process in _released(started)]
    for process, (output, errors) in zip(started, answers, strict=True):
        assert process.returncode == 0, output + errors
    said: list[dict[str, Any]] = [json.loads(output.splitlines()[-1]) for output, _ in answers]
    posted = sum(answer["posted"] for answer in said)
    written = added(before, count_rows(env))
    assert (written["ledger_transfer"], written["ledger_entry"]) == (posted, 2 * posted), written
    return float(posted / max(answer["seconds"] for answer in said))


def _start(env: dict[str, str], *asked: dict[str, Any]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.posting", *map(json.dumps, asked)],
        cwd=ROOT,
        env={key: value for key, value in {**os.environ, **env}.items() if value},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _released(processes: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    """Let all of them begin before the first is waited for."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return processes
