"""5,000 buyers want 100 units within one second: who gets one, and how long until the last one knows."""

from tests.benchmarks import room
from tests.benchmarks.generator import Generator
from tests.benchmarks.report import Figures
from tests.benchmarks.stack import Stack, audit, prepare

BUYERS = 5_000
UNITS = 100


def run(stack: Stack, runs: int) -> Figures:
    """Let everybody buy at once, on a deal of its own in each run."""
    figures = Figures("rush")
    env = stack.scaled()
    show = prepare(env, buyers=BUYERS, deals=[{"quota": UNITS, "limit": 1}] * runs)
    with stack.web(env) as web, Generator() as generator:
        room.enter(generator, web, room.signed_in(show["session"], show["buyers"], web))
        generator.ask("stats", seconds=1)
        for number, offer in enumerate(show["offers"]):
            answer = generator.ask("buy", data=offer, run=f"rush-{number}", seconds=30)
            refused = answer["refused"]
            assert answer["accepted"] == UNITS, answer
            assert refused == {"sold_out": BUYERS - UNITS}, answer
            assert answer["sent_seconds"] < 1, answer
            figures.add(
                sold=answer["accepted"],
                refused=sum(refused.values()),
                unanswered=answer["unanswered"],
                last_answer_ms=answer["seconds"] * 1000,
                p50_ms=answer["latencies_ms"]["p50"],
                sent_ms=answer["sent_seconds"] * 1000,
            )
    audit(env)
    figures.note(
        "last_answer_ms counts from the first buy sent; sent_ms is how long sending all of them took"
    )
    return figures
