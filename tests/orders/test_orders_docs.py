"""docs/orders.md says what the code says."""

import re
from collections.abc import Mapping

import pytest

from marketplace.schedule import SWEEPS
from orders.policy import RETURN_WINDOWS
from orders.states import LINE_TRANSITIONS, PAYMENT_TRANSITIONS
from refunds.states import BACKOFF, TRANSITIONS
from tests.servers import ROOT

pytestmark = pytest.mark.only_in("embedded")

PAGE = (ROOT / "docs" / "orders.md").read_text()
UNITS = {"s": 1, "min": 60, "h": 3600}


def table(heading: str) -> list[list[str]]:
    """Return the rows of the table whose header line begins with ``heading``."""
    lines = PAGE.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


@pytest.mark.parametrize(
    ("heading", "graph"),
    (("line", LINE_TRANSITIONS), ("payment", PAYMENT_TRANSITIONS), ("refund", TRANSITIONS)),
)
def test_the_graphs_are_those_of_the_code(heading: str, graph: Mapping[str, frozenset[str]]) -> None:
    documented = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in table(heading)}
    assert documented == {str(state): {str(to) for to in tos} for state, tos in graph.items()}


def test_every_state_but_the_first_can_be_reached() -> None:
    for graph, first in (
        (LINE_TRANSITIONS, "pending_payment"),
        (PAYMENT_TRANSITIONS, "created"),
        (TRANSITIONS, "created"),
    ):
        reached, todo = {first}, [first]
        while todo:
            new = {str(state) for state in graph[todo.pop()]} - reached
            reached |= new
            todo += new
        assert reached == {str(state) for state in graph}


def test_the_sweeps_run_as_often_as_the_page_says() -> None:
    documented = {}
    for task, every, _ in table("task"):
        number, unit = every.split()
        documented[task.strip("`")] = int(number) * UNITS[unit]
    assert documented == {
        task: period for task, period in SWEEPS.items() if task.startswith(("orders.", "refunds."))
    }


def test_the_return_windows_are_those_of_the_code() -> None:
    documented = {row[0].strip("`"): row[1] for row in table("return policy")}
    days = {str(policy): f"{window.days} days" for policy, window in RETURN_WINDOWS.items()}
    assert documented == {"made_to_order": "0 days", "none": "0 days", **days}


def test_the_pauses_between_tries_are_those_of_the_code() -> None:
    sentence = re.search(r"again after ([^.]+), then once a day\.", PAGE)
    assert sentence is not None
    seconds = [int(number) * UNITS[unit] for number, unit in map(str.split, sentence[1].split(", "))]
    assert [*seconds, 86_400] == [pause.total_seconds() for pause in BACKOFF]
