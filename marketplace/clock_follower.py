"""Keeps this process's clock where the sandbox's one row says.

A process reads the row when it starts, once a second, and as soon as a move is told over Redis. Nobody else
reads it: ``clock.now`` costs no query. In production nothing is read and nothing moves.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import connection
from redis.client import PubSub

from marketplace.lib import clock
from marketplace.models import SandboxClock

log = structlog.get_logger(__name__)

#: How soon a move is noticed that nobody told.
LOOK_SECONDS = 1.0
REDIS_SECONDS = 0.5

_setting = threading.Lock()


def follow() -> None:
    """Set this process's clock by the row; a command does it once."""
    if settings.SANDBOX:
        with setting():
            clock.set_ahead(ahead())


def ahead() -> timedelta:
    """Return how far the row says that the marketplace's clock is ahead."""
    return SandboxClock.objects.values_list("ahead", flat=True).first() or timedelta(0)


@contextmanager
def setting() -> Iterator[None]:
    """Hold off others of this process that read the row or write it and then set the clock."""
    with _setting:
        yield


def tell() -> None:
    """Tell the other processes that the row has changed; without Redis they look within a second."""
    if settings.REDIS_URL:
        try:
            _redis(settings.REDIS_URL).publish(_channel(), "moved")
        except redis.RedisError as error:
            log.warning("clock_not_told", error=repr(error))


def start() -> None:
    """Follow the row in this process from now on, unless it does already or this is production."""
    global _follower  # noqa: PLW0603 - a process has one
    if settings.SANDBOX and _follower is None:
        _follower = _Follower()
        _follower.look()
        _follower.start()


def stop() -> None:
    """End following."""
    global _follower
    follower, _follower = _follower, None
    if follower is not None:
        follower.stop()


class _Follower(threading.Thread):
    """The thread that looks and listens."""

    def __init__(self) -> None:
        super().__init__(name="clock-follower", daemon=True)
        self._stopping = threading.Event()
        self._is_away = False

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except redis.RedisError:
                self.look()
                self._stopping.wait(LOOK_SECONDS)

    def look(self) -> None:
        """Set the clock by the row; while the database is away it stays."""
        try:
            follow()
            self._is_away = False
        except Exception as error:  # noqa: BLE001 - the next look tries again
            if not self._is_away:
                log.warning("clock_not_read", error=repr(error))
            self._is_away = True
        finally:
            connection.close()  # others need it more than once a second

    def stop(self) -> None:
        self._stopping.set()
        tell()
        self.join(timeout=2 * LOOK_SECONDS)

    def _listen(self) -> None:
        """Look at every word of a move, and once a second."""
        if not settings.REDIS_URL:
            while not self._stopping.wait(LOOK_SECONDS):
                self.look()
            return
        with PubSub(_redis(settings.REDIS_URL).connection_pool, ignore_subscribe_messages=True) as heard:
            heard.subscribe(_channel())  # type: ignore[no-untyped-call]  # of the library
            while not self._stopping.is_set():
                heard.get_message(timeout=LOOK_SECONDS)
                self.look()


@cache
def _redis(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)


def _channel() -> str:
    layer: dict[str, Any] = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    return f"{layer['prefix']}:clock"


_follower: _Follower | None = None
