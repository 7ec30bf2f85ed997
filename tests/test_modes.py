"""The suite runs on what it says it runs on."""

import os
import tempfile
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.db import connection

from tests.plugin import mode


@pytest.mark.django_db
def test_the_database_is_the_modes_own() -> None:
    assert connection.vendor == {"embedded": "sqlite", "scaled": "postgresql"}[mode()]
    assert settings.SCALED is (mode() == "scaled")


@pytest.mark.django_db
def test_sqlite_lives_in_a_file_that_servers_can_open_too() -> None:
    database = connection.settings_dict
    if mode() == "embedded":
        assert Path(database["NAME"]).is_file()
        assert str(database["NAME"]).startswith(tempfile.gettempdir())
    else:
        assert str(database["NAME"]).startswith("test_")


def test_redis_answers_in_scaled_mode_and_is_unknown_in_embedded_mode() -> None:
    if mode() == "embedded":
        assert settings.REDIS_URL == ""
        return
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert client.ping() is True


def test_nothing_is_written_below_the_projects_own_var() -> None:
    assert Path(settings.VAR_DIR).is_relative_to(os.environ["HAWKER_TEST_FOLDER"])


def test_a_tests_password_is_cheap_and_any_server_accepts_it() -> None:
    encoded = make_password("correct horse")
    algorithm, rounds, _, _ = encoded.split("$")
    assert (algorithm, rounds) == (PBKDF2PasswordHasher.algorithm, "1")
    assert PBKDF2PasswordHasher().verify("correct horse", encoded)
