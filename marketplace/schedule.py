"""What runs by the clock: one literal table, so that nobody has to look into a database for it.

Every sweep is idempotent and two at once are harmless, so a second beat or a late one costs nothing but work.
"""

from datetime import timedelta
from typing import Any

#: Task and period in seconds.
SWEEPS: dict[str, float] = {
    "streams.tasks.sweep_due_deals": 1,
    "streams.tasks.sweep_stale_rooms": 1,
}


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Return Celery's form of the table; a run that could not start within its period is not made up for."""
    return {
        task: {"task": task, "schedule": timedelta(seconds=period), "options": {"expires": max(period, 1)}}
        for task, period in SWEEPS.items()
    }
