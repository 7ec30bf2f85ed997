"""One world for all tests of a module; what a test does to it is undone."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.template import Context, Engine, Template
from django.template.loader_tags import ExtendsNode
from django.template.response import TemplateResponse
from django.urls import URLResolver, reverse
from pytest_django import DjangoDbBlocker, Settings

from marketplace import limits
from marketplace.console import sidebar
from marketplace.lib import clock
from streams.actions.restock import restock_slot
from tests.security.world import World, build_world, undone
from tests.servers import Web

#: What a page of the admin has of its own, and no frame around it.
BARE_FRAME = """{% load unfold %}
{% block title %}{% endblock %} {% block extrastyle %}{% endblock %} {% block extrahead %}{% endblock %}
{% include "unfold/helpers/header.html" %} {% include "unfold/helpers/messages.html" %}
{% if cl %}{% tab_list "changelist" cl.opts %}{% elif opts %}{% tab_list "changeform" opts %}{% endif %}
{% block content %}{% endblock %}"""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Return the world, made once."""
    with django_db_blocker.unblock(), undone():
        yield build_world()


@pytest.fixture(autouse=True)
def no_limits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one address ask as often as the proofs do, and count it in this process."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/s")
    monkeypatch.setattr(limits, "check", limits.check_local)


@pytest.fixture
def bare_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer refusals of pages with a status alone: the pages that refuse are looked at in the browser."""
    drawn = URLResolver.resolve_error_handler

    def bare(resolver: URLResolver, status: int) -> Callable[..., HttpResponse]:
        if status >= 500:
            return drawn(resolver, status)
        return lambda *_, **__: HttpResponse(status=status)

    monkeypatch.setattr(URLResolver, "resolve_error_handler", bare)


@pytest.fixture
def bare_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave head, sidebar and footer of the admin to its first page: elsewhere they are the same."""
    index, listed, found = reverse("admin:index"), sidebar.navigation, ExtendsNode.find_template
    bare = Engine.get_default().from_string(BARE_FRAME)

    def find(node: ExtendsNode, name: str, context: Context) -> Template:
        is_frame = name == "admin/base.html" and context["request"].path != index
        return bare if is_frame else found(node, name, context)

    monkeypatch.setattr(ExtendsNode, "find_template", find)
    monkeypatch.setattr(
        sidebar, "navigation", lambda request: listed(request) if request.path == index else []
    )


@pytest.fixture
def drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw a page of the admin for the first of the platform's staff and for the first of others.

    Who else sees it gets it empty: to whom it is shown is asked, and how it looks twice.
    """
    draw, drawn = TemplateResponse.render, set[tuple[str, str, bool]]()

    def once(answer: Any) -> Any:
        request = answer._request
        page = (request.method, request.path, request.user.is_staff)
        if page in drawn:
            answer.content = b""
            return answer
        drawn.add(page)
        return draw(answer)

    monkeypatch.setattr(TemplateResponse, "render", once)


@pytest.fixture
def live_world(transactional_db: None) -> World:
    """Return a world of its own, committed, with plenty to sell: for what runs in a server."""
    world = build_world()
    restock_slot(slot_id=world.ids["third"], quantity=10_000, actor=world.people["admin"], now=clock.now())
    return world


@pytest.fixture(scope="package")  # no longer: its sweeps would touch what tests elsewhere commit
def _patient_process(server_folder: Path, server_environment: Mapping[str, str]) -> Iterator[Web]:
    names = ("DEFAULT", "ANONYMOUS", "BUY", "CHAT", "CHAT_ROOM", "LOGIN")
    limits = {f"RATE_LIMIT_{name}": "1000000/s" for name in names}
    server = Web(server_folder, env={**server_environment, **limits})
    yield server
    server.stop()


@pytest.fixture
def patient_web(request: pytest.FixtureRequest, _patient_process: Web, transactional_db: None) -> Web:
    """Return a running web process that lets everybody ask as often as they like."""
    request.node.servers = [_patient_process]
    if not _patient_process.running:
        _patient_process.start()
    return _patient_process
