"""Django app configuration."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Figures and reports; without rows of its own."""

    name = "reports"
