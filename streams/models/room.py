"""The room: its fact log and its entrance tickets."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from streams.models.sessions import Session


class RoomEvent(models.Model):
    """One fact of a session. ``seq`` is the order of commit; ``digest`` chains each fact to the one before.

    Only ``streams.factlog`` writes here.
    """

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="events")
    seq = models.BigIntegerField()
    type = models.CharField(max_length=40)
    payload = models.JSONField()
    at = models.DateTimeField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar[list[str]] = ["session", "seq"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "seq"], name="room_event_seq_once"),
        ]

    def __str__(self) -> str:
        """Return number and type."""
        return f"{self.seq} {self.type}"


class RealtimeTicket(models.Model):
    """Lets one person into the socket once, within seconds. Stored as its SHA-256 only."""

    digest = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["expires_at"]

    def __str__(self) -> str:
        """Return whose ticket it is."""
        return f"ticket of {self.user_id}"
