"""5,000 viewers of which 50 stop reading: what the others notice, and what becomes of the 50."""

import math
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import room
from tests.benchmarks.generator import Generator
from tests.benchmarks.measure import Meter
from tests.benchmarks.report import Figures
from tests.benchmarks.stack import Stack, prepare, running

VIEWERS = 5_000
FROZEN = 50
FACTS = 40
FACTS_PER_S = 8
FLOOD = 150
LIMIT_BYTES = 64 * 1024
PATIENCE_SECONDS = 30
#: Of 40 facts the slowest one decides a 99th percentile: the median of three ratios is mostly chance.
RUNS = 7


def run(stack: Stack, runs: int) -> Figures:
    """Measure delays with everybody reading and with 50 who do not, and wait until these are closed."""
    figures = Figures("slow_viewers")
    env = stack.scaled()
    show = prepare(env, deals=[{"quota": 100}, {"quota": 100}])
    viewed, console = stack.web(env), stack.web(env)
    with running(viewed, console), Generator() as generator:
        host = room.Host(console, show)
        meter = Meter(viewed.pid)
        room.enter(generator, viewed, room.anonymous(show["session"], VIEWERS - FROZEN))
        for _ in range(max(runs, RUNS)):
            room.enter(generator, viewed, room.anonymous(show["session"], FROZEN), narrow=True)
            figures.add(**_one_run(generator, host, meter))
    figures.note(
        "closed_within_s counts from when 64 KB more were sent to a frozen viewer than the kernel holds"
    )
    figures.note(
        "closed_after_freeze_s counts from when they stop reading; filling their buffers is part of it"
    )
    return figures


def _one_run(generator: Generator, host: room.Host, meter: Meter) -> dict[str, float]:
    before_ms = _p99_ms(generator, host)
    memory = meter.rss_bytes()
    ports = set(generator.ask("freeze", count=FROZEN)["ports"])
    frozen_at = time.monotonic()
    full_at = _flood(generator, host, ports)
    after_ms = _p99_ms(generator, host)
    most_memory = meter.rss_bytes()
    while any(connection.open for connection in connections_to(ports).values()):
        assert time.monotonic() - frozen_at < PATIENCE_SECONDS, "frozen viewers are still connected"
        generator.ask("stats", seconds=0.1)
    closed_at = time.monotonic()
    return {
        "p99_ratio": after_ms / before_ms,
        "p99_ms_before": before_ms,
        "p99_ms_after": after_ms,
        "closed_within_s": closed_at - full_at,
        "closed_after_freeze_s": closed_at - frozen_at,
        "rss_growth_kb": max(0.0, most_memory - memory) / 1024,
    }


def _flood(generator: Generator, host: room.Host, ports: set[int]) -> float:
    """Send large facts until the frozen viewers' buffers overflow; return when that was."""
    generator.begin("watch", marker="slot.updated", times=FLOOD, seconds=60)
    sent_at: list[float] = []
    for _ in range(FLOOD):
        host.change_price()
        sent_at.append(time.monotonic())
    answer = generator.answer()
    assert answer["complete"], answer["reached"]
    fact_bytes: float = answer["bytes"] / answer["frames"]
    held_bytes = max(connection.held_bytes for connection in connections_to(ports).values())
    facts_to_overflow: int = math.ceil((held_bytes + LIMIT_BYTES) / fact_bytes)
    assert facts_to_overflow <= FLOOD, f"{FLOOD} facts do not overflow a viewer: {facts_to_overflow} would"
    return sent_at[facts_to_overflow - 1]


@dataclass
class Connection:
    """What the kernel knows of a viewer's connection: whether the server holds it, and bytes under way."""

    open: bool = False
    held_bytes: int = 0


def connections_to(ports: set[int]) -> dict[int, Connection]:
    """Return the connections of these clients, by the client's port."""
    found = {port: Connection() for port in ports}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, _, _, _, _, inode, *_ = line.split()
        unsent, unread = (int(queue, 16) for queue in queues.split(":"))
        local_port, remote_port = (int(address.partition(":")[2], 16) for address in (local, remote))
        if remote_port in found:  # the server's end; without an inode no process holds it any more
            found[remote_port].open = inode != "0"
            found[remote_port].held_bytes += unsent
        elif local_port in found:
            found[local_port].held_bytes += unread
    return found


def _p99_ms(generator: Generator, host: room.Host) -> float:
    """Return the 99th percentile of a fact's delay over all reading viewers, at a steady rate of facts."""
    generator.begin("watch", marker="slot.pinned", times=FACTS, seconds=60)
    started = time.monotonic()
    for number in range(FACTS):
        host.pin()
        time.sleep(max(0.0, started + (number + 1) / FACTS_PER_S - time.monotonic()))
    answer = generator.answer()
    assert answer["complete"], f"only {answer['reached']} of {answer['clients']} viewers saw each fact"
    return float(answer["delays_ms"]["p99"])
