"""What benches run on: PostgreSQL with fsync on, Valkey, and processes of ours on new databases."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.servers import ROOT, Ours, Postgres, Server, Valkey, Web, temporary_folder

#: Benches measure selling, not the limits that keep one person from asking too often.
NO_LIMITS = {
    "RATE_LIMIT_BUY": "1000000/s",
    "RATE_LIMIT_DEFAULT": "1000000/s",
    "RATE_LIMIT_ANONYMOUS": "1000000/s",
}
SHOWN = ("server_version", "fsync", "synchronous_commit", "shared_buffers")


class PreparationFailed(RuntimeError):
    """A command that prepares a bench ended with an error."""


@dataclass
class Stack:
    """Servers that live as long as the benches do."""

    folder: Path
    servers: ExitStack
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @cached_property
    def postgres_url(self) -> str:
        """Return the address of PostgreSQL: DATABASE_URL, or a server from the wheel with fsync on."""
        if given := os.environ.get("DATABASE_URL"):
            return given
        return self.servers.enter_context(Postgres(self.folder, fsync=True)).url()

    def database(self) -> str:
        """Return one line: which PostgreSQL, and whether a commit survives a power cut."""
        with psycopg.connect(self.postgres_url) as connection:
            settings = [connection.execute(f"SHOW {name}").fetchone() for name in SHOWN]
        return "PostgreSQL " + ", ".join(
            f"{name} {value}" for name, (value,) in zip(SHOWN, filter(None, settings), strict=True)
        )

    @cached_property
    def redis_url(self) -> str:
        """Return the address of Redis: REDIS_URL, or Valkey from the wheel."""
        return os.environ.get("REDIS_URL") or self.servers.enter_context(Valkey(self.folder)).url()

    @cached_property
    def _template(self) -> str:
        name = self.empty_database()
        _manage({"DATABASE_URL": self._url(name), "REDIS_URL": self.redis_url}, "migrate", "--verbosity", "0")
        return name

    def empty_database(self, template: str = "template1") -> str:
        """Make a database and return its name; it goes with the stack."""
        name = f"hawker_bench_{os.getpid()}_{next(self._numbers)}"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, template)
        self.servers.callback(self._execute, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)
        return name

    def _execute(self, statement: sql.SQL, *names: str) -> None:
        with psycopg.connect(self.postgres_url, autocommit=True) as connection:
            connection.execute(statement.format(*map(sql.Identifier, names)))

    def _url(self, database: str) -> str:
        return f"{self.postgres_url.rpartition('/')[0]}/{database}"

    def database_url(self) -> str:
        """Make an empty database for a baseline and return its address."""
        return self._url(self.empty_database())

    def scaled(self, **env: str) -> dict[str, str]:
        """Return the environment of the marketplace in scaled mode on a new database with its tables."""
        database_url = self._url(self.empty_database(self._template))
        return {"DATABASE_URL": database_url, "REDIS_URL": self.redis_url, **self._common(), **env}

    def copy(self, env: dict[str, str]) -> dict[str, str]:
        """Return the environment of a copy of a database to which nobody is connected."""
        name = self.empty_database(env["DATABASE_URL"].rpartition("/")[2])
        return {**env, **self._common(), "DATABASE_URL": self._url(name)}

    def embedded(self, **env: str) -> dict[str, str]:
        """Return the environment of the marketplace in embedded mode on a new SQLite file with its tables."""
        given = {"DATABASE_URL": "", "REDIS_URL": "", **self._common(), **env}
        _manage(given, "migrate", "--verbosity", "0")
        return given

    def _common(self) -> dict[str, str]:
        var = self.folder / f"var-{next(self._numbers)}"
        var.mkdir()
        return {"VAR_DIR": str(var), "LOG_LEVEL": "WARNING", **NO_LIMITS}

    def web(self, env: dict[str, str], *, port: int | None = None) -> Web:
        """Return a web process, not yet started."""
        return Web(self.folder, port=port, env=env)


@contextmanager
def stack() -> Iterator[Stack]:
    """Yield what benches run on, and stop all of it after."""
    with temporary_folder() as folder, ExitStack() as servers:
        yield Stack(folder, servers)


def prepare(env: dict[str, str], **asked: Any) -> dict[str, Any]:
    """Fill a database with a show and with people; ``tests.benchmarks.seed`` says what can be asked."""
    output = run_command(env, sys.executable, "-m", "tests.benchmarks.seed", json.dumps(asked))
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


def audit(env: dict[str, str]) -> str:
    """Return what ``manage.py audit`` prints; it ends with an error when there are findings."""
    return _manage(env, "audit")


def _manage(env: dict[str, str], *arguments: str) -> str:
    return run_command(env, sys.executable, "manage.py", *arguments)


def run_command(env: dict[str, str], *command: str) -> str:
    """Run a command for a database and return what it prints; raises PreparationFailed."""
    merged = {key: value for key, value in {**os.environ, **env}.items() if value}
    done = subprocess.run(command, cwd=ROOT, env=merged, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PreparationFailed(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def running(*servers: Server | Ours) -> Iterator[None]:
    """Run servers for as long as the block takes."""
    with ExitStack() as stack_:
        for server in servers:
            stack_.enter_context(server)
        yield
