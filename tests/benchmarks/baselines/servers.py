"""The baselines as servers that can be started and stopped."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import ClassVar

from tests.servers import ROOT, Server, ServerFailed

HERE = Path(__file__).resolve().parent
NODE_FOLDER = ROOT / "var" / "bench" / "socketio"


class Baseline(Server):
    """A server that answers 200 to a GET when it is up."""

    ready_path = "/readyz"
    settings = ""

    def __init__(self, folder: Path, *, env: Mapping[str, str] | None = None) -> None:
        super().__init__(folder)
        self.env = dict(env or {})

    def environment(self) -> Mapping[str, str]:
        """Return this process's environment with the baseline's own settings."""
        return {**os.environ, "DJANGO_SETTINGS_MODULE": self.settings, **self.env}

    def is_ready(self) -> bool:
        """Tell whether the server answers."""
        try:
            with contextlib.closing(HTTPConnection("127.0.0.1", self.port, timeout=2)) as connection:
                connection.request("GET", self.ready_path)
                return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False


class Textbook(Baseline):
    """The textbook view behind gunicorn with two sync workers."""

    name = "textbook"
    settings = "tests.benchmarks.baselines.textbook.settings"

    def command(self) -> Sequence[str]:
        """Return gunicorn's command line."""
        return [
            *(sys.executable, "-m", "gunicorn", "tests.benchmarks.baselines.textbook.wsgi:application"),
            *("--workers", "2", "--worker-class", "sync", "--bind", f"127.0.0.1:{self.port}"),
            *("--backlog", "2048", "--log-level", "warning", "--no-control-socket"),
        ]

    def prepare(self) -> None:
        """Make the tables and the product."""
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.baselines.textbook.wsgi"],
            cwd=ROOT,
            env=dict(self.environment()),
            check=True,
        )


class StockChannels(Baseline):
    """Channels' own way behind uvicorn as it comes.

    STOCK_REDIS_URL makes it use the layer that Channels recommends; without it, the in-memory one, which at
    5,000 viewers is four times slower: it walks all of them for each of them.
    """

    name = "channels"
    viewer: ClassVar = {"path": "/ws"}
    events = 2
    settings = "tests.benchmarks.baselines.channels_stock.settings"

    def command(self) -> Sequence[str]:
        """Return uvicorn's command line."""
        return [
            *(sys.executable, "-m", "uvicorn", "tests.benchmarks.baselines.channels_stock.asgi:application"),
            *("--host", "127.0.0.1", "--port", str(self.port), "--backlog", "4096", "--lifespan", "off"),
            *("--no-access-log", "--log-level", "warning"),
        ]


class SocketIo(Baseline):
    """socket.io 4 on Node."""

    name = "socketio"
    viewer: ClassVar = {"path": "/socket.io/?EIO=4&transport=websocket", "hello": "40"}
    events = 40

    @staticmethod
    def available() -> bool:
        """Tell whether Node and npm are on this machine."""
        return shutil.which("node") is not None and shutil.which("npm") is not None

    def prepare(self) -> None:
        """Install socket.io below var/, once.

        Raises:
            ServerFailed: npm could not install it.
        """
        NODE_FOLDER.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "server.js"):
            shutil.copy(HERE / "socketio" / name, NODE_FOLDER / name)
        if (NODE_FOLDER / "node_modules" / "socket.io").exists():
            return
        command = ["npm", "install", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error"]
        done = subprocess.run(command, cwd=NODE_FOLDER, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerFailed(f"npm install ended with {done.returncode}\n{done.stdout}{done.stderr}")

    def command(self) -> Sequence[str]:
        """Return node's command line."""
        return ["node", str(NODE_FOLDER / "server.js"), str(self.port)]
