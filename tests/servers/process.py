"""A child process with a log, a readiness check, and a port that outlives a restart."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
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
