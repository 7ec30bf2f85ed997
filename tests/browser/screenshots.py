"""Make the pictures of docs/screenshots: ``python -m tests.browser.screenshots [--url http://127.0.0.1:8000]``.

Without an address it fills an empty marketplace with the demo and serves it for as long as it takes.
"""

import argparse
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import django
import httpx
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.browser.chromium import FLAGS, NoChromium, find_or_install
from tests.servers import ROOT, Web, temporary_folder

FOLDER = ROOT / "docs" / "screenshots"
SETTLED_MS = 1_500  # the socket has brought what moves, and pictures are drawn
WIDE = (1440, 900)
NARROW = (360, 740)


@dataclass(frozen=True)
class Shot:
    """One picture: of the page at a path, as one person of the demo sees it. ``{show}`` is the live show."""

    name: str
    path: str
    who: str = ""
    size: tuple[int, int] = WIDE
    dark: bool = False


SHOTS = (
    Shot("lobby", "/"),
    Shot("lobby-phone", "/", size=NARROW),
    Shot("room", "{room}", who="viewer"),
    Shot("room-dark", "{room}", who="viewer", dark=True),
    Shot("room-phone", "{room}", who="viewer", size=NARROW),
    Shot("orders", "{orders}", who="viewer"),
    Shot("console", "/admin/live/{show}/", who="streamer"),
    Shot("console-dark", "/admin/live/{show}/", who="streamer", dark=True),
    Shot("console-phone", "/admin/live/{show}/", who="streamer", size=NARROW),
)


def main(arguments: Sequence[str]) -> int:
    """Make all pictures, or those that are named; return 1 when one could not be made."""
    parser = argparse.ArgumentParser(description="Make the pictures of docs/screenshots.")
    parser.add_argument("--url", help="a running demo; without it one is started")
    parser.add_argument("--only", default="", help="names of pictures, with commas between them")
    options = parser.parse_args(arguments)
    wanted = set(filter(None, options.only.split(",")))
    unknown = wanted - {shot.name for shot in SHOTS}
    if unknown:
        parser.error(f"no such picture: {', '.join(sorted(unknown))}; there are {', '.join(_names())}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    django.setup()
    try:
        path = find_or_install()
    except NoChromium as refusal:
        print(refusal, file=sys.stderr)
        return 1
    shots = [shot for shot in SHOTS if not wanted or shot.name in wanted]
    with _site(options.url) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        return _take(browser, url, shots)


def _names() -> list[str]:
    return [shot.name for shot in SHOTS]


@contextlib.contextmanager
def _site(url: str | None) -> Iterator[str]:
    """Yield the address of a running demo."""
    if url:
        yield url.rstrip("/")
        return
    with temporary_folder() as folder:
        web = Web(folder, env={"VAR_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": ""})
        for command in (["migrate", "--verbosity", "0"], ["demo"]):
            subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=ROOT,
                env=web.environment(),
                stdout=subprocess.DEVNULL,
                check=True,
            )
        with web:
            yield web.url


def _take(browser: Browser, url: str, shots: Sequence[Shot]) -> int:
    """Take the pictures; return 1 when a page was not there."""
    show = _live_show(url)
    FOLDER.mkdir(exist_ok=True)
    made = [_shoot(browser, url, shot, show) for shot in shots]
    return 0 if all(made) else 1


def _shoot(browser: Browser, url: str, shot: Shot, show: str) -> bool:
    """Take one picture, say so, and tell whether its page was there."""
    context = browser.new_context(
        viewport=ViewportSize(width=shot.size[0], height=shot.size[1]),
        color_scheme="dark" if shot.dark else "light",
        device_scale_factor=2 if shot.size == NARROW else 1,
    )
    page = context.new_page()
    if shot.who:
        _sign_in(page, url, shot.who)
    status = _open(page, url, shot.path, show)
    target = FOLDER / f"{shot.name}.png"
    if status == httpx.codes.OK:
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=target)
        print(target.relative_to(ROOT))
    else:
        print(f"{shot.name}: no such page ({status or 'sent elsewhere'})", file=sys.stderr)
    context.close()
    return status == httpx.codes.OK


def _live_show(url: str) -> str:
    """Return the id of the show that is live."""
    answer = httpx.get(f"{url}/api/v1/sessions", params={"show": "live"}).raise_for_status()
    return str(answer.json()["data"][0]["id"])


def _sign_in(page: Page, url: str, who: str) -> None:
    """Sign in at the lobby's door, or the administration's while there is no lobby."""
    from marketplace.demo.people import PASSWORD

    page.goto(f"{url}/")
    door = page.get_by_role("link", name="Sign in", exact=True)
    if door.count():
        door.first.click()
    else:
        page.goto(f"{url}/admin/login/")
    form = page.locator("form:has(input[type=password])")
    form.locator("input[name=username]").fill(who)
    form.locator("input[type=password]").fill(PASSWORD)
    form.locator("[type=submit]").click()
    page.wait_for_load_state()


def _open(page: Page, url: str, path: str, show: str) -> int:
    """Open a page, by the lobby's link where the path is one; return the status, 0 when sent away."""
    links = {"{room}": f"main a[href*='{show}']", "{orders}": "nav a:has-text('My orders')"}
    if path in links:
        page.goto(f"{url}/")
        link = page.locator(links[path]).first
        path = (link.get_attribute("href") if link.count() else None) or "/no-such-link"
    address = url + path.replace("{show}", show)
    answer = page.goto(address)
    return answer.status if answer and answer.url.partition("?")[0] == address else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
