"""API tokens: many per person, stored as digests, each limited to what its scopes allow."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from knox.models import AbstractAuthToken

from marketplace.lib.fields import PrefixedIdField


class Scope(models.TextChoices):
    """What a token may change, or read of money; everything else a person sees needs no scope."""

    CATALOGUE_WRITE = "catalogue:write"
    SESSIONS_HOST = "sessions:host"
    ORDERS_WRITE = "orders:write"
    RETURNS_WRITE = "returns:write"
    MONEY_READ = "money:read"
    WEBHOOKS_MANAGE = "webhooks:manage"
    SANDBOX = "sandbox"


class ApiToken(AbstractAuthToken, models.Model):  # type: ignore[misc]  # knox ships no types
    """A secret that acts for one person; only its SHA-512 digest is kept, the secret is shown once."""

    id = PrefixedIdField("tok", primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="auth_token_set"
    )
    digest = models.CharField(max_length=128, unique=True, editable=False)
    created = models.DateTimeField()
    name = models.CharField(max_length=80, help_text="What the token is for, in its owner's words.")
    scopes = models.JSONField(default=list, help_text="Values of Scope.")

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        """Return the token's name and what may be seen of it."""
        return f"{self.name} ({self.token_key}…)"

    def is_expired(self, now: datetime) -> bool:
        """Tell whether the token's time is over."""
        return self.expiry is not None and bool(self.expiry <= now)
