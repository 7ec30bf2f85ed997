"""Every address of the console x every role, and what malformed forms and ids come to."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from marketplace.console import money_urls, urls
from marketplace.lib import clock
from tests.security.console_matrix import BUTTON_ROWS, FORMS, MONEY_ROWS, PAGE_ROWS, Row
from tests.security.malformed import HEX
from tests.security.requests import off_air, paused, rehearsing
from tests.security.test_admin_matrix import outcome, visit
from tests.security.watching import writing_nothing
from tests.security.world import World, looked_at, undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare_refusals", "bare_frame")]

BEFORE = {"start": off_air, "rehearse": off_air, "end_rehearsal": rehearsing, "resume": paused}
DANGEROUS = ("", "a\0b", "9" * 30, "-1", "NaN", "two\nlines", "﷽" * 300)


def name_of(row: Row) -> str:
    return row.name


def address(world: World, row: Row) -> str:
    args = [] if row.name in {"shows", "reports"} else [world.ids[row.session]]
    return reverse(f"console:{row.name}", args=args + ([] if row.thing == "-" else [world.ids[row.thing]]))


def form_for(world: World, row: Row) -> dict[str, Any]:
    form: dict[str, Any] = world.fill(FORMS.get(row.name, {}))
    tomorrow = f"{clock.now() + timedelta(days=1):%Y-%m-%dT%H:%M}"
    return {name: tomorrow if value == "tomorrow" else value for name, value in form.items()}


def press(world: World, row: Row, role: str) -> str:
    """Return what a button is to a role who sends a good form, as the page's script does."""
    cells = {"door": "-", "404": "x", "409": "r", "200": "v"}
    with undone():
        if before := BEFORE.get(row.name):
            before(world)
        caller, form = world.caller(role), form_for(world, row)
        if row.cells[role] == "v":
            answer = caller.post(address(world, row), form, headers={"Accept": "application/json"})
        else:
            with writing_nothing():
                answer = caller.post(address(world, row), form, headers={"Accept": "application/json"})
    return cells.get(outcome(answer), outcome(answer))


@pytest.mark.parametrize("row", BUTTON_ROWS, ids=name_of)
def test_a_button_works_for_whom_the_matrix_says(world: World, row: Row) -> None:
    cells = looked_at(row.cells)
    assert {role: press(world, row, role) for role in cells} == cells


@pytest.mark.parametrize("row", PAGE_ROWS, ids=name_of)
def test_a_page_is_for_whom_the_matrix_says(world: World, row: Row) -> None:
    answers, cells = {"door": "-", "404": "x", "200": "v"}, looked_at(row.cells)
    path = address(world, row)
    assert {role: answers[visit(world.caller(role), path)] for role in cells} == cells


@pytest.mark.parametrize("row", MONEY_ROWS, ids=name_of)
def test_a_page_of_money_is_for_whom_the_matrix_says(world: World, row: Row) -> None:
    answers, cells = {"door": "-", "404": "x", "200": "v"}, looked_at(row.cells)
    path = reverse(f"money:{row.name}", args=[] if row.name == "overview" else [world.ids[row.thing]])
    assert {role: answers[visit(world.caller(role), path)] for role in cells} == cells
    with writing_nothing():
        for text in (*DANGEROUS, f"brd_{HEX}", f"stm_{HEX}"):
            wrong = {"party": text, "before": text, "after": text}
            assert world.caller("owner").get(path, wrong).status_code in {200, 400, 404}, text


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert [row.name for row in MONEY_ROWS] == [str(entry.name) for entry in money_urls.urlpatterns]
    names = [row.name for row in (*PAGE_ROWS, *BUTTON_ROWS)]
    assert sorted(names) == sorted(str(entry.name) for entry in urls.urlpatterns)


@pytest.mark.only_in("scaled")
@pytest.mark.parametrize("row", [row for row in BUTTON_ROWS if row.name in FORMS], ids=name_of)
def test_a_malformed_form_is_answered_and_changes_nothing_else(world: World, row: Row) -> None:
    path, answers = address(world, row), {}
    for field in form_for(world, row):
        for text in DANGEROUS:
            for headers in ({"Accept": "application/json"}, {}):
                with undone():
                    form = {**form_for(world, row), field: text}
                    status = world.caller("admin").post(path, form, headers=headers).status_code
                if status not in {200, 302, 400, 404, 409}:
                    answers[field, text[:20]] = status
    assert answers == {}


@pytest.mark.only_in("scaled")
@pytest.mark.parametrize("row", [row for row in BUTTON_ROWS if row.thing != "-"], ids=name_of)
def test_an_id_of_something_else_leads_nowhere(world: World, row: Row) -> None:
    path, caller = address(world, row), world.caller("host")
    prefix = world.ids[row.thing].partition("_")[0]
    with writing_nothing():
        for id_ in ("x", f"zzz_{HEX}", f"{prefix}_{HEX}"):
            answer = caller.post(path.replace(world.ids[row.thing], id_), form_for(world, row))
            assert answer.status_code == 404, id_
        if row.name != "copy":
            elsewhere = path.replace(world.ids[row.session], world.ids["draft"])
            assert caller.post(elsewhere, form_for(world, row)).status_code == 404


def test_a_session_of_somebody_else_is_not_copied(world: World) -> None:
    path = reverse("console:copy", args=[world.ids["draft"]])
    with writing_nothing():
        for source in ("x", f"ses_{HEX}"):
            answer = world.caller("host").post(
                path, {"source": source}, headers={"Accept": "application/json"}
            )
            assert answer.json()["fields"] == {"source": "Choose one of your own sessions."}
