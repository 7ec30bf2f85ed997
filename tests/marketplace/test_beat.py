"""Beat: rings each task of the table once a period, and sleeps in between."""

import time
from collections import Counter
from typing import Any

import pytest
from celery import Celery

from marketplace.lib.beat import Beat
from marketplace.schedule import SWEEPS, beat_schedule

pytestmark = pytest.mark.only_in("embedded")

LONG = 3_600.0


class Watch:
    """A clock that goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Ringing(Beat):
    """Notes who is rung instead of ringing."""

    rung: list[str]

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        self.rung.append(entry.task)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(time, "monotonic", watch)
    return watch


def ring(watch: Watch, seconds: float) -> tuple[list[str], int]:
    """Let beat run on our table; return who was rung, and how often it slept."""
    app = Celery("table", broker="memory://")
    app.conf.beat_schedule = beat_schedule()
    beat, end, slept = Ringing(app=app, max_interval=LONG), watch.now + seconds, 0
    beat.rung = []
    while watch.now <= end:
        pause = beat.tick()
        slept += pause > 0
        watch.now += pause
    return beat.rung, slept


def test_each_task_rings_once_a_period(watch: Watch) -> None:
    rung, slept = ring(watch, 60)
    assert Counter(rung) == {task: 60 // every for task, every in SWEEPS.items() if every <= 60}
    assert slept == 61


def test_nothing_rings_before_its_first_period_is_over(watch: Watch) -> None:
    assert ring(watch, 0.5) == ([], 1)
