"""The Celery application. A task is a doorbell: the work is rows, and sweeps find what a lost bell missed."""

import os

from celery import Celery

from marketplace.schedule import beat_schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

app = Celery("hawker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = beat_schedule()
app.autodiscover_tasks(["marketplace", "streams", "orders", "refunds"])
