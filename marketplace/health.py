"""Whether this process lives, whether it can work, and its figures.

``/healthz`` answers 200 while the process answers at all and touches nothing. ``/readyz`` asks the database,
its migrations and Redis, each for at most two seconds, and answers 503 with what is missing. ``/metrics`` is
for Prometheus.

They are a middleware and not views, first in the list: a probe comes with any Host header, must not be
redirected to HTTPS, needs no session, and must not wait for a thread when all threads are busy.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from marketplace import metrics
from marketplace.middleware import Around
from marketplace.rest.rendering import encode_json, json_response

BOUND = 2.0
READY, NOT_READY = 200, 503

logger = structlog.get_logger(__name__)

Check = Callable[[], str]


class ProbesMiddleware(Around):
    """Answers ``/healthz``, ``/readyz`` and ``/metrics``."""

    def __call__(self, request: HttpRequest) -> Any:
        """Answer a probe, or pass the request on."""
        if request.path == "/readyz":
            return _aready() if self.is_async else _report(_wait(_start()))
        return super().__call__(request)

    def before(self, request: HttpRequest) -> HttpResponse | None:
        """Answer the probes that wait for nothing."""
        if request.path == "/healthz":
            return json_response(encode_json({"status": "alive"}))
        return _metrics(request) if request.path == "/metrics" else None


class Probe:
    """One check, in a thread of its own: a database that hangs holds one thread, however often asked."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readyz")
        self._lock = threading.Lock()
        self._running: Future[str] | None = None

    def start(self) -> Future[str]:
        """Return the check that runs, or a new one."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = self._threads.submit(self._check)
            return self._running


def database() -> str:
    """Return what is wrong with the database, nothing when it answers."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def migrations() -> str:
    """Return which migrations are missing; once none is, they are not looked for again."""
    if not _seen.is_set():
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            return f"{len(plan)} not applied, the first is {plan[0][0]}"
        _seen.set()
    return ""


def cache() -> str:
    """Return what is wrong with Redis, nothing when it answers or none is configured."""
    if not settings.REDIS_URL:
        return ""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=BOUND, socket_connect_timeout=BOUND)
    try:
        client.ping()
    finally:
        client.close()
    return ""


def _guarded(check: Check) -> Check:
    """Return the check with its exceptions as reasons, and its connection to the database given back."""

    def run() -> str:
        try:
            return check()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why we are not ready
            logger.warning("not_ready", check=check.__name__, error=str(error))
            return type(error).__name__
        finally:
            connections.close_all()

    return run


_seen = threading.Event()
_probes = {
    "database": Probe(_guarded(database)),
    "migrations": Probe(_guarded(migrations)),
    "redis": Probe(_guarded(cache)),
}


def _start() -> dict[str, Future[str]]:
    return {name: probe.start() for name, probe in _probes.items()}


def _wait(running: dict[str, Future[str]]) -> dict[str, str]:
    wait(running.values(), timeout=BOUND)
    return _reasons(running)


async def _aready() -> HttpResponse:
    running = _start()
    await asyncio.wait([asyncio.wrap_future(future) for future in running.values()], timeout=BOUND)
    return _report(_reasons(running))


def _reasons(running: dict[str, Future[str]]) -> dict[str, str]:
    return {
        name: future.result() if future.done() else f"no answer within {BOUND:g} s"
        for name, future in running.items()
    }


def _report(reasons: dict[str, str]) -> HttpResponse:
    ready = not any(reasons.values())
    checks = {name: reason or "ok" for name, reason in reasons.items()}
    body = encode_json({"status": "ready" if ready else "not_ready", "checks": checks})
    return json_response(body, status=READY if ready else NOT_READY)


def _metrics(request: HttpRequest) -> HttpResponse:
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if settings.METRICS_TOKEN and not constant_time_compare(request.headers.get("Authorization", ""), wanted):
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)
