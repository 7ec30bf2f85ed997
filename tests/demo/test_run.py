"""``make run``: server and simulated show under one supervisor, from the command line on a scratch folder."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest

from marketplace.lib.ports import is_ready
from tests.servers import ROOT, free_port, temporary_folder, wait_until

pytestmark = pytest.mark.only_in("embedded")  # it makes a database of its own, always the same

SECONDS_TO_PAGE = 150
SECONDS_TO_SHOW = 90
SECONDS_TO_END = 30
#: Not the address that everything takes for granted.
HOST = "127.0.0.2"


class Supervisor:
    """``python -m marketplace.demo.run`` and what it says."""

    def __init__(self, folder: Path, port: int, *, viewers: int) -> None:
        self.said = folder / "said.txt"
        environment = {**os.environ, "VAR_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": ""}
        options = ("--host", HOST, "--port", str(port), "--viewers", str(viewers), "--speed", "1")
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "marketplace.demo.run", *options],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def text(self) -> str:
        return self.said.read_text()

    def children(self, word: str = "") -> list[psutil.Process]:
        found = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in found if word in " ".join(child.cmdline())]

    def wait_for(self, text: str, *, seconds: float) -> None:
        wait_until(
            lambda: text in self.text or self.process.poll() is not None, seconds=seconds, what=repr(text)
        )
        assert text in self.text, self.text


@dataclass
class Scene:
    """A scratch folder and a port, and the supervisors that were started on them."""

    folder: Path
    port: int
    browser: httpx.Client
    started: list[Supervisor] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self, *, viewers: int) -> Supervisor:
        self.started.append(Supervisor(self.folder, self.port, viewers=viewers))
        return self.started[-1]

    def live_titles(self) -> set[str]:
        answer = self.browser.get(f"{self.url}/api/v1/sessions", params={"show": "live"}).json()
        return {session["title"] for session in answer["data"]}


@pytest.fixture
def scene() -> Iterator[Scene]:
    with temporary_folder() as folder, httpx.Client(follow_redirects=True) as browser:
        scene = Scene(folder, free_port(), browser)
        yield scene
        for supervisor in scene.started:
            if supervisor.process.poll() is None:
                supervisor.process.terminate()
                supervisor.process.wait(SECONDS_TO_END)


def test_it_serves_plays_and_leaves_nothing_behind(scene: Scene) -> None:
    demo = scene.start(viewers=5)
    demo.wait_for("Ctrl-C stops everything.", seconds=SECONDS_TO_PAGE)
    page = scene.browser.get(f"{scene.url}/")
    assert page.status_code == 200
    assert "Harvest evening" in page.text
    for address in re.findall(rf"{scene.url}\S*", demo.text):
        assert scene.browser.get(address).status_code == 200, address
    wait_until(
        lambda: len(scene.live_titles()) == 2, seconds=SECONDS_TO_SHOW, what="the simulated show", every=0.25
    )
    children = demo.children()
    assert {os.getsid(child.pid) for child in children}.isdisjoint({os.getsid(demo.process.pid)})

    second = scene.start(viewers=5)
    assert second.process.wait(SECONDS_TO_END) == 1
    assert second.text.splitlines() == [
        f"Port {scene.port} of {HOST} is in use: stop what listens there, or choose another with make run"
        f" PORT={scene.port + 1}."
    ]

    (simulation,) = demo.children("simulate")
    simulation.kill()
    demo.wait_for("simulation was ended by SIGKILL; starting it again", seconds=SECONDS_TO_END)

    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(SECONDS_TO_END) == 0
    assert demo.text.endswith("Stopping simulation, server.\n")
    assert "Traceback" not in demo.text
    assert "UserWarning" not in (scene.folder / "server.log").read_text()
    psutil.wait_procs(children, timeout=SECONDS_TO_END)
    assert [child for child in children if child.is_running()] == []

    again = scene.start(viewers=0)
    again.wait_for("Ctrl-C stops everything.", seconds=SECONDS_TO_PAGE)
    (server,) = again.children()
    server.kill()
    again.wait_for("server was ended by SIGKILL; starting it again in 1 s.", seconds=SECONDS_TO_END)
    wait_until(lambda: is_ready(scene.url), seconds=SECONDS_TO_END, what="the server, started again")
    assert "Traceback" not in again.text


def test_a_start_that_fails_says_why(scene: Scene) -> None:
    (scene.folder / "hawker.sqlite3").write_text(
        "This is no database, and long enough to be read as one. " * 50
    )
    demo = scene.start(viewers=0)
    assert demo.process.wait(SECONDS_TO_PAGE) == 1
    assert demo.text.splitlines()[1] == f"demo ended with 1; {scene.folder / 'demo.log'} says:"
    assert "file is not a database" in demo.text
