"""Facts: one append-only row per state change, written in the transaction of the change."""

from typing import ClassVar

from django.db import models

from marketplace.lib.fields import PrefixedIdField


class Fact(models.Model):
    """What happened to what, and when. Only ``marketplace.outbox`` and bulk admission write here."""

    id = PrefixedIdField("evt", primary_key=True)
    type = models.CharField(max_length=60, help_text="Such as order.paid.")
    subject = models.CharField(max_length=40, help_text="Public id of what changed.")
    payload = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["subject"], name="fact_by_subject")]

    def __str__(self) -> str:
        """Return what happened."""
        return f"{self.type} {self.subject}"
