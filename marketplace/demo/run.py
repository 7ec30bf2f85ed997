"""``make run``: the demo's database, its server, and a simulated show that goes on until Ctrl-C.

Server and simulation are processes of their own. This one makes the data, starts them, says where everything
is, starts again what ends by itself, and takes both down.
"""

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from marketplace.lib.ports import PortTaken, is_ready, names_served, require_free, url_of
from marketplace.lib.processes import Child, ChildFailed, Supervisor, say

ROOT = Path(__file__).resolve().parents[2]

PAGE = """
  Hawker is running.

  Market             {url}/
  Room to try        {url}/live/{live}
  Streamer's console {url}/admin/live/
  API documentation  {url}/api/docs/
  Administration     {url}/admin/
  Clock to move      {url}/sandbox/clock

{accounts}

  {crowd}
  Logs: {logs}
  Ctrl-C stops everything.
"""
CROWD = "{viewers} simulated viewers come to “Lantern evening”, hosted by lulu, again and again."
NOBODY = "Nobody is simulated (VIEWERS=0)."


class Demo:
    """The processes of a running demo."""

    def __init__(self, *, host: str, port: int, viewers: int, speed: float) -> None:
        self._folder = Path(os.environ.get("VAR_DIR") or ROOT / "var")
        self._viewers = viewers
        self._url = url = url_of(host, port)
        self._data = self._child("demo", "manage.py", "demo", "--migrate")
        self._server = self._child(
            *("server", "-m", "marketplace.server", "--host", host, "--port", str(port)),
            env={
                "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
                "ALLOWED_HOSTS": os.environ.get("ALLOWED_HOSTS") or names_served(host),
            },
        )
        self._server.ready = lambda: is_ready(url)
        self._simulation = self._child(
            *("simulation", "manage.py", "simulate", "--preset", "taobao_live", "--viewers", str(viewers)),
            *("--speed", f"{speed:g}", "--url", url, "--loop"),
            *("--report", str(self._folder / "simulation.html")),
        )

    def run(self) -> None:
        """Run until a signal. Raises ChildFailed: the data cannot be made or the server does not start."""
        (self._folder / "static").mkdir(parents=True, exist_ok=True)  # whitenoise warns where there is none
        with Supervisor(say=say) as supervisor:
            say("Looking after the database and the demo's data.")
            supervisor.run(self._data)
            supervisor.start(self._server)
            say(self._page(self._data.output()))
            if self._viewers:
                supervisor.start(self._simulation)
            supervisor.watch()

    def _child(self, name: str, *arguments: str, env: Mapping[str, str] | None = None) -> Child:
        return Child(
            name,
            [sys.executable, *arguments],
            log=self._folder / f"{name}.log",
            env={**os.environ, **(env or {})},
            folder=ROOT,
        )

    def _page(self, told: str) -> str:
        """Return the page that says where everything is."""
        live = re.search(r"^Live session: (\S+)$", told, re.MULTILINE)
        accounts = told[max(told.find("Accounts"), 0) :].splitlines()
        return PAGE.format(
            url=self._url,
            live=live[1] if live else "",
            accounts="\n".join(f"  {line}" for line in accounts),
            crowd=CROWD.format(viewers=self._viewers) if self._viewers else NOBODY,
            logs=f"{self._server.log_path}, {self._simulation.log_path}",
        )


def main(arguments: Sequence[str]) -> int:
    """Run the demo; return 0 when it was stopped, 1 when it failed."""
    parser = argparse.ArgumentParser(prog="make run", description="Serve the demo.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--viewers", type=int, default=300, help="people in the simulated crowd; 0 for none")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster than real time")
    given = parser.parse_args(arguments)
    try:
        require_free(given.host, given.port, command="make run")
        Demo(host=given.host, port=given.port, viewers=given.viewers, speed=given.speed).run()
    except (PortTaken, ChildFailed) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
