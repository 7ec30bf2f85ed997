"""What tests cost: ``make test ARGS="-p tests.cpu"`` adds tables of CPU seconds by directory and module.

Seconds are those of the test process and of whatever it started; PostgreSQL and Valkey of the run are not in
them. Unlike minutes, they are about the same however busy the machine is.
"""

import os
import time
from collections import Counter
from collections.abc import Generator

import psutil
import pytest

NAME = "cpu"
MODULES_SHOWN = 20

_begun: dict[str, float] = {}


def used() -> float:
    """Return the CPU seconds of this process and its children, those that ended and those that run."""
    ended = os.times()
    seconds = time.process_time() + ended.children_user + ended.children_system
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Note where a test begins."""
    _begun[item.nodeid] = used()
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Send what a test has used along with the report of its end."""
    if call.when == "teardown" and item.nodeid in _begun:
        item.user_properties.append((NAME, used() - _begun.pop(item.nodeid)))
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    folders, modules = Counter[str](), Counter[str]()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                seconds = dict(report.user_properties).get(NAME, 0.0)
                module = report.nodeid.partition("::")[0]
                modules[module] += seconds
                folders[os.path.dirname(module)] += seconds  # noqa: PTH120 - a node's id is text
    for title, rows in (("directory", folders.most_common()), ("module", modules.most_common(MODULES_SHOWN))):
        terminalreporter.section(f"CPU seconds by {title}")
        for name, seconds in rows:
            terminalreporter.line(f"{seconds:8.1f}  {name}")
    terminalreporter.line(f"{sum(folders.values()):8.1f}  together")
