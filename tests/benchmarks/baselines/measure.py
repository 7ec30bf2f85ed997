"""Run the baselines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

from tests.benchmarks.baselines.servers import SocketIo, StockChannels, Textbook
from tests.benchmarks.generator import Generator
from tests.benchmarks.measure import Meter
from tests.benchmarks.stack import Stack

CLIENTS = 32
TEXTBOOK_ORDERS = 1_200


@contextmanager
def textbook(stack: Stack) -> Iterator[Callable[[], float]]:
    """Run the textbook view and yield a function that measures its orders per second, 32 clients asking.

    Each figure of ours is measured right after one of the view's: a machine that slows down slows both.
    """
    server = Textbook(stack.folder, env={"TEXTBOOK_DATABASE_URL": stack.database_url()})
    server.prepare()
    bodies = [{"product": 1, "buyer": f"buyer-{number}", "quantity": 1} for number in range(TEXTBOOK_ORDERS)]

    def orders_per_s() -> float:
        answer = generator.ask(
            "http",
            addresses=[["127.0.0.1", server.port]],
            path="/orders",
            bodies=bodies,
            headers=[{}] * len(bodies),
            connections=CLIENTS,
            seconds=60,
        )
        assert answer["statuses"] == {"201": TEXTBOOK_ORDERS}, answer
        return TEXTBOOK_ORDERS / float(answer["seconds"])

    with server, Generator() as generator:
        orders_per_s()  # warms caches and connections up
        yield orders_per_s


def deliveries_per_cpu_s(
    server: StockChannels | SocketIo, *, payload: bytes, marker: str, viewers: int, runs: int
) -> list[float]:
    """Return frames delivered per second of the server's processor time, for each run."""
    rates = []
    with server, Generator() as generator:
        generator.open(("127.0.0.1", server.port), [server.viewer] * viewers, seconds=120)
        generator.ask("stats", seconds=1)
        meter = Meter(server.pid)
        for _ in range(runs):
            generator.begin("watch", marker=marker, times=server.events, seconds=120)
            meter.start()
            for _ in range(server.events):
                _publish(server.port, payload)
            answer = generator.answer()
            assert answer["complete"], f"{server.name} reached {answer['reached']} of {viewers} viewers"
            rates.append(answer["frames"] / meter.cpu_seconds())
    return rates


def _publish(port: int, payload: bytes) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/publish", payload)
    connection.getresponse().read()
    connection.close()
