"""Make the pictures of docs/screenshots: ``python -m tests.browser.screenshots [--url http://127.0.0.1:8000]``.

Without an address it runs the demo with its simulated show, and lets that show go on for a while first, so
that the console has something to draw.
"""

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import django
import httpx
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from marketplace.lib.ports import is_ready
from marketplace.lib.processes import Child
from tests.browser.chromium import FLAGS, NoChromium, find_or_install
from tests.servers import ROOT, free_port, temporary_folder

FOLDER = ROOT / "docs" / "screenshots"
SETTLED_MS = 6_000  # the socket has brought what moves, the host has said something, pictures are drawn
START_SECONDS = 120
SHOW_SECONDS = 150
STOP_SECONDS = 20
POLL_SECONDS = 1
PRESSED_MS = 2_000
WIDE = (1440, 900)
NARROW = (390, 844)
JPEG_QUALITY = 85
#: The path of a replay, which the lobby knows, and seconds from its beginning: in the middle of the show.
REPLAY = "{replay}"
REPLAY_SECONDS = 130
#: The path of the viewer's return about which the seller has made an offer.
RETURN = "{return}"


@dataclass(frozen=True)
class Shot:
    """One picture: of the page at a path, as one person of the demo sees it, after a button was pressed.

    In the path ``{show}`` stands for the simulated show.
    """

    name: str
    path: str
    who: str = ""
    size: tuple[int, int] = WIDE
    dark: bool = False
    press: str = ""


SHOTS = (
    Shot("lobby", "/"),
    Shot("lobby-phone", "/", size=NARROW),
    Shot("room", "/live/{show}", who="viewer"),
    Shot("room-phone", "/live/{show}", who="viewer", size=NARROW, dark=True),
    Shot("checkout", "/live/{show}", who="viewer", press="[data-pinned] button[type=submit]"),
    Shot("orders", "/orders", who="viewer"),
    Shot("return", RETURN, who="viewer", size=NARROW),
    Shot("replay", REPLAY, who="viewer"),
    Shot("console", "/admin/live/{show}/", who="lulu"),
    Shot("console-phone", "/admin/live/{show}/", who="lulu", size=NARROW, dark=True),
)


def main(arguments: Sequence[str]) -> int:
    """Make all pictures, or those that are named; return 1 when one could not be made."""
    names = [shot.name for shot in SHOTS]
    parser = argparse.ArgumentParser(description="Make the pictures of docs/screenshots.")
    parser.add_argument("--url", help="a running demo with its simulated show; without it one is started")
    parser.add_argument("--only", default="", help="names of pictures, with commas between them")
    options = parser.parse_args(arguments)
    wanted = set(filter(None, options.only.split(",")))
    if unknown := wanted.difference(names):
        parser.error(f"no such picture: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    try:
        path = find_or_install()
    except NoChromium as refusal:
        print(refusal, file=sys.stderr)
        return 1
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    django.setup()
    FOLDER.mkdir(exist_ok=True)
    with _demo(options.url) as url, sync_playwright() as playwright:
        show = _show_after(url, SHOW_SECONDS)
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        made = [_shoot(browser, url, shot, show) for shot in SHOTS if not wanted or shot.name in wanted]
    return 0 if all(made) else 1


@contextlib.contextmanager
def _demo(url: str | None) -> Iterator[str]:
    """Yield the address of a running demo."""
    if url:
        yield url.rstrip("/")
        return
    with temporary_folder() as folder:
        port = free_port()
        here = f"http://127.0.0.1:{port}"
        demo = Child(
            "demo",
            [sys.executable, "-m", "marketplace.demo.run", "--port", str(port)],
            log=folder / "run.log",
            ready=lambda: is_ready(here),
            env={**os.environ, "VAR_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": ""},
            folder=ROOT,
        )
        demo.launch()
        try:
            demo.wait_ready(START_SECONDS)
            yield here
        finally:
            demo.stop(STOP_SECONDS)


def _show_after(url: str, seconds: float) -> str:
    """Return the id of the simulated show as soon as it has gone on for so long."""
    from marketplace.demo.catalogue import script

    title = script().title
    deadline = time.monotonic() + START_SECONDS + seconds
    while time.monotonic() < deadline:
        answer = httpx.get(f"{url}/api/v1/sessions", params={"show": "live"}).raise_for_status()
        for session in answer.json()["data"]:
            began = datetime.fromisoformat(session["started_at"])
            if session["title"] == title and (datetime.now(UTC) - began).total_seconds() >= seconds:
                return str(session["id"])
        time.sleep(POLL_SECONDS)
    raise SystemExit(f"“{title}” is not live at {url}: start it with make run.")


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
    answer = page.goto(url + _address(page, url, shot.path, show))
    target = FOLDER / f"{shot.name}.jpeg"
    if found := answer is not None and answer.ok:
        page.wait_for_timeout(SETTLED_MS)
        if shot.press:
            page.locator(shot.press).first.click()
            page.wait_for_timeout(PRESSED_MS)
        page.screenshot(path=target, type="jpeg", quality=JPEG_QUALITY)
        print(target.relative_to(ROOT))
    else:
        print(f"{shot.name}: no such page", file=sys.stderr)
    context.close()
    return found


def _sign_in(page: Page, url: str, who: str) -> None:
    from marketplace.demo.people import PASSWORD

    page.goto(f"{url}/sign-in")
    page.locator("main input[name=username]").fill(who)
    page.locator("main input[type=password]").fill(PASSWORD)
    page.locator("main [type=submit]").first.click()
    page.wait_for_load_state()


def _address(page: Page, url: str, path: str, show: str) -> str:
    """Return the path of a shot with names in the place of its braces."""
    if path == REPLAY:
        page.goto(f"{url}/")
        replay = page.locator("main a[href^='/replays/']").nth(1).get_attribute("href") or "/no-replay"
        return f"{replay}#t={REPLAY_SECONDS}"
    if path == RETURN:
        page.goto(f"{url}/returns")
        offered = page.locator("article", has_text="offer made").locator("h2 a")
        return offered.first.get_attribute("href") or "/no-return"
    return path.replace("{show}", show)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
