"""Rate limits start afresh for every test: all of them come from one address."""

import pytest
import redis
from django.conf import settings

from marketplace import limits


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """Empty the limits of this process and, where there is one, of this test worker's Redis database."""
    limits.forget_local()
    if settings.REDIS_URL:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            counted = list(client.scan_iter("hawker:limit:*", count=1000))
            if counted:
                client.delete(*counted)
