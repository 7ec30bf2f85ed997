"""Fixtures for every test: people, and servers of our own on this test's database."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.clocks import clock_put_back
from tests.database import database_of
from tests.limits import fresh_limits, limits_redis
from tests.people import admin, brand, brand_owner, brand_staff, buyer, host, outsider, rival
from tests.plugin import FOLDER_VARIABLE
from tests.servers import Beat, Ours, RestingWeb, Web, Worker, temporary_folder

__all__ = [
    "admin",
    "brand",
    "brand_owner",
    "brand_staff",
    "buyer",
    "clock_put_back",
    "fresh_limits",
    "host",
    "limits_redis",
    "outsider",
    "rival",
]

Launch = Callable[..., Web]

#: Buyers who never pause need this; what a limit does is proved with the limits.
NO_LIMIT = "1000000/s"

_SHARED = pytest.StashKey[RestingWeb]()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Halt the web process that tests share before a test that does without it.

    In embedded mode its sweeps would work on what that test commits, and take processor time from it.
    """
    shared = item.config.stash.get(_SHARED, None)
    if shared is not None and "_web_process" not in getattr(item, "fixturenames", ()):
        shared.rest()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Give this test process its database; pytest-django's own fixture would migrate one for each."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "main")
    folder = Path(os.environ[FOLDER_VARIABLE])
    with django_db_blocker.unblock(), database_of(process, folder=folder), django_db_blocker.block():
        yield


@pytest.fixture(scope="module")
def vacuumed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Clear away, at the module's end, a crowd of rows that was rolled back.

    PostgreSQL would step over the hundred thousand dead in every question that comes after, for a minute or
    more: a third of its time in a run.
    """
    yield
    if settings.SCALED:
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("VACUUM")


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Yield a folder for data and logs of the servers that tests start."""
    with temporary_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def server_environment(django_db_setup: None) -> Mapping[str, str]:
    """Return what a process of ours needs to work on this test process's database, in either mode."""
    database = connection.settings_dict
    if settings.SCALED:
        where = f"{quote(database['HOST'], safe='')}:{database['PORT']}/{database['NAME']}"
        who = f"{database['USER']}:{database['PASSWORD']}" if database["PASSWORD"] else database["USER"]
        return {"DATABASE_URL": f"postgres://{who}@{where}", "REDIS_URL": settings.REDIS_URL}
    return {"SQLITE_PATH": str(database["NAME"])}


@pytest.fixture
def launch(
    request: pytest.FixtureRequest,
    transactional_db: None,
    server_folder: Path,
    server_environment: Mapping[str, str],
) -> Iterator[Callable[..., Ours]]:
    """Return a function that starts a process of ours: ``launch(Web, LOG_LEVEL="DEBUG")``."""
    started: list[Ours] = []
    request.node.servers = started

    def start(kind: type[Ours], *, port: int | None = None, **env: str) -> Ours:
        server = kind(server_folder, port=port, env={**server_environment, **env})
        started.append(server)
        server.start()
        return server

    yield start
    for server in reversed(started):
        server.stop()


@pytest.fixture
def launch_web(launch: Callable[..., Ours]) -> Launch:
    """Return a function that starts one more web process, with environment variables as keywords."""

    def start(*, port: int | None = None, **env: str) -> Web:
        server = launch(Web, port=port, **env)
        assert isinstance(server, Web)
        return server

    return start


@pytest.fixture(scope="session")
def _web_process(
    pytestconfig: pytest.Config, server_folder: Path, server_environment: Mapping[str, str]
) -> Iterator[RestingWeb]:
    server = RestingWeb(server_folder, env={**server_environment, "RATE_LIMIT_BUY": NO_LIMIT})
    pytestconfig.stash[_SHARED] = server
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _second_web_process(server_folder: Path, _web_process: RestingWeb) -> Iterator[Web]:
    server = Web(server_folder, env=_web_process.env)
    yield server
    server.stop()


@pytest.fixture
def web(request: pytest.FixtureRequest, _web_process: RestingWeb, transactional_db: None) -> Web:
    """Return a running web process on this test's database, at which people buy as often as they like.

    It outlives the test: what it remembers of rows long gone is keyed by ids that never come back.
    A test that kills it or needs settings of its own takes ``launch_web``.
    """
    request.node.servers = [_web_process]
    _web_process.wake()
    return _web_process


@pytest.fixture
def second_web(request: pytest.FixtureRequest, web: Web) -> Web:
    """Return one more web process beside ``web``; in embedded mode, where there is but one, that one."""
    if not settings.SCALED:
        return web
    second: Web = request.getfixturevalue("_second_web_process")
    if not second.running:
        second.start()
    request.node.servers = [web, second]
    return second


@pytest.fixture
def alone(_web_process: Web, _second_web_process: Web) -> None:
    """Stop the web processes that tests share: nobody else is connected to the database."""
    for shared in (_web_process, _second_web_process):
        shared.stop()


@pytest.fixture
def background(launch: Callable[..., Ours]) -> None:
    """Run the Celery worker and beat; in embedded mode they are threads of the web process already."""
    if settings.SCALED:
        launch(Worker)
        launch(Beat)
