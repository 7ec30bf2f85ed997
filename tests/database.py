"""The database of a test process: a copy of one that the first process of a run has migrated.

To migrate takes half a second of processor time, to copy next to nothing.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection


@contextmanager
def database_of(process: str, *, folder: Path) -> Iterator[None]:
    """Work on a migrated database, and remove it after.

    Args:
        process: a name of its own among those of the run.
        folder: shared by the processes of the run.
    """
    users = folder / "databases"
    users.mkdir(exist_ok=True)
    creation: Any = connection.creation
    name, own, model = connection.settings_dict["NAME"], creation._get_test_db_name(), _model(folder)
    with _locked(folder):
        if not any(users.iterdir()):
            _migrate(model, own=own)
        (users / process).touch()
        _copy(model, own)
    _use(own)
    yield
    creation.destroy_test_db(name, verbosity=0)
    with _locked(folder):
        (users / process).unlink()
        if not any(users.iterdir()):
            _remove(model)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "databases.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _model(folder: Path) -> str:
    name = connection.settings_dict["NAME"]
    return f"test_{name}_model" if settings.SCALED else str(folder / "model.sqlite3")


def _migrate(model: str, *, own: str) -> None:
    """Make the database to copy, and leave it: nobody may be connected to what PostgreSQL copies."""
    connection.settings_dict["TEST"]["NAME"] = model
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    if settings.SCALED:
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's own
    connection.settings_dict["TEST"]["NAME"] = own


def _copy(model: str, own: str) -> None:
    if settings.SCALED:
        _remove(own)
        _execute(f"CREATE DATABASE {_quoted(own)} TEMPLATE {_quoted(model)}")
    else:
        shutil.copyfile(model, own)


def _remove(name: str) -> None:
    if settings.SCALED:
        _execute(f"DROP DATABASE IF EXISTS {_quoted(name)}")
    else:
        Path(name).unlink()


def _execute(statement: str) -> None:
    creation: Any = connection.creation
    with creation._nodb_cursor() as cursor:
        cursor.execute(statement)


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _use(name: str) -> None:
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
