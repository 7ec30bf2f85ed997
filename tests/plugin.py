"""Early pytest plugin: gives this process its own data before Django reads the settings.

The mode follows from the environment, as for the product: DATABASE_URL and REDIS_URL make it the scaled one.
Every pytest-xdist worker gets a folder, a numbered Redis database and a channel prefix of its own;
pytest-django gives it a database.

What a mode cannot change is proved in one of them (docs/adr/0007-what-no-mode-changes-is-proved-once.md):
``only_in(mode)`` marks such tests, ``thorough_in(mode)`` tells a matrix whether to try all or a sample.
Random lives are ``dealt`` out between the modes. EVERYWHERE=1 runs all of it in both.
"""

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from tests import shares

FOLDER_VARIABLE = "HAWKER_TEST_FOLDER"
Life = TypeVar("Life")

_made_here: list[Path] = []


def _prepare_environment() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    if FOLDER_VARIABLE not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="hawker-"))
        folder.chmod(0o755)
        _made_here.append(folder)
        os.environ[FOLDER_VARIABLE] = str(folder)
    var = Path(os.environ[FOLDER_VARIABLE]) / worker
    (var / "static").mkdir(parents=True, exist_ok=True)  # whitenoise warns where there is none
    os.environ["VAR_DIR"] = str(var)
    if worker != "main" and os.environ.get("REDIS_URL"):
        number = int(worker.removeprefix("gw"))
        base, _, first = os.environ["REDIS_URL"].rpartition("/")
        os.environ["REDIS_URL"] = f"{base}/{int(first or 0) + 1 + number}"
        os.environ["REDIS_PREFIX"] = f"hawker-test-{worker}"  # publish and subscribe know no database numbers


_prepare_environment()
gc.disable()  # until all tests are collected


def pytest_configure(config: pytest.Config) -> None:
    """Make flushing and pages quick, and passwords cheap: one round of a hash that the product accepts.

    The hundred thousand requests that tests make inside this process leave no line each; servers log as ever.
    """
    from django.conf import settings

    from tests import flush, scheduling, templates

    config.addinivalue_line(
        "markers", "only_in(mode): proves what no mode changes; EVERYWHERE=1 runs it in both."
    )
    config.addinivalue_line("markers", "needs(mode): cannot run in the other mode.")

    settings.PASSWORD_HASHERS = ["tests.hashing.OneRound"]
    if "PYTEST_XDIST_WORKER" in os.environ:
        scheduling.take_long_turns()
    flush.install()
    templates.install()
    logging.getLogger("marketplace.requests").setLevel(logging.WARNING)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Import modules in an order of this process's own, when all of them are to be collected."""
    everything = session.config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if everything and "PYTEST_XDIST_WORKER" in os.environ:
        shares.import_own_first(session.config.rootpath, backwards=mode() == "scaled")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that belong to the other mode, and begin with what is long."""
    names = ("needs",) if everywhere() else ("needs", "only_in")
    marks = {item: [mark for name in names for mark in item.iter_markers(name)] for item in items}
    others = {item for item in items if any(mark.args != (mode(),) for mark in marks[item])}
    config.hook.pytest_deselected(items=[item for item in items if item in others])
    ours = [item for item in items if item not in others]
    items[:] = shares.in_shares(ours, shares=shares.processes())


def pytest_collection_finish() -> None:
    """Keep the garbage collector off what stays to the end: code, models and some thousand collected tests.

    It otherwise takes a sixth of the run's processor time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    gc.enable()


def pytest_report_header() -> str:
    """Say which mode runs."""
    return f"mode: {mode()}{', everything' if everywhere() else ''}"


def pytest_unconfigure() -> None:
    """Remove the folder that this process made."""
    while _made_here:
        shutil.rmtree(_made_here.pop(), ignore_errors=True)


def mode() -> str:
    """Return ``scaled`` when PostgreSQL is given, else ``embedded``."""
    return "scaled" if os.environ.get("DATABASE_URL") else "embedded"


def everywhere() -> bool:
    """Tell whether each mode runs whatever it can."""
    return bool(os.environ.get("EVERYWHERE"))


def thorough_in(home: str) -> bool:
    """Tell whether this mode tries all of what no mode changes and ``home`` proves, or a sample of it."""
    return everywhere() or mode() == home


def dealt(lives: Sequence[Life]) -> list[Life]:
    """Return this mode's share of lives to be lived: every second one, so that no two modes live the same."""
    return list(lives) if everywhere() else list(lives)[mode() == "scaled" :: 2]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the logs of the servers that a failed test had started."""
    report = yield
    if report.failed:
        for server in getattr(item, "servers", []):
            report.sections.append((f"log of {server.name} on port {server.port}", server.log()))
    return report
