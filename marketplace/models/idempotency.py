"""Answers to requests that carried an idempotency key: the same request gets the same answer."""

from typing import ClassVar

from django.db import models

from marketplace.lib.fields import PrefixedIdField


class IdempotencyRecord(models.Model):
    """One answered request, written with its effect; only ``marketplace.idempotency`` writes here."""

    id = PrefixedIdField("idm", primary_key=True)
    caller = models.CharField(max_length=64, help_text="Public id of the person who asked.")
    route = models.CharField(
        max_length=200, help_text="Method and route template, such as POST /api/v1/tokens."
    )
    key = models.CharField(max_length=255, help_text="The caller's Idempotency-Key.")
    input_hash = models.CharField(max_length=64, help_text="SHA-256 of path, query and body.")
    status = models.PositiveSmallIntegerField(help_text="HTTP status of the answer.")
    body = models.TextField(blank=True, help_text="Body of the answer, as it was sent.")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["caller", "route", "key"], name="idempotency_record_once"),
        ]

    def __str__(self) -> str:
        """Return whose request this answered."""
        return f"{self.route} {self.key} of {self.caller}"
