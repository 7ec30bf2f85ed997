"""A child process with a log, a readiness check, and a port that outlives a restart."""

import contextlib
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from marketplace.lib.processes import Child, ChildFailed

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.02

#: A server ended or did not answer in time; the message carries the end of its log.
ServerFailed = ChildFailed


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(
    condition: Callable[[], bool], *, seconds: float, what: str, every: float = POLL_SECONDS
) -> None:
    """Poll a condition until it holds; one that costs something is asked less often than usual.

    Raises:
        TimeoutError: it did not hold within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(every)


@contextlib.contextmanager
def temporary_folder(below: Path | None = None) -> Iterator[Path]:
    """Yield a folder below another or the system's temporary one that all may enter, and remove it after."""
    folder = Path(tempfile.mkdtemp(prefix="hawker-", dir=below))
    folder.chmod(0o755)  # PostgreSQL refuses to run as root, and as another user it must reach its data
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Server(Child):
    """One child process on a port of its own that outlives a restart.

    Args:
        folder: where its log and data are.
        port: TCP port of the loopback interface; a free one when left out.
        name: what it and its log are called; the kind and the port when left out.
    """

    name = "server"

    def __init__(self, folder: Path, *, port: int | None = None, name: str | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        log = folder / f"{name or f'{self.name}-{self.port}'}.log"
        super().__init__(name or self.name, log=log, folder=ROOT)
