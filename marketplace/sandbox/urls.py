"""Addresses below ``/api/v1/sandbox/``; in production they do not exist."""

from django.urls import path

from marketplace.sandbox.api import Audit, SimulatedPeople
from marketplace.sandbox.clock_api import Advance, Clock

urlpatterns = [
    path("people", SimulatedPeople.as_view(), name="sandbox-people"),
    path("audit", Audit.as_view(), name="sandbox-audit"),
    path("clock", Clock.as_view(), name="sandbox-clock"),
    path("clock/advance", Advance.as_view(), name="sandbox-clock-advance"),
]
