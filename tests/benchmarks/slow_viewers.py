"""5,000 viewers of which 50 stop reading: what the others notice, and what becomes of the 50."""

import time

from tests.benchmarks import room
from tests.benchmarks.generator import Generator
from tests.benchmarks.measure import Meter
from tests.benchmarks.report import Figures
from tests.benchmarks.stack import Stack, prepare, running

VIEWERS = 5_000
FROZEN = 50
FACTS = 40
FACTS_PER_S = 10
FLOOD = 80
MARKER = "slot.updated"
PATIENCE_SECONDS = 30


def run(stack: Stack, runs: int) -> Figures:
    """Measure delays with everybody reading and with 50 who do not, and wait until these are closed."""
    figures = Figures("slow_viewers")
    env = stack.scaled()
    show = prepare(env, deals=[{"quota": 100}])
    viewed, console = stack.web(env), stack.web(env)
    with running(viewed, console), Generator() as generator:
        host = room.Host(console, show)
        meter = Meter(viewed.pid)
        room.enter(generator, viewed, room.anonymous(show["session"], VIEWERS - FROZEN))
        for _ in range(runs):
            room.enter(generator, viewed, room.anonymous(show["session"], FROZEN), narrow=True)
            figures.add(**_one_run(generator, host, meter))
    figures.note(
        f"closed_within_s counts from when they stop reading; {FLOOD} facts fill their buffers meanwhile"
    )
    return figures


def _one_run(generator: Generator, host: room.Host, meter: Meter) -> dict[str, float]:
    before_ms = _p99_ms(generator, host)
    memory, sockets = meter.rss_bytes(), meter.sockets()
    generator.ask("freeze", count=FROZEN)
    frozen_at = time.monotonic()
    generator.begin("watch", marker=MARKER, times=FLOOD, seconds=60)
    for _ in range(FLOOD):
        host.change_price()
    assert generator.answer()["complete"]
    flooded_s = time.monotonic() - frozen_at
    after_ms = _p99_ms(generator, host)
    most_memory = meter.rss_bytes()
    while meter.sockets() > sockets - FROZEN:
        assert time.monotonic() - frozen_at < PATIENCE_SECONDS, "the frozen viewers are still connected"
        generator.ask("stats", seconds=0.05)
    return {
        "p99_ratio": after_ms / before_ms,
        "p99_ms_before": before_ms,
        "p99_ms_after": after_ms,
        "closed_within_s": time.monotonic() - frozen_at,
        "flood_s": flooded_s,
        "rss_growth_kb": max(0.0, most_memory - memory) / 1024,
    }


def _p99_ms(generator: Generator, host: room.Host) -> float:
    """Return the 99th percentile of a fact's delay over all reading viewers, at a steady rate of facts."""
    generator.begin("watch", marker=MARKER, times=FACTS, seconds=60)
    started = time.monotonic()
    for number in range(FACTS):
        host.change_price()
        time.sleep(max(0.0, started + (number + 1) / FACTS_PER_S - time.monotonic()))
    answer = generator.answer()
    assert answer["complete"], f"only {answer['reached']} of {answer['clients']} viewers saw each fact"
    return float(answer["delays_ms"]["p99"])
