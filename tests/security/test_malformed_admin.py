"""The admin's addresses, lists, forms and searches, malformed: a page, a way back or a refusal."""

from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.forms import Form
from django.urls import reverse

from tests.plugin import thorough_in
from tests.security.admin_matrix import BULK_ROWS, BUTTON_ROWS, LIST_ROWS, Row
from tests.security.admin_requests import BEFORE, address, filled, form_at
from tests.security.malformed import HEX, HOME
from tests.security.watching import writing_nothing
from tests.security.world import World, undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare_refusals", "bare_frame")]

ON_THINGS = [row for row in BUTTON_ROWS if row.thing != "-"]
IDS = ("x", "%00", "%FF", "%ED%A0%80", "..%2F..", "_5F", "_", "0", f"zzz_{HEX}", f"ord_{HEX}", "x" * 3_000)
#: What each list reads in its own way: its search, its order and its columns.
OWN_QUERIES = (
    "q=%00", f"q={'x' * 5_000}", f"q=ord_{HEX}", "o=99.-99", "pk__in=x", "unknown__lookup=1", "id__exact=%00",
    "password__startswith=p", "state__exact=%00", "is_active__exact=x",
)  # fmt: skip
#: What all lists read alike; so the first of every form of list stands for the others.
COMMON_QUERIES = (
    "q=%FF", "q=%27%22", "o=x", f"o={'9' * 30}", "p=x", "p=-1", f"p={'9' * 20}", "all=x", "e=1", "_popup=x",
    "_to_field=%00", "_facets=x",
)  # fmt: skip
#: Beyond their address, buttons look up what they are for alike whether shown or pressed.
PRESSED_IDS = ("x", "%00", f"zzz_{HEX}")
TEXTS = ("", "a\0b", "x" * 10_000, "two\nlines", "\ud800", "-1", "9" * 30, "1e400", "NaN", "[]", "﷽")
#: Those that a form might let through to the database.
DANGEROUS = ("a\0b\ud800", "9" * 30)


def name_of(row: Row) -> str:
    return row.name


def encoded(data: dict[str, Any]) -> bytes:
    """Return a form as a browser would send it, and as no browser would."""
    return "&".join(
        f"{name}={quote(str(value).encode('utf-8', 'surrogatepass'))}" for name, value in data.items()
    ).encode()


def fields_of(row: Row, form: Form | None) -> list[str]:
    """Return the fields to try: all, or for a sample one, which is not always the first."""
    fields = list(form.fields) if form else []
    if thorough_in(HOME) or not fields:
        return fields
    return [fields[BUTTON_ROWS.index(row) % len(fields)]]


@pytest.mark.parametrize("row", BUTTON_ROWS, ids=name_of)
def test_a_malformed_form_is_shown_again(world: World, row: Row) -> None:
    path, caller, answers = address(world, row.name, row.thing), world.caller("admin"), {}
    with undone():
        if before := BEFORE.get(row.name):
            before(world)
        form = form_at(caller, path)
        good = filled(world, form, row.name)
        for field in fields_of(row, form):
            for text in DANGEROUS:
                with undone():
                    answer = caller.send(
                        "POST",
                        path,
                        encoded({**good, field: text}),
                        content_type="application/x-www-form-urlencoded",
                    )
                if answer.status_code not in {200, 302, 400}:
                    answers[field, text[:20]] = (answer.status_code, answer.content[:300])
    assert answers == {}


@pytest.mark.only_in(HOME)
@pytest.mark.parametrize("row", (*ON_THINGS, *LIST_ROWS), ids=name_of)
def test_a_malformed_id_leads_nowhere(world: World, row: Row) -> None:
    pages = ("change", "history", "delete") if row in LIST_ROWS else ("",)
    caller, answers = world.caller("admin"), {}
    with undone(), writing_nothing():
        for page in pages:
            route = f"{row.name}_{page}" if page else row.name
            path = reverse(f"admin:{route}", args=["HERE"])
            for method, id_ in (*product(("GET",), IDS), *product(("POST",), PRESSED_IDS)):
                answer = caller.send(method, path.replace("HERE", id_))
                if answer.status_code not in {302, 400, 403, 404}:
                    answers[method, page, id_[:80]] = answer.status_code
    assert answers == {}


def is_first_of_its_form(row: Row) -> bool:
    """Tell whether no list before this one has the same base, paginator and way of being filtered."""
    admins = {
        f"{model._meta.app_label}_{model._meta.model_name}": each
        for model, each in admin.site._registry.items()
    }

    def form(each: Row) -> tuple[object, ...]:
        found = admins[each.name]
        return type(found).__mro__[1], found.paginator, bool(found.search_fields), bool(found.list_filter)

    return form(row) not in map(form, LIST_ROWS[: LIST_ROWS.index(row)])


def queries_of(row: Row) -> tuple[str, ...]:
    """Return what to ask a list: all, or for a sample what reaches the database."""
    if not thorough_in(HOME):
        return OWN_QUERIES[:2]
    return (*OWN_QUERIES, *(COMMON_QUERIES if is_first_of_its_form(row) else ()))


@pytest.mark.parametrize("row", LIST_ROWS, ids=name_of)
def test_a_malformed_query_of_a_list_is_put_aside(world: World, row: Row) -> None:
    path, caller, answers = reverse(f"admin:{row.name}_changelist"), world.caller("admin"), {}
    with undone(), writing_nothing():
        for query in queries_of(row):
            with undone():
                answer = caller.get(f"{path}?{query}")
            if answer.status_code not in {200, 302, 400, 403, 404}:
                answers[query[:80]] = answer.status_code
        assert caller.get(path).status_code == 200
    assert answers == {}


@pytest.mark.only_in(HOME)
@pytest.mark.parametrize("row", BULK_ROWS, ids=name_of)
def test_a_malformed_choice_in_a_list_does_nothing(world: World, row: Row) -> None:
    name, action = row.name.split()
    path, answers = reverse(f"admin:{name}_changelist"), {}
    with undone(), writing_nothing():
        for id_ in (*IDS, ""):
            body = f"action={action}&_selected_action={id_}".encode()
            with undone():
                answer = world.caller("admin").send(
                    "POST", path, body, content_type="application/x-www-form-urlencoded"
                )
            if answer.status_code not in {200, 302, 400, 404}:
                answers[id_[:80]] = answer.status_code
    assert answers == {}


@pytest.mark.parametrize(
    "query",
    ("s=%00", "s=%FF&extended=1", "s=a&page=x", "s=a&page=-1", f"s=a&page={'9' * 5_000}", "s=a&page="),
)
def test_a_malformed_search_finds_nothing(world: World, query: str) -> None:
    answer = world.caller("admin").get(f"{reverse('admin:search')}?{query}")
    assert answer.status_code in {200, 400, 404}


@pytest.mark.parametrize("text", TEXTS)
def test_a_malformed_sign_in_is_refused(world: World, text: str) -> None:
    body = encoded({"username": text, "password": text, "next": text})
    answer = world.caller("nobody").send(
        "POST", reverse("admin:login"), body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert "sessionid" not in answer.cookies


def test_every_list_was_tried() -> None:
    assert len(LIST_ROWS) == len(admin.site._registry)
