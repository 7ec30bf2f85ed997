"""A module fits in a head, a function on a screen."""

import ast

import pytest

from tests.architecture.sources import APPS, sources

pytestmark = pytest.mark.only_in("embedded")

MODULE_LINES = 400
FUNCTION_LINES = 70


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        source.path: lines
        for source in sources(*APPS, "tests")
        if (lines := len(source.text.splitlines())) > MODULE_LINES
    }
    assert long == {}


def test_no_function_is_longer_than_70_lines() -> None:
    long = {
        f"{source.path}:{node.lineno} {node.name}": lines
        for source in sources(*APPS, "tests")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


def test_no_app_has_a_room_for_everything() -> None:
    names = {source.path for source in sources(*APPS)}
    forbidden = {"utils.py", "helpers.py", "services.py", "signals.py", "common.py", "misc.py"}
    assert {name for name in names if name.rpartition("/")[2] in forbidden} == set()
