"""The Celery application. A task is a doorbell: the work is rows, and sweeps find what a lost bell missed."""

import gc
import os
from typing import Any

from celery import Celery, signals

from marketplace.schedule import beat_schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
# Celery has every check of Django run, which imports every page, and looks at no answer.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

app = Celery("hawker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = beat_schedule()
app.autodiscover_tasks(["marketplace", "streams", "orders", "refunds"])


def follow_clock(**_: Any) -> None:
    """Have a worker, each process of its pool, and beat follow the sandbox's clock."""
    from marketplace import clock_follower  # noqa: PLC0415 - only now Django has loaded its apps

    clock_follower.start()


def spare_the_collector(**_: Any) -> None:
    """Keep garbage collection from walking what was imported, also when the process ends."""
    gc.freeze()


signals.worker_init.connect(follow_clock)
signals.worker_process_init.connect(follow_clock)
signals.beat_init.connect(follow_clock)
signals.worker_ready.connect(spare_the_collector)
signals.beat_init.connect(spare_the_collector)
