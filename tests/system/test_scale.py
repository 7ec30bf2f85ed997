"""``make scale``: two web processes serve one address and one room; a signal ends everything."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.servers import ROOT, free_port, temporary_folder, wait_until

pytestmark = pytest.mark.only_in("scaled")  # it starts databases of its own, always the same

LAST_LINE = "Ctrl-C stops everything and keeps the data.\n"
MAKE_ROOM = """
import django; django.setup()
from marketplace.actions.tokens import create_token
from marketplace.lib import clock
from marketplace.models.tokens import Scope
from tests.people import sign_up
from tests.streams.rooms import make_room

now, host = clock.now(), sign_up("hana")
_, secret = create_token(user=host, name="t", scopes=[Scope.SESSIONS_HOST], expires_at=None, now=now)
print(make_room(host, now=now).id, secret)
"""


@dataclass
class Topology:
    """The command's process, the port that its web processes share, and what it has printed."""

    process: subprocess.Popen[str]
    port: int
    folder: Path
    page: str

    def web(self, number: int) -> tuple[int, int]:
        """Return process id and own port of a web process."""
        found = re.search(rf"web-{number} +process (\d+) .*http://127\.0\.0\.1:(\d+)/metrics", self.page)
        assert found is not None, self.page
        return int(found[1]), int(found[2])

    def environment(self) -> Mapping[str, str]:
        """Return the environment that the command tells people to work with."""
        lines = (self.folder / "environment").read_text()
        return {**os.environ, **dict(re.findall(r"^export (\w+)='(.*)'$", lines, re.MULTILINE))}


@pytest.fixture
def topology() -> Iterator[Topology]:
    """Return the running topology; its folder shows when it fails to start."""
    port = free_port()
    with temporary_folder() as folder:
        command = [sys.executable, "-m", "tests.servers.scale", "--no-demo"]
        process = subprocess.Popen(
            [*command, "--port", str(port), "--folder", str(folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        page = ""
        try:
            while not page.endswith(LAST_LINE):
                line = process.stdout.readline()
                assert line, page
                page += line
            yield Topology(process, port, folder, page)
        finally:
            process.kill()  # its children end with it
            process.communicate()


def test_two_processes_serve_one_address_and_one_room_and_a_signal_ends_all(topology: Topology) -> None:
    children = psutil.Process(topology.process.pid).children(recursive=True)
    _check_that_both_answer(topology)
    _check_that_a_fact_crosses(topology)

    again = subprocess.run(
        [sys.executable, "-m", "tests.servers.scale", "--port", str(topology.port)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert f"Port {topology.port} of 127.0.0.1 is in use" in again.stderr

    topology.process.send_signal(signal.SIGTERM)
    rest, _ = topology.process.communicate(timeout=40)
    assert rest == "Stopping web-1, web-2, worker, beat, valkey, postgres.\n"
    assert topology.process.returncode == 0
    assert [child for child in children if child.is_running()] == []
    assert (topology.folder / "postgres" / "PG_VERSION").exists()
    assert not (topology.folder / "postgres" / "postmaster.pid").exists()


def _check_that_both_answer(topology: Topology) -> None:
    """Open connections to the shared port until each web process has answered on one of them."""
    webs = {topology.web(1)[0], topology.web(2)[0]}
    with ExitStack() as open_connections:
        for _ in range(64):
            connection = closing(HTTPConnection("127.0.0.1", topology.port, timeout=10))
            http = open_connections.enter_context(connection)
            http.request("GET", "/readyz")
            response = http.getresponse()
            assert (response.status, json.load(response)["status"]) == (200, "ready")
            if {pid for pid in webs if _serves(pid, topology.port)} == webs:
                return
    pytest.fail("one of the two web processes got no connection in 64")


def _serves(pid: int, port: int) -> bool:
    """Tell whether a process has somebody connected to this port of its."""
    connections = psutil.Process(pid).net_connections(kind="tcp4")
    return any(found.laddr.port == port and found.raddr for found in connections)


def _check_that_a_fact_crosses(topology: Topology) -> None:
    """Say something through one web process; a viewer of the other hears it."""
    made = subprocess.run(
        [sys.executable, "-c", MAKE_ROOM],
        cwd=ROOT,
        env={**topology.environment(), "DJANGO_SETTINGS_MODULE": "marketplace.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    room, token = made.stdout.split()
    (_, here), (_, there) = topology.web(1), topology.web(2)
    url = f"ws://127.0.0.1:{there}/ws/v1/rooms/{room}"
    with connect(url, subprotocols=[Subprotocol("room.v1")]) as viewer:
        assert json.loads(viewer.recv(10))["type"] == "room.snapshot"
        with closing(HTTPConnection("127.0.0.1", here, timeout=10)) as http:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            http.request("POST", f"/api/v1/sessions/{room}/captions", json.dumps({"text": "Hello"}), headers)
            assert http.getresponse().status == 201
        heard: list[dict[str, object]] = []

        def said() -> bool:
            heard.append(json.loads(viewer.recv(10)))
            return heard[-1]["type"] == "host.said"

        wait_until(said, seconds=10, what="the viewer hears it")
    assert heard[-1]["data"]["text"] == "Hello"  # type: ignore[index]
