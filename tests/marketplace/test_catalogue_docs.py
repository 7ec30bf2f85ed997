"""docs/catalogue.md says what the code does."""

import re

import pytest

from marketplace.actions import brands
from marketplace.actions.products import MOVES
from marketplace.catalogue_csv import COLUMNS
from marketplace.models import StockMovement
from tests.servers import ROOT

pytestmark = pytest.mark.only_in("embedded")

PAGE = (ROOT / "docs" / "catalogue.md").read_text()


def first_cells(heading: str) -> list[str]:
    """Return the code in the first cells of the table whose header begins with a word."""
    table = PAGE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `([a-z_.]+)` \|", table, re.MULTILINE)


def test_the_columns_are_those_of_a_file() -> None:
    assert first_cells("column") == list(COLUMNS)


def test_the_movements_are_those_of_stock() -> None:
    assert first_cells("movement") == StockMovement.Kind.values


def test_the_facts_are_those_that_actions_append() -> None:
    actions = (ROOT / "marketplace" / "actions").glob("*.py")
    text = "".join(file.read_text() for file in actions)
    words = "account|brand|category|product|variant|stock"
    appended = set(re.findall(rf'"((?:{words})\.[a-z_]+)"', text)) | {f"product.{state}" for state in MOVES}
    appended |= {f"{brands.members.kind}.{what}" for what in re.findall(r'"(member_[a-z]+)"', text)}
    assert sorted(first_cells("fact")) == sorted(appended)
