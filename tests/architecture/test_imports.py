"""Imports point one way: the contracts of pyproject.toml hold."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import APPS, sources
from tests.servers import ROOT

pytestmark = pytest.mark.only_in("embedded")


def test_import_contracts_hold(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [str(program), "--no-logo", "--cache-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert " 0 broken." in result.stdout


def test_every_folder_with_code_is_a_package() -> None:
    """A folder without ``__init__.py`` still imports, but the contracts do not see into it."""
    folders = {(ROOT / source.path).parent for source in sources(*APPS, "tests")}
    assert [
        str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()
    ] == []
