"""1,000 buyers on sockets, one hot deal: committed orders per second."""

from collections.abc import Callable
from typing import Any

from tests.benchmarks import room
from tests.benchmarks.baselines.measure import textbook
from tests.benchmarks.generator import Generator
from tests.benchmarks.report import Figures
from tests.benchmarks.rows import added, count_rows
from tests.benchmarks.stack import Stack, audit, prepare

BUYERS = 1_000
WARM_UP = 3
BUYS_SCALED = 20
BUYS_EMBEDDED = 15


def scaled(stack: Stack, runs: int) -> Figures:
    """Sell on PostgreSQL with fsync on, and compare with the textbook view on the same server."""
    figures = Figures("flash_sale")
    with textbook(stack) as textbook_rate:
        written = _sell(stack.scaled(), stack, figures, runs=runs, buys=BUYS_SCALED, compare=textbook_rate)
    figures.note(f"rows per order: {written}; the textbook view inserts 1 and updates 1")
    figures.note(stack.database())
    return figures


def embedded(stack: Stack, runs: int) -> Figures:
    """Sell on SQLite."""
    figures = Figures("flash_sale_embedded")
    written = _sell(stack.embedded(), stack, figures, runs=runs, buys=BUYS_EMBEDDED)
    figures.note(f"rows per order: {written}")
    return figures


def _sell(
    env: dict[str, str],
    stack: Stack,
    figures: Figures,
    *,
    runs: int,
    buys: int,
    compare: Callable[[], float] | None = None,
) -> str:
    """Let every buyer buy again and again; check what was written and return it, per order, in words.

    Each run has a deal of its own: admission reads what a buyer already has of a limited deal, and after
    three runs on one deal that would be more than anybody buys.
    """
    show = prepare(env, buyers=BUYERS, deals=[{"quota": 10_000_000, "limit": 1_000_000}] * (runs + 1))
    warm_up, *offers = show["offers"]
    with stack.web(env) as web, Generator() as generator:
        room.enter(generator, web, room.signed_in(show["session"], show["buyers"], web))
        _buy(generator, warm_up, "warm-up", WARM_UP)
        written: dict[str, int] = {}
        for number, offer in enumerate(offers):
            theirs = compare() if compare else 0.0
            before = count_rows(env)
            answer = _buy(generator, offer, f"run-{number}", buys)
            written = added(before, count_rows(env))
            orders = BUYERS * buys
            assert written["orders_order"] == orders, f"{written} rows for {orders} acknowledged orders"
            rate = orders / answer["seconds"]
            figures.add(
                orders_per_s=rate,
                rows_per_order=sum(written.values()) / orders,
                p50_ms=answer["latencies_ms"]["p50"],
                p99_ms=answer["latencies_ms"]["p99"],
            )
            if compare:
                figures.add(textbook_orders_per_s=theirs, ratio=rate / theirs)
    audit(env)
    return in_words(written, BUYERS * buys)


def _buy(generator: Generator, offer: dict[str, Any], run: str, buys: int) -> dict[str, Any]:
    answer = generator.ask("buy", data=offer, per_buyer=buys, run=run, seconds=120)
    assert answer["accepted"] == BUYERS * buys, answer
    return answer


def in_words(written: dict[str, int], orders: int) -> str:
    """Return how many rows of each table one order has cost, the most frequent first."""
    shares = sorted(((rows / orders, table) for table, rows in written.items()), reverse=True)
    return ", ".join(f"{share:.3g} {table}" for share, table in shares)
