"""A real site for browsers: our processes on this test worker's database, and a world in it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from django.db import connections

from tests.security.world import World
from tests.servers import Web

Told = TypeVar("Told")


class Clerk:
    """Works on the database in a thread of its own: Playwright's event loop sits in the tests' thread."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="clerk")

    def ask(self, what: Callable[[], Told]) -> Told:
        """Return what a function of models, queries or actions returns."""
        return self._thread.submit(what).result()

    def leave(self) -> None:
        """Close the connection and end the thread."""
        self.ask(connections.close_all)
        self._thread.shutdown()


@dataclass
class Site:
    """A running site: ``site.web`` its web process, ``site.world`` who and what there is."""

    web: Web
    world: World
    clerk: Clerk

    @property
    def url(self) -> str:
        """Return the base address, without a slash at the end."""
        return self.web.url

    def ask(self, what: Callable[[], Told]) -> Told:
        """Return what a function of models, queries or actions returns."""
        return self.clerk.ask(what)
