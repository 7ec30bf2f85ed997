"""Every sweep runs, as often as it says it does."""

import re
from datetime import timedelta

import pytest

from marketplace.celery import app
from marketplace.schedule import SWEEPS

pytestmark = pytest.mark.only_in("embedded")

_UNITS = {"second": 1, "minute": 60, "hour": 3600}


def test_every_sweep_is_scheduled_with_the_period_of_its_docstring() -> None:
    app.loader.import_default_modules()
    sweeps = {name: task for name, task in app.tasks.items() if ".sweep_" in name}
    said = {}
    for name, task in sweeps.items():
        match = re.search(r"Every (\d+ )?(second|minute|hour)s?\b", task.__doc__ or "")
        assert match is not None, f"{name} does not say how often it runs"
        said[name] = int(match[1] or 1) * _UNITS[match[2]]

    assert said == SWEEPS


def test_beat_uses_the_table() -> None:
    schedule = app.conf.beat_schedule

    assert {name: entry["schedule"] for name, entry in schedule.items()} == {
        name: timedelta(seconds=period) for name, period in SWEEPS.items()
    }
