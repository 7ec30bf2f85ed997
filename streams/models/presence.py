"""Who watched, and the figures of every minute. Written in batches by each process."""

from typing import ClassVar

from django.db import models

from streams.models.sessions import Session


class RoomPresence(models.Model):
    """How many viewers one process holds in a room now; rows not refreshed for some seconds do not count."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    process = models.CharField(max_length=40)
    viewers = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "process"], name="presence_once_per_process"),
        ]

    def __str__(self) -> str:
        """Return the count."""
        return f"{self.viewers} in {self.session_id}"


class Attendance(models.Model):
    """One viewer of one session: how long they watched, in seconds, over all their visits."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    viewer = models.CharField(max_length=40, help_text="The user's id, or an anonymous browser's random one.")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    visits = models.PositiveIntegerField(default=1)
    watched_seconds = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "attendance"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "viewer"], name="attendance_once_per_viewer"),
        ]

    def __str__(self) -> str:
        """Return the time watched."""
        return f"{self.viewer} {self.watched_seconds} s"


class MinuteFigure(models.Model):
    """What one process counted in a room in one minute; a minute's figures are the sums over processes."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    minute = models.DateTimeField(help_text="Start of the minute, UTC.")
    process = models.CharField(max_length=40)
    peak_viewers = models.PositiveIntegerField(default=0)
    joins = models.PositiveIntegerField(default=0)
    leaves = models.PositiveIntegerField(default=0)
    chats = models.PositiveIntegerField(default=0)
    likes = models.PositiveBigIntegerField(default=0)
    orders = models.PositiveIntegerField(default=0)
    units = models.PositiveBigIntegerField(default=0)
    gross = models.BigIntegerField(default=0, help_text="Ordered, in minor units.")
    given_back = models.BigIntegerField(
        default=0, help_text="Expired, cancelled or refunded, in minor units."
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "minute", "process"], name="minute_once_per_process"),
        ]

    def __str__(self) -> str:
        """Return which minute it is."""
        return f"{self.session_id} {self.minute:%H:%M}"
