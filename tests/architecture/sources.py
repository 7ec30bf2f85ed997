"""The project's own Python files, parsed once."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.servers import ROOT

APPS = ("marketplace", "streams", "orders", "refunds")


@dataclass(frozen=True)
class Source:
    """One file: its path below the project's root, its text, its syntax tree."""

    path: str
    text: str
    tree: ast.Module


def sources(*folders: str) -> tuple[Source, ...]:
    """Return every Python file below these folders, without migrations."""
    files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return tuple(_parse(file) for file in files if "migrations" not in file.parts)


@cache
def _parse(file: Path) -> Source:
    text = file.read_text()
    return Source(str(file.relative_to(ROOT)), text, ast.parse(text))
