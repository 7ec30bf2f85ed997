"""Which modules a test process imports first, and with which tests it begins: others than its neighbours.

A run has several processes for each mode, and pytest-xdist deals the tests out to them in equal shares, in
the order in which they were collected; who has none left takes over some of another's last ones.
"""

import importlib
import os
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Protocol, TypeVar

#: What takes longest, in parts that begin at once in processes of their own: else one is still at it when all
#: the others have ended. Pages are one part: each process that opens some starts a browser and a site.
LONG = (
    ("tests/clock/test_month.py", "tests/simulator/test_shows.py", "tests/settlement/test_kills.py"),
    ("tests/browser/",),
    ("tests/demo/test_run.py", "tests/system/"),
)


class Named(Protocol):
    """A collected test."""

    @property
    def nodeid(self) -> str:
        """Return its path, as ``tests/module.py::name``."""


Test = TypeVar("Test", bound=Named)


def processes() -> int:
    """Return how many processes this mode's run has."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def import_own_first(root: Path, *, backwards: bool) -> None:
    """Import a share of all modules of tests, from its end when ``backwards``; the rest is collection's.

    In a fresh clone pytest rewrites and compiles each of them. All processes would otherwise do that to the
    same module at the same time.
    """
    number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
    modules = sorted(str(path.relative_to(root).with_suffix("")) for path in root.glob("tests/**/test_*.py"))
    share = modules[number :: processes()]
    for module in reversed(share) if backwards else share:
        with suppress(Exception):  # collection says what is wrong with it
            importlib.import_module(module.replace(os.sep, "."))


def in_shares(tests: Sequence[Test], *, shares: int) -> list[Test]:
    """Order tests so that, dealt out in this many equal shares, each share begins with its part of LONG."""
    parts = [[test for test in tests if test.nodeid.startswith(begins)] for begins in LONG]
    others = [test for test in tests if not test.nodeid.startswith(tuple(chain(*LONG)))]
    ordered: list[Test] = []
    for part in parts:
        room = max(0, len(tests) // shares - len(part))
        ordered += [*part, *others[:room]]
        del others[:room]
    return ordered + others
