"""What a test process begins with."""

from dataclasses import dataclass

import pytest

from tests.servers import ROOT
from tests.shares import LONG, in_shares

pytestmark = pytest.mark.only_in("embedded")


@dataclass(frozen=True)
class Collected:
    nodeid: str


def test_what_is_long_is_there() -> None:
    assert [begin for part in LONG for begin in part if not (ROOT / begin).exists()] == []


@pytest.mark.parametrize("shares", (1, 2, 3, 8))
def test_each_share_begins_with_a_part_of_what_is_long_and_nothing_is_lost(shares: int) -> None:
    begins = [begin for part in LONG for begin in part]
    tests = [Collected(f"tests/a{number}.py::test") for number in range(60)]
    tests += [Collected(f"{begin}::test") for begin in begins]
    ordered = in_shares(tests, shares=shares)
    assert sorted(test.nodeid for test in ordered) == sorted(test.nodeid for test in tests)
    firsts = [ordered[len(tests) // shares * number].nodeid for number in range(min(shares, len(LONG)))]
    assert firsts == [f"{part[0]}::test" for part in LONG[:shares]]
