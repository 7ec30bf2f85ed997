"""5,000 viewers lose their server to SIGKILL: how long until all are back and have every fact."""

import time

from tests.benchmarks import room
from tests.benchmarks.generator import Generator
from tests.benchmarks.report import Figures
from tests.benchmarks.stack import Stack, prepare, running

VIEWERS = 5_000
FACTS_MEANWHILE = 5


def run(stack: Stack, runs: int) -> Figures:
    """Kill the viewers' process, let the host go on at another one, start it again."""
    figures = Figures("reconnect")
    env = stack.scaled()
    show = prepare(env, deals=[{"quota": 100}, {"quota": 100}])
    viewed, console = stack.web(env), stack.web(env)
    with running(viewed, console), Generator() as generator:
        host = room.Host(console, show)
        room.enter(generator, viewed, room.anonymous(show["session"], VIEWERS), follow=True)
        for _ in range(runs):
            host.pin()
            generator.ask("stats", seconds=1)
            killed_at = time.time()
            viewed.kill()
            for _ in range(FACTS_MEANWHILE):
                host.pin()
            viewed.launch()
            seq = room.last_seq(console, show["session"])
            answer = generator.ask("reconnect", seq=seq, seconds=60)
            assert answer["complete"], answer
            figures.add(
                seconds=answer["done_at"] - killed_at,
                lost_facts=answer["skipped"],
                snapshots=answer["snapshots"],
            )
    figures.note("seconds count from the kill; the process starts again at once, which is part of them")
    return figures
