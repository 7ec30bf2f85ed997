"""docs/returns.md says what the code says."""

import re
from collections.abc import Iterator

import pytest
from django.urls import reverse

from refunds.policy import DELIVERED, LIMITS, TIMEOUTS, TRUSTED, Type
from refunds.return_states import RETURN_TRANSITIONS, STEPS
from tests.servers import ROOT

pytestmark = pytest.mark.only_in("embedded")

PAGE = (ROOT / "docs" / "returns.md").read_text()
HOURS = {"hours": 1, "days": 24}


def rows(first: str, second: str) -> Iterator[list[str]]:
    """Yield the rows of the table whose header begins with these cells."""
    lines = iter(PAGE.splitlines())
    next(line for line in lines if line.startswith(f"| {first} | {second} |"))
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def words(cell: str) -> list[str]:
    """Return the code words of a cell."""
    return re.findall(r"`([\w-]+)`", cell)


def test_the_graph_is_that_of_the_code() -> None:
    documented = {words(state)[0]: set(words(ahead)) for state, ahead in rows("state", "can become")}
    assert documented == {str(state): {str(to) for to in tos} for state, tos in RETURN_TRANSITIONS.items()}


def test_the_deadlines_are_those_of_the_code() -> None:
    documented = {}
    for state, actor, time, default in rows("state", "whose turn"):
        hours = None if time == "goes on" else int(time.removesuffix(" h"))
        documented[words(state)[0]] = (actor, hours, words(default)[0])
    assert documented == {
        str(state): (
            timeout.actor,
            None if timeout.within is None else timeout.within.total_seconds() / 3_600,
            timeout.default,
        )
        for state, timeout in TIMEOUTS.items()
    }


def test_the_rules_are_those_of_the_code() -> None:
    documented = {}
    for policies, reasons, back, within, shown in rows("return policy", "reasons"):
        number, unit = within.split()
        types = {"yes": {Type.RETURN_AND_REFUND}, "no": {Type.REFUND_ONLY}}.get(back, set(Type))
        evidence = {"no": set(), "yes": types}.get(shown, {Type.REFUND_ONLY})
        for policy in words(policies) or DELIVERED:
            for reason in words(reasons):
                documented[str(policy), reason] = (types, int(number) * HOURS[unit], evidence)
    assert documented == {
        (str(policy), str(reason)): (
            set(rule.types),
            rule.within.total_seconds() / 3_600 if rule.within else None,
            set(rule.evidence),
        )
        for policy, rules in DELIVERED.items()
        for reason, rule in rules.items()
    }


def test_the_steps_are_those_of_the_code() -> None:
    documented = {
        (actor, words(address)[0].replace("-", "_"))
        for address, actors, _ in rows("address", "who")
        for actor in actors.split(" or ")
    }
    assert documented == {pair for pairs in STEPS.values() for pair in pairs}
    for address, _, _ in rows("address", "who"):
        assert reverse(f"return-{words(address)[0]}", args=["rtn_" + "0" * 32])


def test_trust_and_limits_are_those_of_the_code() -> None:
    numbers = [
        int(number) for number in re.findall(r"(\d+)(?: %| days| open| times)", PAGE.partition("## Trust")[2])
    ]
    assert numbers == [
        TRUSTED.back_percent, TRUSTED.no_lost_dispute_for.days, LIMITS.open_per_buyer, LIMITS.per_line,
        LIMITS.lately, LIMITS.lately_is.days,
    ]  # fmt: skip
    assert (TRUSTED.kept_lines, LIMITS.offers, LIMITS.files_per_party) == (5, 3, 6)
