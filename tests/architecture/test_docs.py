"""What the documentation names exists, and says of itself what the documentation says."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps

from marketplace.schedule import SWEEPS
from marketplace.storefront import urls as storefront
from marketplace.storefront.words import REFUSALS
from tests.architecture.sources import APPS, sources
from tests.benchmarks.__main__ import BENCHES
from tests.benchmarks.report import GOALS
from tests.servers import ROOT

pytestmark = pytest.mark.only_in("embedded")

UNITS = {"s": 1, "min": 60, "h": 3600}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def column(page: str, heading: str, number: int) -> list[str]:
    """Return a column of the table whose header line begins with ``heading``."""
    lines = iter((ROOT / "docs" / page).read_text().splitlines())
    next(line for line in lines if line.startswith(f"| {heading} |"))
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(line.strip("|").split("|")[number].strip())
    return rows


def test_the_locks_on_the_page_are_functions_of_the_code() -> None:
    names: list[str] = []
    for cell in column("locking.md", "lock", 1):
        first, *others = re.findall(r"`([a-z_.]+)`", cell)
        module = first.rpartition(".")[0]
        names += [first, *(f"{module}.{other}" for other in others)]
    missing = [
        name
        for name in names
        if not callable(getattr(import_module(name.rpartition(".")[0]), name.rpartition(".")[2], None))
    ]
    assert len(names) >= 6
    assert missing == []


def test_only_the_steps_on_the_page_lock_stock_slots_deals_and_sessions() -> None:
    modules = {
        re.findall(r"`([a-z_.]+)`", cell)[0].rpartition(".")[0] for cell in column("locking.md", "lock", 1)
    }
    allowed = {f"{module.replace('.', '/')}.py" for module in modules}
    locked = re.compile(r"\b(StockLevel|Slot|Deal|Session)\.objects[^\n]*select_for_update")
    found = {source.path for source in sources(*APPS) if locked.search(source.text)}
    assert found <= allowed


def test_the_constraints_on_the_page_are_in_the_models() -> None:
    documented = {
        name for cell in column("locking.md", "constraint", 0) for name in re.findall(r"`(\w+)`", cell)
    }
    existing = {constraint.name for model in apps.get_models() for constraint in model._meta.constraints}
    assert len(documented) >= 10
    assert documented - existing == set()


def test_the_sweeps_on_the_page_run_as_often_as_it_says() -> None:
    tasks = [cell.strip("`") for cell in column("streams.md", "task", 0)]
    periods = [int(number) * UNITS[unit] for number, unit in map(str.split, column("streams.md", "task", 1))]
    ours = {task: period for task, period in SWEEPS.items() if task.startswith("streams.")}
    assert dict(zip(tasks, periods, strict=True)) == ours


def test_the_viewer_pages_and_their_scripts_are_all_on_the_page() -> None:
    routes = {cell.strip("`") for cell in column("storefront.md", "route", 0)}
    ours = {re.sub(r"<\w+:(\w+?)_id>", r"{\1}", f"/{route.pattern}") for route in storefront.urlpatterns}
    assert routes == ours
    folder = ROOT / "marketplace" / "static" / "storefront"
    modules = {cell.strip("`") for cell in column("storefront.md", "module", 0)}
    assert modules == {str(path.relative_to(folder)) for path in folder.rglob("*.js")}
    refusals = {cell.strip("`") for cell in column("storefront.md", "refusal", 0)}
    assert refusals <= REFUSALS.keys()


def test_every_scheduled_task_exists() -> None:
    missing = [
        task
        for task in SWEEPS
        if getattr(
            getattr(import_module(task.rpartition(".")[0]), task.rpartition(".")[2], None), "name", None
        )
        != task
    ]
    assert missing == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)[^)]*\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_pages_speak_of_targets_that_make_knows() -> None:
    known = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    spoken = {name for page in PAGES for name in re.findall(r"`make ([a-z]+)", page.read_text())}
    assert spoken - known == set()


def test_no_page_and_no_code_names_a_place_of_one_machine() -> None:
    machine = re.compile(r"(?<![\w./-])/(work|home|root|Users)/")
    files = [*PAGES, *(Path(ROOT / source.path) for source in sources(*APPS, "tests"))]
    found = [str(file.relative_to(ROOT)) for file in files if machine.search(file.read_text())]
    assert found == []


def test_the_benches_on_the_page_are_those_that_run() -> None:
    named = [cell.strip("`") for cell in column("benchmarks.md", "bench", 0)]
    assert named == list(BENCHES)
    promised = {
        f"{bench}.{figure}"
        for bench, cell in zip(named, column("benchmarks.md", "bench", 2), strict=True)
        for figure in re.findall(r"`(\w+)`", cell)
    }
    assert set(GOALS) - promised == set()
