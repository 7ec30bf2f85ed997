"""The pages about money say what the code does."""

import re
from pathlib import Path

import pytest

from marketplace.lib.money import Money
from orders.ledger import audit
from orders.ledger.accounts import KINDS
from orders.payments.simulator.fees import FEES, OTHER_CURRENCIES, Fee
from orders.settlement import audit as settled
from refunds import money_audit
from tests.servers import ROOT

pytestmark = pytest.mark.only_in("embedded")


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the table whose header line begins with ``heading``."""
    lines = iter((ROOT / "docs" / page).read_text().splitlines())
    next(line for line in lines if line.startswith(f"| {heading} |"))
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_accounts_are_those_of_the_page() -> None:
    said = {
        kind.strip("`"): (means, bool(owner), debit) for kind, means, owner, debit in rows("money.md", "kind")
    }
    words = {True: "yes", False: "no"}
    assert said == {
        name: (kind.means, kind.owned, words[kind.may_go_negative]) for name, kind in KINDS.items()
    }


def test_findings_are_those_of_the_page() -> None:
    said = {code for cell, _ in rows("money.md", "finding") for code in re.findall(r"`([a-z._]+)`", cell)}
    sources = "".join(Path(module.__file__ or "").read_text() for module in (audit, settled, money_audit))
    assert said == set(re.findall(r'Finding\(\s*"((?:ledger|settlement)\.[a-z_]+)"', sources))


def test_fees_are_those_of_the_page() -> None:
    said = {
        currency: Fee(round(float(share.rstrip(" %")) * 100), int(fixed or 0))
        for currency, share, fixed in rows("payments.md", "currency")
    }
    assert said == {**FEES, "others": OTHER_CURRENCIES}
    assert Money(10_000, "CNY").share(FEES["CNY"].basis_points) == Money(60, "CNY")
