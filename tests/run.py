"""Run the suite in one mode or in both: ``python -m tests.run embedded|scaled|all [pytest arguments]``.

The servers of the scaled mode come from wheels unless DATABASE_URL or REDIS_URL name others. Each mode is one
run of pytest with its own closing line; a mode that fails ends the whole, so its closing line is the last.
"""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.plugin import FOLDER_VARIABLE
from tests.servers import ROOT, Postgres, Valkey, temporary_folder

#: One more than there are cores: tests on real sockets wait for a fifth of their time.
PROCESSES = (os.cpu_count() or 1) + 1


def run_embedded(folder: Path, arguments: list[str]) -> int:
    """Run pytest on SQLite and the in-memory channel layer."""
    return _pytest({"DATABASE_URL": "", "REDIS_URL": ""}, folder, arguments)


def run_scaled(folder: Path, arguments: list[str]) -> int:
    """Run pytest on PostgreSQL and Valkey, or on the servers that the environment names."""
    with ExitStack() as servers:
        database_url = os.environ.get("DATABASE_URL")
        redis_url = os.environ.get("REDIS_URL")
        if not database_url:
            postgres = Postgres(folder)
            servers.enter_context(postgres)
            database_url = postgres.url()
        if not redis_url:
            valkey = Valkey(folder)
            servers.enter_context(valkey)
            redis_url = valkey.url()
        return _pytest({"DATABASE_URL": database_url, "REDIS_URL": redis_url}, folder, arguments)


MODES = {"embedded": [run_embedded], "scaled": [run_scaled], "all": [run_embedded, run_scaled]}


def main(arguments: list[str]) -> int:
    """Run the modes that the first argument names; return pytest's exit code."""
    if not arguments or arguments[0] not in MODES:
        print(__doc__, file=sys.stderr)
        return 2
    for run in MODES[arguments[0]]:
        with temporary_folder() as folder:
            code = run(folder, arguments[1:])
        if code:
            return code
    return 0


def _pytest(env: dict[str, str], folder: Path, arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-n", str(PROCESSES), "--dist", "worksteal", *arguments]
    data = folder / "data"
    data.mkdir()
    env = {**os.environ, **env, FOLDER_VARIABLE: str(data)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # dozens of servers start: each would compile everything anew
    return subprocess.call(command, cwd=ROOT, env=env)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
