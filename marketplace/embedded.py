"""Embedded mode: Celery's worker and beat as threads of the web process."""

import threading
from contextlib import suppress

import structlog
from celery.beat import EmbeddedService
from celery.worker import WorkController
from django.conf import settings

from marketplace.beat import Scheduler
from marketplace.celery import app

log = structlog.get_logger(__name__)


class Background:
    """The worker and beat threads of one process."""

    def __init__(self) -> None:
        """Make both; nothing runs yet."""
        self._worker = WorkController(
            app=app, pool="solo", loglevel="WARNING", without_gossip=True, without_mingle=True
        )
        self._beat = EmbeddedService(app, thread=True, max_interval=1, scheduler_cls=Scheduler)
        self._worker_thread = threading.Thread(target=self._work, name="celery-worker", daemon=True)

    def start(self) -> None:
        """Start both threads."""
        self._worker_thread.start()
        self._beat.start()

    def stop(self) -> None:
        """Let the running task finish, then end both threads; the next sweep finds what was not done."""
        self._beat.stop()
        self._worker.stop(in_sighandler=False)
        self._worker_thread.join(timeout=10)

    def _work(self) -> None:
        with suppress(SystemExit):
            self._worker.start()


def start_if_embedded() -> Background | None:
    """Start worker and beat in this process when no Redis connects it to others."""
    if settings.REDIS_URL:
        return None
    background = Background()
    background.start()
    log.info("embedded_worker_started")
    return background
