"""A worker that dies: ``python -m tests.settlement.mortal`` settles in children that kill themselves.

Each line on standard input is one life, each line of the answer what became of it. A child works through the
moments of a run as the worker does, and counts its points: before and after every statement, before and after
every commit. At the point that it is told it sends itself SIGKILL. One that comes to the end answers with all
rows that the run is about, without ids, and without the times at which a payout was tried.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

Rows = dict[str, list[Any]]


@dataclass(frozen=True, kw_only=True)
class Life:
    """What a child is to do.

    Attributes:
        database: where.
        moments: when the worker sweeps, as ISO times.
        begin: the first of them, by number.
        die_at: the point at which it kills itself; None lets it live.
        forgetful: sabotage: an order to the bank has a new idempotency key at each try.
    """

    database: str
    moments: list[str]
    begin: int = 0
    die_at: int | None = None
    forgetful: bool = False


@dataclass(frozen=True, kw_only=True)
class Story:
    """What became of a life.

    Attributes:
        signal: what ended it; 0 when it came to its end.
        moment: how far it came, by number.
        points: how many it passed; 0 when it was killed.
        rows: what stood in the database at its end.
    """

    signal: int
    moment: int
    points: int
    rows: Rows


def main() -> None:
    """Live one life for each line, until there are no more."""
    import django

    django.setup()
    import tests.settlement.rows  # noqa: F401 - children find all code loaded

    wire = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what anybody prints is a log
    for line in sys.stdin:
        wire.write(json.dumps(asdict(_live(Life(**json.loads(line))))) + "\n")
        wire.flush()


def _live(life: Life) -> Story:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        code = 1
        try:
            _work(life, lambda said: os.write(writer, (json.dumps(said) + "\n").encode()))
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as told:
        said = [json.loads(line) for line in told]
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise SystemExit("the child broke down: its error stands above")
    end = said.pop() if said and isinstance(said[-1], dict) else {"points": 0, "rows": {}}
    return Story(signal=os.WTERMSIG(status), moment=max(said, default=life.begin), **end)


def _work(life: Life, tell: Callable[[Any], object]) -> None:
    """Sweep at each moment and tell which; at the end tell what there is."""
    import time_machine
    from django.db import connection

    from orders import tasks
    from tests.settlement.rows import settled_rows

    connection.settings_dict["NAME"] = life.database
    if life.forgetful:
        _forget_keys()
    points = _Points(life.die_at)
    for number, moment in enumerate(life.moments[life.begin :], life.begin):
        tell(number)
        with time_machine.travel(datetime.fromisoformat(moment), tick=False), points:
            for sweep in (tasks.sweep_completed_lines, tasks.sweep_settlement, tasks.sweep_payouts):
                sweep()
    with time_machine.travel(datetime.fromisoformat(life.moments[-1]), tick=False):
        tell({"points": points.passed, "rows": settled_rows()})


class _Points:
    """Counts what a worker passes, and kills it where it is to die."""

    def __init__(self, last: int | None) -> None:
        self.passed, self._last = 0, last

    def __enter__(self) -> None:
        from django.db import connection

        self._wrapped = connection.execute_wrapper(self._execute)
        self._wrapped.__enter__()
        self._commit = connection._commit  # type: ignore[attr-defined]  # Django's own
        connection._commit = self._commit_counted  # type: ignore[attr-defined]

    def __exit__(self, *about: object) -> None:
        from django.db import connection

        connection._commit = self._commit  # type: ignore[attr-defined]
        self._wrapped.__exit__(None, None, None)

    def _pass(self) -> None:
        self.passed += 1
        if self.passed == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def _execute(self, execute: Callable[..., Any], *given: Any) -> Any:
        self._pass()
        answer = execute(*given)
        self._pass()
        return answer

    def _commit_counted(self) -> None:
        self._pass()
        self._commit()
        self._pass()


def _forget_keys() -> None:
    """Have every order to the bank carry a key of its own, as if nobody had written the first one down."""
    from marketplace.lib.ids import new_uuid7_hex
    from orders.payments.bank import desk

    send, tell = desk.send, desk.tell

    def named(answer: desk.Answer) -> desk.Answer:
        return replace(answer, key=answer.key.partition("~")[0])

    def send_anew(*, key: str, **given: Any) -> desk.Answer:
        return named(send(key=f"{key}~{new_uuid7_hex()}", **given))

    def know_nothing(key: str, *, now: datetime) -> desk.Answer | None:
        return None

    desk.send, desk.ask = send_anew, know_nothing
    desk.tell = lambda **given: [named(answer) for answer in tell(**given)]


if __name__ == "__main__":
    main()
