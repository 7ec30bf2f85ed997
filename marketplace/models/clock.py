"""Where the sandbox's clock stands: one row for all processes. Production has none and would ignore it."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q


class SandboxClock(models.Model):
    """The clock's one row; only ``marketplace.actions.move_clock`` writes it, and ``ahead`` never shrinks."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    ahead = models.DurationField(default=timedelta(0), help_text="How far it runs ahead of the machines'.")
    holder = models.CharField(max_length=40, blank=True, help_text="Who is moving it; empty for nobody.")
    held_until = models.DateTimeField(null=True, help_text="When a holder that died is forgotten.")
    report = models.JSONField(null=True, help_text="What ran when it was moved last.")

    class Meta:
        db_table = "marketplace_sandbox_clock"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(id=1), name="sandbox_clock_is_one"),
            models.CheckConstraint(condition=Q(ahead__gte=timedelta(0)), name="sandbox_clock_not_behind"),
        ]

    def __str__(self) -> str:
        """Return how far it is ahead."""
        return f"{self.ahead} ahead"
