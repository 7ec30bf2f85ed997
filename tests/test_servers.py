"""The servers that tests rely on can be killed and come back with what they had."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
import redis

from tests.people import sign_up
from tests.servers import Postgres, RestingWeb, Server, ServerFailed, Valkey, temporary_folder


class Talker(Server):
    """A process that says something and ends."""

    name = "talker"

    def command(self) -> list[str]:
        return ["sh", "-c", "echo 'no such setting'; exit 3"]

    def is_ready(self) -> bool:
        return False


@pytest.fixture
def folder() -> Iterator[Path]:
    with temporary_folder() as folder:
        yield folder


def test_postgres_keeps_what_was_committed_when_it_is_killed(folder: Path) -> None:
    with Postgres(folder, fsync=True) as postgres:
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE told (word text)")
            connection.execute("INSERT INTO told VALUES ('kept')")
        first = postgres.pid
        postgres.kill()
        assert not postgres.running
        postgres.start()
        assert postgres.pid != first
        with psycopg.connect(postgres.url()) as connection:
            assert connection.execute("SELECT word FROM told").fetchall() == [("kept",)]
            assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_valkey_forgets_everything_when_it_is_killed_and_keeps_its_address(folder: Path) -> None:
    with Valkey(folder) as valkey:
        address = valkey.url()
        with redis.Redis.from_url(address) as client:
            client.set("word", "lost")
        valkey.kill()
        valkey.start()
        assert valkey.url() == address
        with redis.Redis.from_url(address) as client:
            assert client.get("word") is None


def test_a_server_that_ends_at_once_says_why(folder: Path) -> None:
    with pytest.raises(ServerFailed, match=r"talker ended with 3 before it was ready\nno such setting"):
        Talker(folder).start()


def test_a_stopped_server_leaves_no_process(folder: Path) -> None:
    with Valkey(folder) as valkey:
        pid = valkey.pid
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)
    with pytest.raises(ServerFailed, match="valkey is not running"):
        _ = valkey.pid


@pytest.mark.only_in("embedded")
def test_a_web_process_at_rest_holds_up_nobody_and_goes_on(web: RestingWeb) -> None:
    for number in range(20):
        web.rest()
        assert psutil.Process(web.pid).status() == psutil.STATUS_STOPPED
        sign_up(f"writer{number}")
        web.wake()
    assert httpx.get(f"{web.url}/readyz").status_code == 200
