"""Somebody at a browser: a fresh context, one page, and everything that went wrong in it."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

from tests.browser.axe import violations
from tests.browser.site import Site
from tests.security.world import session_key

#: Widths at which every page must work.
DESKTOP = (1440, 900)
PHONE = (360, 740)
#: A navigation ends requests that are still under way, and leaving a page its sockets.
ENDED = "net::ERR_ABORTED"


@dataclass
class Person:
    """A person of the site's world at a browser; ``faults`` says what the browser complained of."""

    name: str
    site: Site
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)
    _expected: list[str] = field(default_factory=list)

    def visit(self, path: str) -> Response:
        """Open a path of the site and return the answer."""
        answer = self.page.goto(self.site.url + path)
        assert answer is not None
        return answer

    def sign_in(self, role: str) -> None:
        """Sign in as the person of the world who has this role."""
        self.sign_in_by(self.site.ask(lambda: session_key(self.site.world.people[role])))

    def sign_in_by(self, key: str) -> None:
        """Sign in by the key of a session."""
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": self.site.url}])

    def expect_fault(self, pattern: str) -> None:
        """Let the browser complain of what a pattern finds, because the test is about it."""
        self._expected.append(pattern)

    def unexpected(self) -> list[str]:
        """Return what the browser complained of, without what the test expects."""
        return [fault for fault in self.faults if not any(re.search(each, fault) for each in self._expected)]

    def scrolls_sideways(self) -> bool:
        """Tell whether the page is wider than its window."""
        wide: bool = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wide

    def violations(self) -> list[str]:
        """Return what axe-core finds wrong with the page as it stands, in its present colours."""
        return violations(self.page)

    def screenshot(self, name: str) -> None:
        """Keep a picture of the page in the folder that SCREENSHOTS names, if it names one."""
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    def listen(self) -> None:
        """Note from now on what the browser complains of, on every page of this person."""
        self.context.on("console", self._on_console)
        self.context.on("weberror", self._on_error)
        self.context.on("requestfailed", self._on_failure)
        self.context.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_error(self, error: WebError) -> None:
        self.faults.append(f"error: {error.error}")

    def _on_failure(self, request: Request) -> None:
        if request.failure != ENDED:
            self.faults.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")
