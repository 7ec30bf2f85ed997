"""The marketplace: its core app, and the composition of all apps."""

from marketplace.celery import app as celery_app

__all__ = ["celery_app"]
