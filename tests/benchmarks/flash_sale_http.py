"""``POST /api/v1/orders`` over 64 connections and two web processes, with the tokens of 1,000 buyers."""

from typing import Any

from tests.benchmarks.baselines.measure import textbook
from tests.benchmarks.generator import Generator
from tests.benchmarks.report import Figures
from tests.benchmarks.stack import Stack, audit, prepare, running

BUYERS = 1_000
CONNECTIONS = 64
ORDERS = 5_000


def run(stack: Stack, runs: int) -> Figures:
    """Measure, and compare with the textbook view behind two workers."""
    figures = Figures("flash_sale_http")
    env = stack.scaled()
    show = prepare(env, buyers=BUYERS, deals=[{"quota": 10_000_000, "limit": 1_000_000}])
    servers = [stack.web(env), stack.web(env)]
    with textbook(stack) as textbook_rate, running(*servers), Generator() as generator:
        addresses: list[list[str | int]] = [["127.0.0.1", server.port] for server in servers]
        _post(generator, addresses, show, "warm-up")
        for number in range(runs):
            theirs = textbook_rate()
            answer = _post(generator, addresses, show, f"run-{number}")
            rate = ORDERS / answer["seconds"]
            figures.add(
                orders_per_s=rate,
                textbook_orders_per_s=theirs,
                ratio=rate / theirs,
                p50_ms=answer["latencies_ms"]["p50"],
                p99_ms=answer["latencies_ms"]["p99"],
            )
    audit(env)
    return figures


def _post(
    generator: Generator, addresses: list[list[str | int]], show: dict[str, Any], name: str
) -> dict[str, Any]:
    buyers = show["buyers"]
    headers = [
        {
            "Authorization": f"Bearer {buyers[number % len(buyers)]['token']}",
            "Idempotency-Key": f"{name}-{number}",
        }
        for number in range(ORDERS)
    ]
    answer = generator.ask(
        "http",
        addresses=addresses,
        path="/api/v1/orders",
        bodies=[show["offers"][0]] * ORDERS,
        headers=headers,
        connections=CONNECTIONS,
        seconds=120,
    )
    assert answer["statuses"] == {"201": ORDERS}, answer
    return answer
