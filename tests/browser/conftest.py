"""Chromium, a site in real processes, and people in front of it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, ViewportSize, sync_playwright
from pytest_django import DjangoDbBlocker

from tests.browser import chromium
from tests.browser.person import DESKTOP, Person
from tests.browser.site import Clerk, Site
from tests.flush import empty_tables
from tests.security.world import build_world
from tests.servers import Beat, Ours, Web, Worker

Meet = Callable[..., Person]

PATIENCE_MS = 20_000
#: People here share one address.
LIMITS = {
    f"RATE_LIMIT_{name}": "1000000/s"
    for name in ("DEFAULT", "ANONYMOUS", "BUY", "CHAT", "CHAT_ROOM", "LOGIN")
}


@pytest.fixture(scope="package")  # no longer: its event loop would be in the way of tests that have their own
def browser() -> Iterator[Browser]:
    """Return a running Chromium."""
    with sync_playwright() as playwright:
        path = chromium.find_or_install()
        running = playwright.chromium.launch(executable_path=path, args=[*chromium.FLAGS])
        yield running
        running.close()


@pytest.fixture(scope="package")  # no longer: its sweeps would touch what tests elsewhere commit
def _processes(server_folder: Path, server_environment: Mapping[str, str]) -> Iterator[list[Ours]]:
    kinds: tuple[type[Ours], ...] = (Web, Worker, Beat) if settings.SCALED else (Web,)
    env = {**server_environment, **LIMITS}
    servers = [kind(server_folder, env=env) for kind in kinds]
    yield servers
    for server in reversed(servers):
        server.stop()


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Open the database for all tests of a module: they share what is in it."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def site(db: None, _processes: list[Ours]) -> Iterator[Site]:
    """Return a running site with a world in it, which the tests of one module share.

    Its processes are started by the first module, and by one that comes after a module that stopped them.
    Tests work on its database through ``site.ask``, never by themselves: an event loop sits in their thread.
    """
    for server in _processes:
        if not server.running:
            server.start()
    clerk = Clerk()
    web = _processes[0]
    assert isinstance(web, Web)
    try:
        yield Site(web, clerk.ask(build_world), clerk)
    finally:  # also of half a world, which would be in the way of every test after it
        clerk.ask(empty_tables)
        clerk.leave()


@pytest.fixture
def meet(
    request: pytest.FixtureRequest, site: Site, browser: Browser, _processes: list[Ours]
) -> Iterator[Meet]:
    """Return a function that opens a browser: ``meet("buyer")`` has signed in, ``meet()`` has not.

    Keywords are Playwright's of a new context: ``color_scheme``, ``java_script_enabled``, ``reduced_motion``.
    Who says nothing wants no motion: a stage that moves is drawn fifteen times a second.
    At the end nobody's browser may have complained of anything.
    """
    request.node.servers = _processes
    people: list[Person] = []

    def open_(role: str = "", *, size: tuple[int, int] = DESKTOP, **options: Any) -> Person:
        viewport = ViewportSize(width=size[0], height=size[1])
        options = {"reduced_motion": "reduce", "service_workers": "block", **options}
        context = browser.new_context(viewport=viewport, **options)
        context.set_default_timeout(PATIENCE_MS)
        person = Person(role or "nobody", site, context, context.new_page())
        person.listen()
        people.append(person)
        if role:
            person.sign_in(role)
        return person

    yield open_
    faults = {person.name: person.unexpected() for person in people if person.unexpected()}
    for person in people:
        person.context.close()
    assert faults == {}
