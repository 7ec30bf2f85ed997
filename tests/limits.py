"""Rate limits start afresh for every test: all of them come from one address."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from marketplace import limits


@pytest.fixture(scope="session")
def limits_redis() -> Iterator[redis.Redis | None]:
    """Return a connection to this test worker's Redis database, None where there is none."""
    if not settings.REDIS_URL:
        yield None
        return
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def fresh_limits(limits_redis: redis.Redis | None) -> None:
    """Empty the limits of this process and, where there is one, of this test worker's Redis database."""
    limits.forget_local()
    if limits_redis is not None:
        counted = list(limits_redis.scan_iter("hawker:limit:*", count=1000))
        if counted:
            limits_redis.delete(*counted)
