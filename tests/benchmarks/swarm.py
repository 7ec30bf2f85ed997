"""The generator as a process of its own: JSON lines in on standard input, one JSON line out for each.

``python -m tests.benchmarks.swarm``. It holds one swarm of sockets; between commands it goes on reading them.
"""

import json
import os
import resource
import select
import sys
from collections.abc import Callable, Iterator
from typing import Any

from tests.benchmarks import scenarios
from tests.benchmarks.scenarios import Watchers

Answer = dict[str, Any]
COMMANDS: dict[str, Callable[..., Answer]] = {
    "open": scenarios.open_sockets,
    "listen": scenarios.listen,
    "heard": scenarios.heard,
    "buy": scenarios.buy,
    "watch": scenarios.watch,
    "freeze": scenarios.freeze,
    "reconnect": scenarios.reconnect,
    "stats": scenarios.stats,
    "http": scenarios.http,
}


def main() -> None:
    """Serve commands until standard input ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    watchers = Watchers()
    for line in _lines(watchers):
        command = json.loads(line)
        try:
            answer = COMMANDS[command.pop("cmd")](watchers, **command)
        except (OSError, KeyError, TypeError, ValueError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        _say(answer)


def _say(answer: Answer) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _lines(watchers: Watchers) -> Iterator[bytes]:
    """Yield commands as they come, and keep reading the sockets meanwhile."""
    commands = sys.stdin.fileno()
    partial = b""
    while True:
        poll = select.poll()
        poll.register(commands, select.POLLIN)
        if watchers.swarm is not None:
            poll.register(watchers.swarm.fileno(), select.POLLIN)
        ready = {fd for fd, _ in poll.poll()}
        if watchers.swarm is not None and watchers.swarm.fileno() in ready:
            watchers.swarm.step(0)
        if commands in ready:
            data = os.read(commands, 1 << 20)
            if not data:
                return
            *lines, partial = (partial + data).split(b"\n")
            yield from lines


if __name__ == "__main__":
    main()
