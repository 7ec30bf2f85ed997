"""One world for all tests of a module; what a test does to it is undone."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker, Settings

from tests.security.world import World, build_world, undone


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Return the world, made once."""
    with django_db_blocker.unblock(), undone():
        yield build_world()


@pytest.fixture(autouse=True)
def no_limits(settings: Settings) -> None:
    """Let one address ask as often as the proofs do."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/s")
