"""Addresses of the API of figures, below /api/v1/."""

from django.urls import path

from marketplace.rest.paths import register_ids
from reports.api.metrics import SessionMetrics

register_ids("ses")

urlpatterns = [
    path("sessions/<ses:session_id>/metrics", SessionMetrics.as_view(), name="session-metrics"),
]
