"""Who wants to be told when a show begins."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from streams.models.sessions import Session


class Reminder(models.Model):
    """One person waits for one show."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "session"], name="reminder_once"),
        ]

    def __str__(self) -> str:
        """Return who waits for what."""
        return f"{self.user_id} for {self.session_id}"
