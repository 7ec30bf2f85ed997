"""One fact to 5,000 viewers of one process: deliveries per second of its processor time, and how soon."""

from typing import Any

from tests.benchmarks import room
from tests.benchmarks.baselines.measure import deliveries_per_cpu_s
from tests.benchmarks.baselines.servers import SocketIo, StockChannels
from tests.benchmarks.generator import Generator
from tests.benchmarks.measure import Meter
from tests.benchmarks.report import Figures
from tests.benchmarks.stack import Stack, prepare, running

VIEWERS = 5_000
FACTS_TIMED = 5
FACTS_COUNTED = 60
MARKER = "slot.pinned"


def run(stack: Stack, runs: int) -> Figures:
    """Measure the room, then the baselines with the same payload and the same number of viewers."""
    figures = Figures("fan_out")
    payload = _measure_ours(stack, figures, runs)
    ours = figures.medians()["deliveries_per_cpu_s"]
    for rate in _baseline(
        StockChannels(stack.folder, env={"STOCK_REDIS_URL": stack.redis_url}), payload, runs
    ):
        figures.add(channels_deliveries_per_cpu_s=rate, ratio_channels=ours / rate)
    if not SocketIo.available():
        figures.note("socket.io is left out: node or npm is not on this machine")
        return figures
    server = SocketIo(stack.folder)
    server.prepare()
    for rate in _baseline(server, payload, runs):
        figures.add(socketio_deliveries_per_cpu_s=rate, ratio_socketio=ours / rate)
    return figures


def _baseline(server: StockChannels | SocketIo, payload: bytes, runs: int) -> list[float]:
    return deliveries_per_cpu_s(server, payload=payload, marker=MARKER, viewers=VIEWERS, runs=runs)


def _measure_ours(stack: Stack, figures: Figures, runs: int) -> bytes:
    """Measure one process with all viewers while the host works on another; return a fact as it went out."""
    env = stack.scaled()
    show = prepare(env, deals=[{"quota": 100}, {"quota": 100}])
    viewed, console = stack.web(env), stack.web(env)
    with running(viewed, console), Generator() as generator:
        meter = Meter(viewed.pid)
        host = room.Host(console, show)
        room.enter(generator, viewed, room.anonymous(show["session"], 50))
        payload = _sample(generator, host)
        before = meter.rss_bytes()
        viewers = room.anonymous(show["session"], VIEWERS - 50)
        entered = room.enter(generator, viewed, viewers)
        generator.ask("stats", seconds=2)
        grown = meter.rss_bytes() - before
        for _ in range(runs):
            figures.add(bytes_per_viewer=grown / len(viewers), **_one_run(generator, host, meter))
        figures.add(entries_per_s=len(viewers) / entered["greeted_seconds"])
    figures.note(
        "last_ms counts from the moment in the fact, before its transaction; the host is at another process"
    )
    return payload


def _sample(generator: Generator, host: room.Host) -> bytes:
    generator.ask("listen", client=0)
    host.pin()
    messages: list[str] = generator.ask("heard", seconds=1)["messages"]
    return next(message for message in messages if MARKER in message).encode()


def _one_run(generator: Generator, host: room.Host, meter: Meter) -> dict[str, float]:
    """Return how long single facts took to the last viewer, and the rate of many in a row."""
    last_ms = []
    for _ in range(FACTS_TIMED):
        generator.begin("watch", marker=MARKER, seconds=30)
        host.pin()
        last_ms += _complete(generator)["last_ms"]
    generator.begin("watch", marker=MARKER, times=FACTS_COUNTED, seconds=120)
    meter.start()
    for _ in range(FACTS_COUNTED):
        host.pin()
    answer = _complete(generator)
    return {
        "deliveries_per_cpu_s": answer["frames"] / meter.cpu_seconds(),
        "last_ms": sorted(last_ms)[len(last_ms) // 2],
    }


def _complete(generator: Generator) -> dict[str, Any]:
    answer = generator.answer()
    assert answer["complete"], f"only {answer['reached']} of {answer['clients']} viewers saw each fact"
    return answer
