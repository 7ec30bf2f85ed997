"""Every page and button of the admin x every role."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.marketplace.rest_callers import Caller
from tests.security.admin_matrix import BULK_ROWS, BUTTON_ROWS, LIST_ROWS, PAGE_ROWS, Row
from tests.security.admin_requests import BEFORE, address, good_form
from tests.security.watching import writing_nothing
from tests.security.world import World, looked_at, undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare_refusals", "bare_frame", "drawn_once")]

DOOR = "/admin/login/"
STANDARD = ("changelist", "add", "change", "history", "delete")
#: Addresses that say nothing by themselves: they lead to the pages of the matrix, or to the door.
PLAIN = {"login", "logout", "app_list", "(?P<url>.*)$", "<path:object_id>/"}


def name_of(row: Row) -> str:
    return row.name


def outcome(answer: Any) -> str:
    """Return what became of a request: a status, or for a redirect where it leads."""
    if answer.status_code != 302:
        return str(answer.status_code)
    location = answer.headers["Location"]
    return "door" if location.startswith(DOOR) else "home" if location == "/admin/" else "done"


def visit(caller: Caller, path: str, data: dict[str, Any] | None = None, *, may_write: bool = False) -> str:
    """Read a page, or send its form; only who may do it writes anything by that."""
    if may_write:
        return outcome(caller.post(path, data))
    with writing_nothing():
        return outcome(caller.get(path) if data is None else caller.post(path, data))


def press(world: World, row: Row, role: str, form: dict[str, Any]) -> str:
    """Return what a button is to a role: its page, then its form."""
    path, caller, cell = address(world, row.name, row.thing), world.caller(role), row.cells[role]
    with undone():
        if before := BEFORE.get(row.name):
            before(world)
        seen = visit(caller, path)
        sent = visit(caller, path, form, may_write=cell == "v")
    pairs = {("door", "door"): "-", ("404", "404"): "x", ("200", "200"): "r", ("200", "done"): "v"}
    pairs["done", "done"] = "v"  # a button that only leads somewhere
    return pairs.get((seen, sent), f"{seen} then {sent}")


@pytest.mark.parametrize(
    "row", [row for row in BUTTON_ROWS if row.name != "marketplace_brand_export_file"], ids=name_of
)
def test_a_button_works_for_whom_the_matrix_says(world: World, row: Row) -> None:
    with undone():
        if before := BEFORE.get(row.name):
            before(world)
        form = good_form(world, world.caller("admin"), row.name, row.thing)
    pressed = {}
    cells = looked_at(row.cells)
    for role in cells:
        for value in form.values():
            if hasattr(value, "seek"):
                value.seek(0)
        pressed[role] = press(world, row, role, form)
    assert pressed == cells


def test_a_download_is_for_whom_the_matrix_says(world: World) -> None:
    (row,) = (row for row in BUTTON_ROWS if row.name == "marketplace_brand_export_file")
    path = address(world, row.name, row.thing)
    answers, cells = {"door": "-", "404": "x", "200": "v"}, looked_at(row.cells)
    assert {role: answers[visit(world.caller(role), path)] for role in cells} == cells


def show(world: World, row: Row, role: str) -> str:
    """Return what a list and the page of a thing in it are to a role."""
    caller = world.caller(role)
    paths = {
        page: address(world, f"{row.name}_{page}", "-" if page in {"changelist", "add"} else row.thing)
        for page in STANDARD
    }
    seen = {page: visit(caller, path) for page, path in paths.items()}
    sent = {page: visit(caller, paths[page], {}) for page in ("add", "change", "delete")}
    if set(seen.values()) == set(sent.values()) == {"door"}:
        return "-"
    assert {seen["add"], seen["delete"], sent["add"], sent["delete"], sent["change"]} <= {
        "403",
        "404",
        "home",
    }
    lists = {("200", "200"): "v", ("200", "home"): "l", ("200", "404"): "l"}
    if seen["changelist"] == "403":
        assert {seen["change"], seen["history"]} <= {"403", "404", "home"}
        return "x"
    return lists[seen["changelist"], seen["change"]]


@pytest.mark.parametrize("row", LIST_ROWS, ids=name_of)
def test_a_list_is_for_whom_the_matrix_says(world: World, row: Row) -> None:
    cells = looked_at(row.cells)
    assert {role: show(world, row, role) for role in cells} == cells


@pytest.mark.parametrize("row", PAGE_ROWS, ids=name_of)
def test_a_page_is_for_whom_the_matrix_says(world: World, row: Row) -> None:
    answers, cells = {"door": "-", "403": "x", "200": "v"}, looked_at(row.cells)
    path = reverse(f"admin:{row.name}")
    assert {role: answers[visit(world.caller(role), path)] for role in cells} == cells


def names(resolver: URLResolver, inside: bool = False) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from names(entry, inside or entry.namespace == "admin")
        elif inside and isinstance(entry, URLPattern):
            yield entry.name or str(entry.pattern)


def test_every_page_has_a_row_and_every_row_a_page() -> None:
    rows = {row.name for row in (*BUTTON_ROWS, *PAGE_ROWS)}
    lists = {f"{row.name}_{page}" for row in LIST_ROWS for page in STANDARD}
    assert set(names(get_resolver())) == rows | lists | PLAIN


def test_every_bulk_action_has_a_row_and_every_row_an_action() -> None:
    offered = {
        f"{model._meta.app_label}_{model._meta.model_name} {action}"
        for model, each in admin.site._registry.items()
        for action in each.actions or ()
    }
    assert {row.name for row in BULK_ROWS} == offered


@pytest.mark.parametrize("row", BULK_ROWS, ids=name_of)
def test_a_bulk_action_does_something_for_whom_the_matrix_says(world: World, row: Row) -> None:
    name, action = row.name.split()
    path = reverse(f"admin:{name}_changelist")
    data = {"action": action, "_selected_action": [world.ids[row.thing]]}
    for role, cell in looked_at(row.cells).items():
        with undone():
            outcome = visit(world.caller(role), path, data, may_write=cell == "v")
        assert (role, outcome) == (role, {"-": "door", "x": "403", "l": "done", "v": "done"}[cell])
