"""The table of settings in the documentation is the table of settings in the code."""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.only_in("embedded")

ROOT = Path(__file__).resolve().parents[2]


def test_every_variable_is_documented_and_nothing_else() -> None:
    tree = ast.parse((ROOT / "marketplace" / "settings.py").read_text())
    read = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and isinstance(node.args[0], ast.Constant)
    }
    table = (ROOT / "docs" / "configuration.md").read_text()
    documented = re.findall(r"^\| `([A-Z0-9_]+)` \|", table, flags=re.MULTILINE)

    assert sorted(documented) == sorted(set(documented))
    assert set(documented) == read


def test_defaults_in_the_table_are_those_in_the_code() -> None:
    source = (ROOT / "marketplace" / "settings.py").read_text()
    table = (ROOT / "docs" / "configuration.md").read_text()
    numbers = re.findall(r"^\| `([A-Z0-9_]+)` \| `([0-9]+|[0-9]+/[smhd])` \|", table, flags=re.MULTILINE)

    assert len(numbers) >= 9
    for name, value in numbers:
        call = re.search(rf'"{name}", (?:default=)?"?([^,")]+)"?', source)
        assert call is not None, name
        code = {"False": "0", "True": "1"}.get(call[1], call[1].replace("_", ""))
        assert code == value, name
