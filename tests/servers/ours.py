"""Processes of the marketplace: web server, Celery worker, Celery beat."""

import os
import signal
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from marketplace.lib.ports import is_ready
from tests.servers.process import Server


class Ours(Server):
    """A process of the marketplace itself, with the environment it is given on top of this one's."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        name: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, port=port, name=name)
        self.env = dict(env or {})

    def environment(self) -> Mapping[str, str]:
        """Return this process's environment with the given values over it; an empty value removes one."""
        merged = {**os.environ, "DJANGO_SETTINGS_MODULE": "marketplace.settings", **self.env}
        return {key: value for key, value in merged.items() if value}


class Web(Ours):
    """One web process: uvicorn with the marketplace's WebSocket class."""

    name = "web"

    def command(self) -> Sequence[str]:
        """Return the server's command line."""
        return [sys.executable, "-m", "marketplace.server", "--host", "127.0.0.1", "--port", str(self.port)]

    @property
    def url(self) -> str:
        """Return the base address for HTTP, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """Return the base address for WebSocket, without a slash at the end."""
        return f"ws://127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        """Tell whether /readyz answers 200."""
        return is_ready(self.url)


class RestingWeb(Web):
    """A web process that is halted while nobody needs it, where it would sweep: in embedded mode."""

    LOCK_SECONDS = 30.0
    _rests = False

    def rest(self) -> None:
        """Halt the process between two transactions: halted inside one it would hold up everybody else."""
        path = self.env.get("SQLITE_PATH")
        if path is None or self._rests or not self.running:
            return
        database = sqlite3.connect(path, timeout=self.LOCK_SECONDS, isolation_level=None)
        with closing(database):  # which lets go of the lock
            database.execute("BEGIN IMMEDIATE")
            os.kill(self.pid, signal.SIGSTOP)
            os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        self._rests = True

    def wake(self) -> None:
        """Have the process go on, or start it when it does not run."""
        if not self.running:
            self.start()
        elif self._rests:
            self._rests = False
            os.kill(self.pid, signal.SIGCONT)

    def launch(self) -> None:
        """Start the process without waiting for it."""
        self._rests = False
        super().launch()

    def ask_to_stop(self) -> None:
        """Send the signal that asks the process to end, to a process that can hear it."""
        if self.running:
            self.wake()
        super().ask_to_stop()


class Worker(Ours):
    """A Celery worker with two threads."""

    name = "worker"

    def command(self) -> Sequence[str]:
        """Return the worker's command line."""
        return [
            *(sys.executable, "-m", "celery", "-A", "marketplace.celery", "worker"),
            *("--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle"),
            *("--loglevel", "info", "--hostname", f"worker{self.port}@%h"),
        ]

    def is_ready(self) -> bool:
        """Tell whether the worker has said so in its log."""
        return " ready." in self.output()


class Beat(Ours):
    """The Celery scheduler."""

    name = "beat"

    def command(self) -> Sequence[str]:
        """Return the scheduler's command line."""
        return [
            *(sys.executable, "-m", "celery", "-A", "marketplace.celery", "beat"),
            *("--loglevel", "info", "--enable-remote-control", "--hostname", f"beat{self.port}@%h"),
        ]

    def is_ready(self) -> bool:
        """Tell whether the scheduler has said so in its log."""
        return " is starting." in self.output()


class Manage(Ours):
    """One command of manage.py, which ends by itself."""

    def __init__(self, folder: Path, arguments: Sequence[str], *, env: Mapping[str, str]) -> None:
        super().__init__(folder, name=arguments[0], env=env)
        self.arguments = arguments

    def command(self) -> Sequence[str]:
        """Return the command line."""
        return [sys.executable, "manage.py", *self.arguments]
