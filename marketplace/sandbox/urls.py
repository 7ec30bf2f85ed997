"""Addresses below ``/api/v1/sandbox/``; in production they do not exist."""

from django.urls import path

from marketplace.sandbox.api import Audit, SimulatedPeople

urlpatterns = [
    path("people", SimulatedPeople.as_view(), name="sandbox-people"),
    path("audit", Audit.as_view(), name="sandbox-audit"),
]
