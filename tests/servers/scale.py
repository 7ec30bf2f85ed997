"""``make scale``: the scaled topology on one machine, without containers.

PostgreSQL and Valkey from wheels, web processes that share one port, a Celery worker and beat: each a child
process. Data and logs stay in ``var/scale``. A child that ends is started again; SIGINT or SIGTERM stops all.
"""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from marketplace.lib.ports import PortTaken, names_served, require_free, url_of
from marketplace.lib.processes import Child, ChildFailed, Supervisor, say
from tests.servers.databases import Postgres, Valkey
from tests.servers.ours import Beat, Manage, Ours, Web, Worker
from tests.servers.process import ROOT

DATABASE = "hawker"
#: Each may open DATABASE_POOL connections, of which PostgreSQL has 200.
MOST_WEB_PROCESSES = 8


class SharedWeb(Web):
    """A web process on a port that others listen on too; its own port reaches it alone."""

    def __init__(self, folder: Path, *, name: str, host: str, shared: int, env: Mapping[str, str]) -> None:
        super().__init__(folder, name=name, env=env)
        self.address = ("--host", host, "--port", str(shared), "--own-port", str(self.port))

    def command(self) -> Sequence[str]:
        """Return the server's command line."""
        return [sys.executable, "-m", "marketplace.server", *self.address]


class Scale:
    """The processes of the scaled topology, in the folder that keeps their data and logs."""

    def __init__(self, folder: Path, *, host: str, port: int, web: int) -> None:
        self.folder = folder
        self.address = f"{url_of(host, port)}/"
        self.postgres = Postgres(folder, name="postgres", fsync=True, data=folder / "postgres")
        self.valkey = Valkey(folder, name="valkey")
        self.env = {
            "MARKETPLACE_MODE": "sandbox",
            "DATABASE_URL": self.postgres.url(DATABASE),
            "REDIS_URL": self.valkey.url(),
            "WEB_PROCESSES": str(web),
            "ALLOWED_HOSTS": os.environ.get("ALLOWED_HOSTS") or names_served(host),
            "VAR_DIR": str(folder),
        }
        self.beat = Beat(folder, name="beat", env=self.env)
        self.worker = Worker(folder, name="worker", env=self.env)
        self.webs = [
            SharedWeb(folder, name=f"web-{number}", host=host, shared=port, env=self.env)
            for number in range(1, web + 1)
        ]

    def run(self, *, demo: bool) -> None:
        """Start everything, tell how to reach it, and keep it running until a signal.

        Raises:
            ChildFailed: a process ended or did not answer while everything was being started.
        """
        with Supervisor(say=say) as supervisor:
            say(f"Starting PostgreSQL and Valkey. Logs: {self.folder}/*.log")
            supervisor.start(self.postgres)
            self._make_database()
            supervisor.start(self.valkey)
            supervisor.run(self._manage("migrate", "--verbosity", "0"))
            if demo:
                say("Making the demo: the first time that may take a minute.")
                command = self._manage("demo")
                supervisor.run(command)
                say(command.output().rstrip())
            say(f"Starting beat, a worker and {len(self.webs)} web processes.")
            supervisor.start(self.beat)
            supervisor.start(self.worker)
            supervisor.start(*self.webs)
            self._tell()
            supervisor.watch()

    def _make_database(self) -> None:
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if there is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _manage(self, *arguments: str) -> Ours:
        return Manage(self.folder, arguments, env=self.env)

    def _tell(self) -> None:
        """Print the one page: where everything is, and how to work with it."""
        environment = self.folder / "environment"
        environment.write_text("".join(f"export {name}='{value}'\n" for name, value in self.env.items()))
        rows: list[tuple[Child, str]] = [(web, f"{web.url}/metrics") for web in self.webs]
        rows += [(self.worker, ""), (self.beat, "")]
        rows += [(self.valkey, self.valkey.url()), (self.postgres, self.postgres.url(DATABASE))]
        say("")
        say(f"Serving on {self.address} : API documentation /api/docs/, administration /admin/.")
        for child, url in rows:
            say(f"  {child.name:<9} process {child.pid:<8} {child.log_path.name:<13} {url}".rstrip())
        say(f"Commands on this database: . {environment} && .venv/bin/python manage.py audit")
        say("Ctrl-C stops everything and keeps the data.")


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder against a second run, which exits with a message."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"Another `make scale` runs in {folder}: stop it first.")
        yield


def main(arguments: Sequence[str]) -> None:
    """Run the topology from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.scale", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address that the web processes share")
    parser.add_argument("--port", type=int, default=8000, help="port that the web processes share")
    parser.add_argument("--web", type=int, default=2, help="number of web processes")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "scale", help="data and logs")
    parser.add_argument("--no-demo", action="store_true", help="make no demo data")
    given = parser.parse_args(arguments)
    if not 1 <= given.web <= MOST_WEB_PROCESSES:
        parser.error(f"--web is a number from 1 to {MOST_WEB_PROCESSES}")
    try:
        require_free(given.host, given.port, command="make scale")
        folder = given.folder.resolve()
        (folder / "static").mkdir(parents=True, exist_ok=True)  # whitenoise warns where there is none
        with alone_in(folder):
            Scale(folder, host=given.host, port=given.port, web=given.web).run(demo=not given.no_demo)
    except (PortTaken, ChildFailed) as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main(sys.argv[1:])
