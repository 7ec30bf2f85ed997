"""Run the suite in one mode or in both: ``python -m tests.run embedded|scaled|all [pytest arguments]``.

The servers of the scaled mode come from wheels unless DATABASE_URL or REDIS_URL name others. Both modes run
at the same time, each as one run of pytest with its own closing line: one works while the other waits. What
the scaled one says is shown after the embedded one's; when that fails, the other is stopped.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.plugin import FOLDER_VARIABLE
from tests.servers import ROOT, Postgres, Valkey, temporary_folder

CORES = os.cpu_count() or 1
#: Of a mode. More than there are cores: tests on real sockets wait for a fifth of their time.
PROCESSES = CORES + 1
LOOK_SECONDS = 0.2
#: Files in memory: a commit waits for no disk there. A run of both modes takes less than a GB of it.
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of this run's own is made in it
MEMORY_BYTES = 4 << 30


def run_embedded(folder: Path, arguments: list[str]) -> int:
    """Run pytest on SQLite and the in-memory channel layer."""
    return _pytest({"DATABASE_URL": "", "REDIS_URL": ""}, folder, arguments)


def run_scaled(folder: Path, arguments: list[str]) -> int:
    """Run pytest on PostgreSQL and Valkey, or on the servers that the environment names."""
    with ExitStack() as servers:
        database_url = os.environ.get("DATABASE_URL")
        redis_url = os.environ.get("REDIS_URL")
        if not database_url:
            postgres = Postgres(folder, socket=True)
            servers.enter_context(postgres)
            database_url = postgres.socket_url()
        if not redis_url:
            valkey = Valkey(folder)
            servers.enter_context(valkey)
            redis_url = valkey.url()
        return _pytest({"DATABASE_URL": database_url, "REDIS_URL": redis_url}, folder, arguments)


def run_all(folder: Path, arguments: list[str]) -> int:
    """Run both modes at the same time."""
    with _aside(folder / "scaled.txt", ["scaled", *arguments]) as scaled:
        return run_embedded(folder, arguments) or scaled.show()


MODES = {"embedded": run_embedded, "scaled": run_scaled, "all": run_all}


def main(arguments: list[str]) -> int:
    """Run what the first argument names; return pytest's exit code."""
    if not arguments or arguments[0] not in MODES:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # stop what was started first
    with temporary_folder(_in_memory()) as folder:
        return MODES[arguments[0]](folder, arguments[1:])


def _in_memory() -> Path | None:
    """Return MEMORY where there is such a thing, with room enough and programs allowed to start from it."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < MEMORY_BYTES:
        return None
    return None if os.statvfs(MEMORY).f_flag & os.ST_NOEXEC else MEMORY


@dataclass
class _Aside:
    """A run of this module whose output goes into a file."""

    process: subprocess.Popen[bytes]
    said: Path

    def show(self) -> int:
        """Print what it said and says until it ends; return its exit code."""
        with self.said.open("rb") as lines:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(LOOK_SECONDS)
                sys.stdout.buffer.write(lines.read())
                sys.stdout.flush()
                if self.process.returncode is not None:
                    return self.process.returncode


@contextmanager
def _aside(said: Path, arguments: list[str]) -> Iterator[_Aside]:
    """Run this module beside this process, in a group of its own, which ends with the block."""
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.run", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _Aside(process, said)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _pytest(env: dict[str, str], folder: Path, arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-n", str(PROCESSES), "--dist", "worksteal", *arguments]
    data = folder / "data"
    data.mkdir()
    env = {**os.environ, **env, FOLDER_VARIABLE: str(data), "TMPDIR": str(folder)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # dozens of servers start: each would compile everything anew
    return subprocess.call(command, cwd=ROOT, env=env)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
