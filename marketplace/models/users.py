"""People. What a person may do follows from rows elsewhere: brand members, streamers, moderators, staff."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from marketplace.lib.fields import PrefixedIdField


class User(AbstractUser):
    """Anyone who signs in: viewer, streamer, brand staff, administrator."""

    id = PrefixedIdField("usr", primary_key=True)
    display_name = models.CharField(max_length=60, blank=True, help_text="Shown in chat and on receipts.")

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    @property
    def shown_name(self) -> str:
        """Return the name that other people see."""
        return self.display_name or self.username
