"""Live sessions."""

import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Q

from marketplace.lib.fields import PrefixedIdField
from streams.models.people import Streamer


def new_epoch() -> str:
    """Return a name for one run of a fact log, so that a resume point of another run is recognised."""
    return secrets.token_hex(4)


class Session(models.Model):
    """One show of one streamer: the room that viewers enter and buy in."""

    class State(models.TextChoices):
        """Where a show stands; ``streams.states`` holds the graph."""

        DRAFT = "draft"
        SCHEDULED = "scheduled"
        REHEARSAL = "rehearsal"
        LIVE = "live"
        PAUSED = "paused"
        ENDED = "ended"
        CANCELLED = "cancelled"

    class Source(models.TextChoices):
        """Where the pictures come from."""

        SIMULATED = "simulated"
        HLS = "hls"
        WHEP = "whep"

    id = PrefixedIdField("ses", primary_key=True)
    streamer = models.ForeignKey(Streamer, on_delete=models.PROTECT, related_name="sessions")
    title = models.CharField(max_length=120)
    description = models.TextField(max_length=4000, blank=True)
    cover = models.FileField(upload_to="covers/", blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.SIMULATED)
    source_url = models.URLField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    payment_window_seconds = models.PositiveIntegerField(default=900)
    slow_mode_seconds = models.PositiveSmallIntegerField(
        default=0, help_text="Least seconds between two messages."
    )
    replay_sells = models.BooleanField(
        default=False, help_text="Whether units may be bought after the show, at the live price."
    )
    likes = models.BigIntegerField(default=0)
    epoch = models.CharField(max_length=16, default=new_epoch, editable=False)
    last_seq = models.BigIntegerField(default=0, editable=False)
    last_digest = models.CharField(max_length=64, default="", editable=False)
    stock_told = models.JSONField(
        default=dict, editable=False, help_text="Slot or deal id to [left, sold] as the room last heard it."
    )
    stock_told_at = models.DateTimeField(null=True, editable=False)
    stock_stale = models.BooleanField(
        default=False, editable=False, help_text="Units moved since the last stock.changed of this room."
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "scheduled_at"], name="session_lobby")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["streamer"],
                condition=Q(state__in=["rehearsal", "live", "paused"]),
                name="one_session_on_air_per_streamer",
            ),
        ]

    def __str__(self) -> str:
        """Return the show's title."""
        return self.title

    @property
    def sells(self) -> bool:
        """Tell whether units can be bought now: live, and after the end where the replay sells.

        A rehearsal sells nothing.
        """
        return self.state == self.State.LIVE or (self.state == self.State.ENDED and self.replay_sells)


class SessionHistory(models.Model):
    """One change of a session's state; append-only."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="history")
    from_state = models.CharField(max_length=10)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=40, help_text="Public id of who did it, or the name of a sweep.")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        verbose_name_plural = "session history"

    def __str__(self) -> str:
        """Return the change."""
        return f"{self.from_state} → {self.to_state}"
