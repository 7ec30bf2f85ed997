"""``make run``: the demo's database, its server, and a simulated show that goes on until Ctrl-C.

Server and simulation are processes of their own. This one starts them, says where everything is, watches, and
takes them down again.
"""

import argparse
import errno
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from marketplace.demo.child import ROOT, Child

#: What commands, server and simulation say, anew with each run.
LOGS = ("demo.log", "server.log", "simulation.log")
POLL_SECONDS = 0.1
READY_SECONDS = 60
#: Longer than the server's own grace, and than a show takes to say farewell.
SERVER_PATIENCE, SIMULATION_PATIENCE = 12, 4
FIRST_REST, LONGEST_REST = 5.0, 60.0
#: A simulation that has lived so long starts over with the shortest rest.
STEADY_SECONDS = 120.0

PAGE = """
  Hawker is running.

  Market             {url}/
  Room to try        {url}/live/{live}
  Streamer's console {url}/admin/live/
  API documentation  {url}/api/docs/
  Administration     {url}/admin/

{accounts}

  {crowd}
  Logs: {logs}
  Ctrl-C stops everything.

"""
CROWD = "{viewers} simulated viewers come to “Lantern evening”, hosted by lulu, again and again."
NOBODY = "Nobody is simulated (VIEWERS=0)."


class Failed(Exception):
    """The demo cannot run; the message says why."""


class Stopped(Exception):
    """Somebody wants everything to end."""


class Demo:
    """The processes of a running demo."""

    def __init__(self, *, host: str, port: int, viewers: int, speed: float) -> None:
        """Prepare; nothing runs yet."""
        self._host, self._port = host, port
        self._viewers, self._speed = viewers, speed
        self._var = Path(os.environ.get("VAR_DIR") or ROOT / "var")
        self._stopping = False
        self._children: list[Child] = []

    @property
    def url(self) -> str:
        """Return the address for a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104 - only compared
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    def stop(self, *_signal: int | FrameType | None) -> None:
        """Have everything end; safe in a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Run until somebody says stop.

        Raises:
            Failed: something does not start, or the server has ended by itself.
            Stopped: everything has been ended as somebody wished.
        """
        check_port(self._host, self._port)
        self._var.mkdir(parents=True, exist_ok=True)
        for name in LOGS:
            (self._var / name).unlink(missing_ok=True)
        say("Looking after the database and the demo's data.\n")
        try:
            told = self._command("demo", "--migrate")
            server = self._serve()
            say(self._page(told))
            self._watch(server)
        finally:
            if self._stopping:
                say("Stopping.\n")
            for child in reversed(self._children):
                child.stop(patience=SERVER_PATIENCE if child is self._children[0] else SIMULATION_PATIENCE)

    def _command(self, *arguments: str) -> str:
        """Run a command of manage.py to its end and return what it said. Raises Failed, Stopped."""
        child = self._start("manage.py", *arguments, log=LOGS[0])
        self._wait(lambda: child.code is not None)
        self._children.remove(child)
        if child.code:
            raise Failed(f"manage.py {arguments[0]} failed, {child.log} ends with:\n{child.last_lines()}")
        return child.text()

    def _serve(self) -> Child:
        """Start the server and wait until it answers."""
        where = ("--host", self._host, "--port", str(self._port))
        level = os.environ.get("LOG_LEVEL", "WARNING")
        server = self._start("-m", "marketplace.server", *where, log=LOGS[1], env={"LOG_LEVEL": level})
        until = time.monotonic() + READY_SECONDS
        self._wait(lambda: server.code is not None or time.monotonic() > until or is_ready(self.url))
        if server.code is not None or time.monotonic() > until:
            raise Failed(f"The server did not start; {server.log} ends with:\n{server.last_lines()}")
        return server

    def _watch(self, server: Child) -> None:
        """Keep the simulation going while the server runs."""
        rest = FIRST_REST
        while True:
            began, simulation = time.monotonic(), self._simulate()
            while simulation is None or simulation.code is None:
                self._pause(server)
            self._children.remove(simulation)
            rest = FIRST_REST if time.monotonic() - began > STEADY_SECONDS else rest
            say(f"The simulated show has ended, see {simulation.log}; another begins in {rest:g} s.\n")
            again = time.monotonic() + rest
            while time.monotonic() < again:
                self._pause(server)
            rest = min(2 * rest, LONGEST_REST)

    def _pause(self, server: Child) -> None:
        """Let a moment pass. Raises Stopped, and Failed when the server has ended."""
        self._wait(lambda: True)
        if server.code is not None:
            raise Failed(
                f"The server has ended ({server.code}). {server.log} ends with:\n{server.last_lines()}"
            )

    def _simulate(self) -> Child | None:
        """Start the show that is played again and again; None when nobody is to come."""
        if not self._viewers:
            return None
        options = ("--preset", "taobao_live", "--viewers", str(self._viewers), "--speed", f"{self._speed:g}")
        report = str(self._var / "simulation.html")
        return self._start(
            *("manage.py", "simulate", *options, "--url", self.url, "--loop", "--report", report),
            log=LOGS[2],
        )

    def _start(self, *arguments: str, log: str, env: dict[str, str] | None = None) -> Child:
        child = Child(arguments, log=self._var / log, env=env)
        self._children.append(child)
        return child

    def _wait(self, condition: Callable[[], object]) -> None:
        """Wait until something is so, a moment at least. Raises Stopped as soon as somebody wants the end."""
        while True:
            time.sleep(POLL_SECONDS)
            if self._stopping:
                raise Stopped
            if condition():
                return

    def _page(self, told: str) -> str:
        """Return the page that says where everything is."""
        live = re.search(r"^Live session: (\S+)$", told, re.MULTILINE)
        accounts = told[max(told.find("Accounts"), 0) :].splitlines()
        logs = ", ".join(str(self._var / name) for name in LOGS[1:])
        return PAGE.format(
            url=self.url,
            live=live[1] if live else "",
            accounts="\n".join(f"  {line}" for line in accounts),
            crowd=CROWD.format(viewers=self._viewers) if self._viewers else NOBODY,
            logs=logs,
        )


def check_port(host: str, port: int) -> None:
    """Raise Failed unless the server can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except (OSError, OverflowError) as error:
            if getattr(error, "errno", None) == errno.EADDRINUSE:
                raise Failed(
                    f"Port {port} of {host} is in use: stop what listens there, or choose another with"
                    f" make run PORT={port + 1}."
                ) from None
            raise Failed(f"The server cannot listen on port {port} of {host}: {error}.") from None


def is_ready(url: str) -> bool:
    """Tell whether the server answers and has all it needs."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def say(text: str) -> None:
    """Write to the terminal; one that has been closed hears nothing."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        return


def main(arguments: Sequence[str]) -> int:
    """Run the demo; return 0 when it was stopped, 1 when it failed."""
    parser = argparse.ArgumentParser(prog="make run", description="Serve the demo.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--viewers", type=int, default=300, help="people in the simulated crowd; 0 for none")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster than real time")
    given = parser.parse_args(arguments)
    demo = Demo(host=given.host, port=given.port, viewers=given.viewers, speed=given.speed)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, demo.stop)
    try:
        demo.run()
    except Stopped:
        return 0
    except Failed as failure:
        sys.stderr.write(f"{failure}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
